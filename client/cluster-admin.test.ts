import {test} from 'uvu'
import * as assert from 'uvu/assert'
import type {OdradekError} from '../engine/errors.ts'
import type {BrokerCalls} from './broker-calls.ts'
import {ClusterAdmin} from './cluster-admin.ts'
import {encodeAssignment} from './consumer-protocol.ts'
import type {GroupCalls} from './group-calls.ts'
import type {Partition} from './partition.ts'

/** An admin whose calls come to the same, and what they were. */
function open(result: unknown = [{}]) {
  const asked: unknown[] = []
  const configured: string[] = []
  const doors: string[] = []
  const allOptions: unknown[] = []
  const calls = {
    call: async (request: unknown, options: unknown) => {
      asked.push(request)
      allOptions.push(options)
      return result
    },
  } as unknown as BrokerCalls
  const groups = {
    request: async (api: string, request: unknown, options: unknown) => {
      asked.push([api, request])
      allOptions.push(options)
      return result
    },
  } as unknown as GroupCalls
  const admin = new ClusterAdmin(calls, {
    groups,
    newTopicId: () => 'new',
    configured: topic => configured.push(topic),
    partition: async (topic, partition) =>
      ({
        deleteRecordsBefore: async (offset: number) => {
          doors.push(`${topic}-${partition} ${offset}`)
          if (offset === 99) throw new Error('beyond')
          return offset
        },
        close: async () => void doors.push('closed'),
      }) as unknown as Partition,
  })
  return {admin, asked, configured, doors, allOptions}
}

const problemOf = (promise: Promise<unknown>): Promise<OdradekError> =>
  promise.then(
    () => assert.unreachable('it was taken') as never,
    error => error,
  )

test('topics are made with an id each, their configs as text', async () => {
  const {admin, asked} = open([{}, {}])
  const topics = [
    {name: 'a', numPartitions: 2},
    {name: 'b', configs: {'retention.ms': 5, preallocate: false}},
  ]
  await admin.createTopics(topics, {validateOnly: true})
  assert.equal(asked, [
    {
      type: 'createTopics',
      topics: [
        {name: 'a', numPartitions: 2, topicId: 'new'},
        {name: 'b', topicId: 'new', configs: {'retention.ms': '5', preallocate: 'false'}},
      ],
      validateOnly: true,
    },
  ])
})

test('the first refusal is thrown, with the name of what it is of', async () => {
  const {admin, configured} = open([{}, {error: 'TOPIC_ALREADY_EXISTS', message: 'it exists'}])
  for (const promise of [
    admin.createTopics([{name: 'a'}, {name: 'b'}]),
    admin.deleteTopics(['a', 'b']),
    admin.describeTopics(['a', 'b']),
    admin.reassignPartitions(['a', 'b'].map(topic => ({topic, partition: 0, replicas: null}))),
  ]) {
    const {code, message} = await problemOf(promise)
    assert.equal([code, message.includes('b: it exists')], ['TOPIC_ALREADY_EXISTS', true])
  }
  const refusing = open([{error: 'INVALID_CONFIG', message: 'no'}])
  for (const promise of [
    refusing.admin.createPartitions('t', 3),
    refusing.admin.alterConfigs('t', {a: 1}),
    refusing.admin.describeConfigs('t'),
  ])
    assert.match((await problemOf(promise)).message, 't: no')
  assert.equal([configured, refusing.configured], [[], []])
})

test('what is asked goes out in Kafka’s shape', async () => {
  const {admin, asked, configured} = open()
  await admin.createPartitions('t', 4)
  await admin.alterConfigs('t', {'retention.ms': 5, 'segment.ms': null})
  await admin.electLeaders('preferred')
  await admin.electLeaders('unclean', [{topic: 't', partition: 1}])
  await admin.reassignPartitions([{topic: 't', partition: 0, replicas: [2]}])
  await admin.listTopics()
  await admin.describeCluster()
  await admin.listReassignments()
  assert.equal(asked, [
    {type: 'createPartitions', topics: [{name: 't', count: 4}]},
    {
      type: 'alterConfigs',
      topics: [
        {
          name: 't',
          configs: [
            {name: 'retention.ms', value: '5'},
            {name: 'segment.ms', value: null},
          ],
        },
      ],
    },
    {type: 'electLeaders', election: 'preferred'},
    {type: 'electLeaders', election: 'unclean', partitions: [{topic: 't', partition: 1}]},
    {type: 'alterPartitionReassignments', partitions: [{topic: 't', partition: 0, replicas: [2]}]},
    {type: 'listTopics'},
    {type: 'describeCluster'},
    {type: 'listPartitionReassignments'},
  ])
  assert.equal(configured, ['t'])
})

test('every call goes out with its time and its signal, and with nothing else that is no part of the request', async () => {
  const {admin, asked, allOptions} = open([])
  const options = {timeoutMs: 5, signal: new AbortController().signal}
  const calls = [
    () => admin.createTopics([], {...options, validateOnly: false}),
    () => admin.deleteTopics([], options),
    () => admin.listTopics(options),
    () => admin.describeTopics([], options),
    () => admin.createPartitions('t', 1, options),
    () => admin.alterConfigs('t', {}, options),
    () => admin.describeCluster(options),
    () => admin.electLeaders('preferred', [], options),
    () => admin.reassignPartitions([], options),
    () => admin.listReassignments(options),
  ]
  for (const call of calls) await call()
  for (const request of asked) assert.not('timeoutMs' in (request as object) || 'signal' in (request as object))
  assert.equal(allOptions, Array(calls.length).fill(options))
  const describing = open([{configs: []}])
  await describing.admin.describeConfigs('t', options)
  assert.equal(describing.allOptions, [options])
})

test('what is described comes out of its wrapping', async () => {
  assert.equal(await open([{topic: 1}, {topic: 2}]).admin.describeTopics(['a', 'b']), [1, 2])
  assert.equal(await open([{configs: ['c']}]).admin.describeConfigs('a'), ['c'])
})

test('records are deleted through a door that is closed behind them, also where that fails', async () => {
  const {admin, doors} = open()
  assert.is(await admin.deleteRecords('t', 1, 7), 7)
  assert.is((await problemOf(admin.deleteRecords('t', 1, 99))).message, 'beyond')
  assert.equal(doors, ['t-1 7', 'closed', 't-1 99', 'closed'])
})

test('what makes no sense is not asked', async () => {
  const {admin, asked} = open()
  const wrong = [
    () => admin.createTopics('t' as never),
    () => admin.createTopics([], {validateOnly: 1 as never}),
    () => admin.deleteTopics([1] as never),
    () => admin.listTopics({timeoutMs: -1}),
    () => admin.describeCluster({signal: 1 as never}),
    () => admin.listReassignments({timeout: 1} as never),
    () => admin.describeTopics({} as never),
    () => admin.createPartitions('t', '3' as never),
    () => admin.alterConfigs('t', {a: undefined as never}),
    () => admin.describeConfigs(1 as never),
    () => admin.electLeaders('any' as never),
    () => admin.electLeaders('preferred', [{}] as never),
    () => admin.reassignPartitions([{topic: 't', partition: 0}] as never),
  ]
  for (const ask of wrong) assert.is((await problemOf(ask())).code, 'INVALID_ARGUMENT')
  assert.equal(asked, [])
})

test('groups are listed by what they are', async () => {
  const listed = {groupId: 'g', protocolType: 'consumer', groupState: 'Stable'}
  const {admin, asked} = open({errorCode: 'NONE', groups: [{...listed, groupType: 'classic'}]})
  assert.equal(await admin.listGroups(), [listed])
  assert.equal(asked, [['ListGroups', {}]])
  const {admin: other} = open({errorCode: 'COORDINATOR_NOT_AVAILABLE', groups: []})
  assert.is((await problemOf(other.listGroups())).code, 'COORDINATOR_NOT_AVAILABLE')
})

test('a member is described with its thread, its partitions, and since when it is silent', async () => {
  const assignment = [{topic: 't', partitions: [0, 2]}]
  const memberAssignment = encodeAssignment({version: 0, topics: assignment, userData: new Uint8Array()})
  const here = {memberId: 'm', groupInstanceId: null, clientId: 'c', clientHost: '/start/3/77/client-x', idleMs: 5}
  const far = {memberId: 'n', groupInstanceId: 'i', clientId: 'd', clientHost: '/10.0.0.1', idleMs: 6}
  const group = {errorCode: 'NONE', groupId: 'g', groupState: 'Stable', protocolType: 'consumer', protocolData: 'range'}
  const members = [
    {...here, memberMetadata: new Uint8Array(), memberAssignment},
    {...far, memberMetadata: new Uint8Array(), memberAssignment: new Uint8Array()},
  ]
  const groups = [
    {...group, members},
    {...group, groupId: 'other', protocolType: 'connect', members: [members[0]!]},
  ]
  const {admin, asked, allOptions} = open({groups})
  const described = await admin.describeGroups(['g', 'other'], {timeoutMs: 7})
  assert.equal([asked, allOptions], [[['DescribeGroups', {groups: ['g', 'other']}]], [{timeoutMs: 7}]])
  const thread = {id: 'client-x', place: 3, thread: 77}
  assert.equal(described, [
    {
      ...{groupId: 'g', groupState: 'Stable', protocolType: 'consumer', protocol: 'range'},
      members: [
        {...here, thread, assignment},
        {...far, thread: undefined, assignment: []},
      ],
    },
    {
      ...{groupId: 'other', groupState: 'Stable', protocolType: 'connect', protocol: 'range'},
      members: [{...here, thread, assignment: []}],
    },
  ])
})

test('a group that is not there is not described', async () => {
  const {admin} = open({groups: [{errorCode: 'GROUP_ID_NOT_FOUND', groupId: 'g', members: []}]})
  const {code, message} = await problemOf(admin.describeGroups(['g']))
  assert.is(code, 'GROUP_ID_NOT_FOUND')
  assert.match(message, /group g/)
  assert.is((await problemOf(admin.describeGroups('g' as never))).code, 'INVALID_ARGUMENT')
})

test.run()
