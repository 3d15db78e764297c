import {test} from 'uvu'
import * as assert from 'uvu/assert'
import type {Cluster} from '../cluster.ts'
import {KafkaJSNonRetriableError} from './errors.ts'
import {GroupMembership} from './group-membership.ts'
import type {TopicDirectory} from './topic-directory.ts'
import type {Assigner} from './types.ts'

test('an assigner of the program’s own that does not give Buffers is refused, and nothing is sent of it', async () => {
  const sent: string[] = []
  const members = [{memberId: 'm', groupInstanceId: null, metadata: Buffer.alloc(0)}]
  const joined = {errorCode: 'NONE', memberId: 'm', leader: 'm', generationId: 1, protocolName: 'own', members}
  const request = async (api: string): Promise<unknown> => {
    sent.push(api)
    return joined
  }
  const own = {
    ...{name: 'own', version: 0, protocol: () => ({name: 'own', metadata: Buffer.alloc(0)})},
    assign: async () => [{memberId: 'm', memberAssignment: {t: [0]}}],
  } as unknown as Assigner
  const membership = new GroupMembership(
    {groups: {request}} as unknown as Cluster,
    {load: async () => undefined} as unknown as TopicDirectory,
    {
      ...{groupId: 'g', groupInstanceId: undefined, sessionTimeoutMs: 1, rebalanceTimeoutMs: 1, topics: ['t']},
      ...{assigners: [own], call: {}},
    },
  )
  try {
    await membership.join([], new AbortController().signal)
    assert.unreachable()
  } catch (error) {
    assert.instance(error, KafkaJSNonRetriableError)
    assert.match((error as Error).message, 'an assignment that is no Buffer')
  }
  assert.equal(sent, ['JoinGroup'])
})

test.run()
