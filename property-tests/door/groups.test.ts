/** Consumer groups over real threads: what was committed and who is in a group outlasts brokers and the cluster's process. */
import {once} from 'node:events'
import {setTimeout as sleep} from 'node:timers/promises'
import {Worker} from 'node:worker_threads'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import type {Cluster} from '../../client/cluster.ts'
import type {JoinGroupResponse} from '../../engine/group/requests.ts'
import {openCluster} from '../../index.ts'
import {joinGroup as join} from '../groups/join-group.ts'
import {tempDir} from './temp-dir.ts'

async function commit(cluster: Cluster, groupId: string, offset: number, member?: JoinGroupResponse): Promise<unknown> {
  const {topics} = await cluster.groups.request('OffsetCommit', {
    groupId,
    ...(member === undefined ? {} : {generationIdOrMemberEpoch: member.generationId, memberId: member.memberId}),
    topics: [{name: 'orders', partitions: [{partitionIndex: 0, committedOffset: offset, committedMetadata: 'm'}]}],
  })
  return topics[0]!.partitions[0]!.errorCode
}

async function committed(cluster: Cluster, groupId: string): Promise<unknown> {
  const {groups} = await cluster.groups.request('OffsetFetch', {groups: [{groupId}]})
  return groups[0]!.topics[0]?.partitions[0]?.committedOffset
}

async function coordinatorOf(cluster: Cluster, groupId: string): Promise<number> {
  const {coordinators} = await cluster.groups.request('FindCoordinator', {coordinatorKeys: [groupId]})
  return coordinators[0]!.nodeId
}

test('two members share a group; what they commit outlasts the broker that coordinates it', async () => {
  await using cluster = await openCluster({brokers: 3, sessionTimeoutMs: 300})
  await cluster.admin.createTopics([{name: 'orders', numPartitions: 1}])
  const first = await join(cluster, 'g')
  assert.is(first.join.generationId, 1)
  const pushed = new Promise<string>(resolve => cluster.groups.onRebalance(({memberId}) => resolve(memberId)))
  const second = join(cluster, 'g')
  assert.is(await pushed, first.join.memberId, 'the first is told at once that the group rebalances')
  const [again, other] = await Promise.all([join(cluster, 'g', first.join.memberId), second])
  assert.is(again.join.memberId, first.join.memberId)
  assert.is(again.join.generationId, other.join.generationId)
  for (const {join: joined, sync} of [again, other])
    assert.is(Buffer.from(sync.assignment).toString(), `part of ${joined.memberId}`)
  assert.is(await commit(cluster, 'g', 41, again.join), 'NONE')
  assert.is(await commit(cluster, 'g', 42, other.join), 'NONE')
  assert.is(await commit(cluster, 'g', 43), 'UNKNOWN_MEMBER_ID', 'who is not in the group commits nothing')
  const coordinator = await coordinatorOf(cluster, 'g')
  cluster.broker(coordinator).kill()
  while (cluster.metrics().brokers[coordinator - 1]!.state === 'running') await sleep(1)
  assert.is(await committed(cluster, 'g'), 42)
  assert.is.not(await coordinatorOf(cluster, 'g'), coordinator)
  const {generationId, memberId} = other.join
  const {errorCode} = await cluster.groups.request('Heartbeat', {groupId: 'g', generationId, memberId})
  assert.is(errorCode, 'NONE', 'the new coordinator knows the members')
  const {groups} = await cluster.groups.request('DescribeGroups', {groups: ['g', 'nobody']})
  assert.is(groups[0]!.groupState, 'Stable')
  assert.is(groups[0]!.members.length, 2)
  assert.is(groups[1]!.errorCode, 'GROUP_ID_NOT_FOUND')
  const [{clients}, [described], listed] = await Promise.all([
    cluster.admin.describeCluster(),
    cluster.admin.describeGroups(['g']),
    cluster.admin.listGroups(),
  ])
  const [own] = clients
  assert.equal(
    described!.members.map(({memberId, thread}) => [memberId, thread]).sort(),
    [again, other].map(({join: {memberId: id}}) => [id, {id: own!.id, place: own!.place, thread: own!.thread}]).sort(),
    'members are told with the thread they are in',
  )
  const silent = described!.members.map(({idleMs}) => idleMs)
  assert.ok(
    silent.every(idleMs => idleMs >= 0 && idleMs < 60_000),
    `${silent}`,
  )
  assert.equal(listed, [{groupId: 'g', protocolType: described!.protocolType, groupState: 'Stable'}])
})

test('several groups at once; all of them are there when the cluster is opened again, and members of before are gone', async () => {
  const dir = tempDir()
  const ids = Array.from({length: 8}, (_, i) => `group-${i}`)
  {
    await using cluster = await openCluster({dir, brokers: 1})
    await cluster.admin.createTopics([{name: 'orders', numPartitions: 1}])
    await Promise.all(
      ids.map(async (id, i) => {
        const member = await join(cluster, id)
        assert.is(await commit(cluster, id, 100 + i, member.join), 'NONE')
      }),
    )
    const {groups} = await cluster.groups.request('ListGroups', {})
    assert.equal(groups.map(({groupId}) => groupId).sort(), ids)
  }
  await using cluster = await openCluster({dir, brokers: 1})
  for (const [i, id] of ids.entries()) assert.is(await committed(cluster, id), 100 + i)
  const {groups} = await cluster.groups.request('DescribeGroups', {groups: ids})
  assert.ok(groups.every(({groupState}) => groupState === 'Empty'))
  const gone = await cluster.groups.request('DeleteGroups', {groupsNames: ids})
  assert.ok(gone.results.every(({errorCode}) => errorCode === 'NONE'))
  assert.is(await committed(cluster, 'group-0'), undefined)
})

test('a thread that stands still stays in its group; when it ends it is out at once', async () => {
  await using cluster = await openCluster()
  const handle = structuredClone(cluster.handle)
  const worker = new Worker(new URL('./group-member.js', import.meta.url), {workerData: handle})
  const [memberId] = await once(worker, 'message')
  const own = join(cluster, 'g')
  // it does not hear that it is to join anew, and the group waits for it
  const members = async (): Promise<string[]> => {
    const {groups} = await cluster.groups.request('DescribeGroups', {groups: ['g']})
    return groups[0]!.members.map(member => member.memberId)
  }
  while ((await members()).length < 2) await sleep(1)
  assert.ok((await members()).includes(memberId))
  await worker.terminate()
  const {join: joined} = await own
  assert.equal(
    joined.members.map(member => member.memberId),
    [joined.memberId],
  )
})

test.run()
