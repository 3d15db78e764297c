/** Groups on brokers that die: what a coordinator has acknowledged the next one knows. */
import fc from 'fast-check'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {GroupDoor} from '../groups/group-door.ts'
import {runs} from '../runs.ts'
import {ClusterBed} from './bed.ts'

const BROKERS = 3
const GROUPS = ['a', 'b', 'c', 'd', 'e']

/** A cluster, and who asks for its groups; what they commit is for a topic `t`. */
class GroupCluster {
  readonly bed = new ClusterBed({brokers: BROKERS})
  door = new GroupDoor(this.bed, BROKERS)

  constructor() {
    this.bed.create('t', [[1]])
    // as any topic it is made only where there are brokers for all of its replicas
    this.door.coordinatorOf('a')
  }

  commit(groupId: string, committedOffset: number): void {
    const topics = [{name: 't', partitions: [{partitionIndex: 0, committedOffset}]}]
    const response = this.door.ask(groupId, 'OffsetCommit', {groupId, topics})
    assert.is(response.topics[0]!.partitions[0]!.errorCode, 'NONE')
  }

  committed(groupId: string): number {
    const {groups} = this.door.ask(groupId, 'OffsetFetch', {groups: [{groupId}]})
    return groups[0]!.topics[0]?.partitions[0]?.committedOffset ?? -1
  }

  /** The process ends as by kill -9, and another one opens the dir. */
  restart(): void {
    this.bed.restart()
    this.door = new GroupDoor(this.bed, BROKERS)
  }
}

test('what was committed is known to whoever coordinates next, to the process that comes next, and after it to all', () => {
  const cluster = new GroupCluster()
  const {bed} = cluster
  for (const [i, group] of GROUPS.entries()) cluster.commit(group, i)
  const first = cluster.door.coordinatorOf('a')
  bed.kill(first)
  for (const [i, group] of GROUPS.entries()) assert.is(cluster.committed(group), i)
  assert.is.not(cluster.door.coordinatorOf('a'), first)
  cluster.commit('a', 100)
  bed.bringUp(first)
  bed.runFor(3000)
  assert.is(cluster.committed('a'), 100)
  cluster.restart()
  for (const [i, group] of GROUPS.entries()) assert.is(cluster.committed(group), group === 'a' ? 100 : i)
})

test('a broker without a place among the threads says that nobody coordinates, and looks for one now and then', () => {
  const bed = new ClusterBed()
  const door = new GroupDoor(bed, 1)
  const {threads} = bed.process.map
  const taken: number[] = []
  for (let place = threads.claim(0); place >= 0; place = threads.claim(0)) taken.push(place)
  let claims = 0
  const claim = threads.claim.bind(threads)
  threads.claim = owner => {
    claims++
    return claim(owner)
  }
  assert.is(door.coordinatorOf('a'), 1)
  const beat = {groupId: 'a', memberId: 'm', generationId: 1}
  for (let i = 0; i < 100; i++) assert.is(door.codeOf(1, 'Heartbeat', beat), 'COORDINATOR_NOT_AVAILABLE')
  bed.runFor(3000)
  assert.ok(claims >= 3 && claims < 10, `${claims} looks`)
  threads.free(taken[0]!)
  bed.runFor(1500)
  assert.is(door.codeOf(1, 'Heartbeat', beat), 'UNKNOWN_MEMBER_ID')
})

test('while a broker’s groups are nobody’s no list leaves them out', () => {
  const cluster = new GroupCluster()
  for (const group of GROUPS) cluster.commit(group, 1)
  const gone = cluster.door.coordinatorOf('a')
  cluster.bed.kill(gone)
  const brokers = [1, 2, 3].filter(broker => broker !== gone)
  const lists = brokers.map(broker => cluster.door.askBroker(broker, 'ListGroups', {}))
  assert.equal(lists.flatMap(({groups}) => groups.map(({groupId}) => groupId)).sort(), GROUPS)
})

test('a broker that is asked what makes no sense says so, and goes on', () => {
  const cluster = new GroupCluster()
  const told = cluster.door.ask('a', 'OffsetCommit', {groupId: 'a', topics: [{name: 't', partitions: null as never}]})
  assert.is((told as unknown as {problem: string}).problem, 'OffsetCommit.topics[0].partitions is not an array')
  cluster.commit('a', 1)
  assert.is(cluster.committed('a'), 1)
})

test('replicas of the offsets topic share a thread', () => {
  const cluster = new GroupCluster()
  cluster.commit('a', 1)
  for (let broker = 1; broker <= BROKERS; broker++) {
    const hosts = [0, 1, 2, 3].map(partition => cluster.bed.hostOf('__consumer_offsets', broker, partition))
    assert.is(new Set(hosts).size, 1)
  }
})

test('a coordinator whose host dies under it answers from what is stored', () => {
  const cluster = new GroupCluster()
  cluster.commit('a', 1)
  for (let round = 2; round < 6; round++) {
    const broker = cluster.door.coordinatorOf('a')
    const topics = [{name: 't', partitions: [{partitionIndex: 0, committedOffset: round}]}]
    cluster.door.send(broker, 'OffsetCommit', {groupId: 'a', topics})
    cluster.bed.process.kill(cluster.bed.host(cluster.bed.hostOf('__consumer_offsets', broker)))
    cluster.commit('a', round)
    assert.is(cluster.committed('a'), round)
  }
})

test('a member that was in a group when the coordinator moved is in it still', () => {
  const cluster = new GroupCluster()
  const {bed} = cluster
  const asked = {
    ...{groupId: 'a', protocolType: 'consumer', protocols: [{name: 'range', metadata: new Uint8Array(4)}]},
    ...{sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 10_000},
  }
  const {memberId} = cluster.door.ask('a', 'JoinGroup', {...asked, memberId: ''})
  const {generationId} = cluster.door.ask('a', 'JoinGroup', {...asked, memberId})
  const assignments = [{memberId, assignment: new Uint8Array([1, 2])}]
  const member = {groupId: 'a', memberId, generationId}
  cluster.door.ask('a', 'SyncGroup', {...member, assignments})
  bed.kill(cluster.door.coordinatorOf('a'))
  assert.is(cluster.door.ask('a', 'Heartbeat', member).errorCode, 'NONE')
  const {assignment} = cluster.door.ask('a', 'SyncGroup', {...member, assignments: []})
  assert.equal([...assignment], [1, 2])
  cluster.restart()
  const {groups} = cluster.door.ask('a', 'DescribeGroups', {groups: ['a']})
  assert.is(groups[0]!.groupState, 'Empty', 'threads of the process before are not waited for')
})

test('whatever dies in between, what is fetched is what was committed last', () => {
  const step = fc.record({
    group: fc.constantFrom(...GROUPS),
    before: fc.constantFrom('nothing', 'nothing', 'kill broker', 'kill host', 'stall broker', 'stall host', 'restart'),
    broker: fc.integer({min: 1, max: BROKERS}),
    ms: fc.nat({max: 1500}),
  })
  fc.assert(
    fc.property(fc.array(step, {maxLength: 8, size: 'max'}), steps => {
      const cluster = new GroupCluster()
      const {bed} = cluster
      const committed = new Map<string, number>()
      let down = 0
      for (const [i, {group, before, broker, ms}] of steps.entries()) {
        if (before === 'kill broker' && down > 0) bed.bringUp(down)
        // whoever died before is in sync again: what nobody in sync is left of nobody coordinates
        if (before.startsWith('kill')) bed.runFor(3000)
        if (before === 'kill broker') {
          down = broker
          bed.kill(broker)
        }
        const name = before.endsWith('host') ? `host-${2 * broker - 2}` : `broker-${broker}`
        const thread = bed.process.threads.find(each => each.name === name)
        if (before === 'kill host' && thread !== undefined) bed.process.kill(thread)
        if (before.startsWith('stall') && thread !== undefined) bed.stall(thread, ms)
        if (before === 'restart') {
          down = 0
          cluster.restart()
        }
        cluster.commit(group, i)
        committed.set(group, i)
        for (const [each, offset] of committed) assert.is(cluster.committed(each), offset, `${each} after ${before}`)
      }
    }),
    runs(5),
  )
})

test.run()
