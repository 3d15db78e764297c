import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {Bed, type BedOptions} from '../../property-tests/coordinators/bed.ts'
import {STATE} from '../cluster/replica-line.ts'
import type {PartitionImage} from '../ensemble/metadata.ts'
import {type AdminRequest, type AnswerBody, type NewTopic, PRODUCER_IDS_AT_ONCE, type Results} from './requests.ts'

const topicId = (name: string) => name.padStart(22, 'T')
const newTopic = (name: string, rest: Partial<NewTopic> = {}): NewTopic => ({name, topicId: topicId(name), ...rest})

/** A cluster that is up, with calm brokers. */
class Cluster {
  readonly bed: Bed

  constructor(options: BedOptions = {}) {
    this.bed = new Bed({brokers: 3, ...options}, () => 0)
    for (const broker of this.bed.brokers) broker.isCalm = true
    this.bed.run(10, 10)
  }

  broker(id: number) {
    return this.bed.brokers[id - 1]!
  }

  answer(request: AdminRequest, {to, from = 1}: {to?: number; from?: number} = {}): AnswerBody {
    const id = this.broker(from).request(request, to)
    this.bed.run(6, 10)
    return this.broker(from).answers.get(id)!
  }

  ask<Type extends AdminRequest['type']>(
    request: Extract<AdminRequest, {type: Type}>,
    options?: {to?: number; from?: number},
  ): Results[Type] {
    const answer = this.answer(request, options)
    if ('error' in answer) throw new Error(`${answer.error}: ${answer.message}`)
    return answer.result as Results[Type]
  }

  create(...topics: NewTopic[]): Results['createTopics'] {
    return this.ask({type: 'createTopics', topics})
  }

  partition(topic: string, index = 0): PartitionImage {
    return this.bed.replay.topicNamed(topic)!.partitions[index]!
  }

  errors(outcomes: readonly {error?: string | undefined}[]): (string | undefined)[] {
    return outcomes.map(({error}) => error)
  }
}

test('a topic is created with the cluster’s defaults, led, and stands in the map', () => {
  const cluster = new Cluster()
  const [created] = cluster.create(newTopic('a'))
  assert.is(created!.error, undefined)
  cluster.bed.run(10, 10)
  const {replicas, leader, isr, row} = cluster.partition('a')
  assert.equal([cluster.bed.replay.topicNamed('a')!.partitions.length, replicas.length, isr.length], [2, 3, 3])
  assert.is(leader, replicas[0])
  assert.equal(cluster.bed.map.row(row).leadership.leader, 0)
  assert.equal([cluster.partition('a', 1).replicas[0] === replicas[0]], [false])
})

test('a topic asked for a second time is the same', () => {
  const cluster = new Cluster()
  assert.equal(cluster.create(newTopic('a')), cluster.create(newTopic('a')))
})

test('topics that may not be are refused, each by itself', () => {
  const cluster = new Cluster()
  cluster.create(newTopic('a.b', {topicId: topicId('x')}))
  const refused: [Partial<NewTopic> & {name: string}, string | undefined][] = [
    [{name: ''}, 'INVALID_TOPIC_EXCEPTION'],
    [{name: 'a_b'}, 'INVALID_TOPIC_EXCEPTION'],
    [{name: 'a.b'}, 'TOPIC_ALREADY_EXISTS'],
    [{name: 'c', topicId: topicId('x')}, 'INVALID_REQUEST'],
    [{name: 'c', topicId: 'short'}, 'INVALID_REQUEST'],
    [{name: 'c', numPartitions: 0}, 'INVALID_PARTITIONS'],
    [{name: 'c', replicationFactor: 4}, 'INVALID_REPLICATION_FACTOR'],
    [{name: 'c', configs: {'retention.ms': 'x'}}, 'INVALID_CONFIG'],
    [{name: 'c', assignments: [[1, 9]]}, 'INVALID_REPLICA_ASSIGNMENT'],
    [{name: 'c', assignments: []}, 'INVALID_PARTITIONS'],
    [{name: 'c', assignments: [[1]], numPartitions: 1}, 'INVALID_REQUEST'],
    [
      {
        name: 'c',
        assignments: [
          [3, 1],
          [2, 3],
        ],
      },
      undefined,
    ],
    [{name: 'c', topicId: topicId('y')}, 'TOPIC_ALREADY_EXISTS'],
  ]
  const outcomes = cluster.create(...refused.map(([topic]) => newTopic(topic.name, topic)))
  assert.equal(
    cluster.errors(outcomes),
    refused.map(([, error]) => error),
  )
  cluster.bed.run(5, 10)
  assert.is(cluster.partition('c', 1).leader, 2)
})

test('one request makes so many partitions at most, over all of its topics', () => {
  const cluster = new Cluster()
  const many = (name: string, numPartitions: number) => newTopic(name, {numPartitions})
  const outcomes = cluster.create(many('a', 6000), many('b', 4001), newTopic('c', {assignments: [[1]]}))
  assert.equal(cluster.errors(outcomes), Array(3).fill('POLICY_VIOLATION'))
  cluster.create(many('a', 1), many('b', 2))
  const add = (...counts: number[]) =>
    cluster.errors(
      cluster.ask({
        type: 'createPartitions',
        topics: counts.map((count, i) => ({name: 'abz'[i]!, count})),
        validateOnly: true,
      }),
    )
  assert.equal(add(5001, 5003), ['POLICY_VIOLATION', 'POLICY_VIOLATION'])
  assert.equal(add(5001, 5002, 9000), [undefined, undefined, 'UNKNOWN_TOPIC_OR_PARTITION'])
})

test('validating changes nothing', () => {
  const cluster = new Cluster()
  const [outcome] = cluster.ask({type: 'createTopics', topics: [newTopic('a')], validateOnly: true})
  assert.equal([outcome!.error, cluster.bed.replay.topics], [undefined, []])
  cluster.create(newTopic('a'))
  const configs = [{name: 'retention.ms', value: '1'}]
  cluster.ask({type: 'alterConfigs', topics: [{name: 'a', configs}], validateOnly: true})
  cluster.ask({type: 'createPartitions', topics: [{name: 'a', count: 3}], validateOnly: true})
  const {config, partitions} = cluster.bed.replay.topicNamed('a')!
  assert.equal([config, partitions.length], [{}, 2])
})

test('topics are deleted by name and by id, and their rows let go of', () => {
  const cluster = new Cluster()
  cluster.create(newTopic('a'), newTopic('b'))
  const {row} = cluster.partition('a')
  const topics = [{name: 'a'}, {topicId: topicId('b')}, {name: 'a'}, {topicId: topicId('c')}]
  const outcomes = cluster.ask({type: 'deleteTopics', topics})
  assert.equal(cluster.errors(outcomes), [undefined, undefined, 'UNKNOWN_TOPIC_OR_PARTITION', 'UNKNOWN_TOPIC_ID'])
  assert.is(cluster.bed.map.row(row).leadership.deleted, true)
  assert.equal(cluster.broker(2).image.topics, [])
})

test('partitions are added, with as many replicas as the others', () => {
  const cluster = new Cluster()
  cluster.create(newTopic('a', {numPartitions: 1, replicationFactor: 2}))
  const outcomes = cluster.ask({
    type: 'createPartitions',
    topics: [
      {name: 'a', count: 3},
      {name: 'a', count: 3},
      {name: 'a', count: Number.NaN},
      {name: 'z', count: 3},
      {name: 'a', count: 4, assignments: [[1]]},
      {
        name: 'a',
        count: 4,
        assignments: [
          [1, 2],
          [2, 3],
        ],
      },
      {name: 'a', count: 4, assignments: [[1, 9]]},
      {name: 'a', count: 4, assignments: [[3, 1]]},
    ],
  })
  assert.equal(cluster.errors(outcomes), [
    undefined,
    'INVALID_PARTITIONS',
    'INVALID_PARTITIONS',
    'UNKNOWN_TOPIC_OR_PARTITION',
    'INVALID_REPLICA_ASSIGNMENT',
    'INVALID_REPLICA_ASSIGNMENT',
    'INVALID_REPLICA_ASSIGNMENT',
    undefined,
  ])
  cluster.bed.run(5, 10)
  assert.equal([cluster.partition('a', 2).replicas.length, cluster.partition('a', 3).leader], [2, 3])
})

test('configs are set, unset and described', () => {
  const cluster = new Cluster()
  cluster.create(newTopic('a', {configs: {'retention.ms': '1', 'flush.ms': '2'}}))
  const alter = (name: string, key: string, value: string | null) =>
    cluster.errors(cluster.ask({type: 'alterConfigs', topics: [{name, configs: [{name: key, value}]}]}))[0]
  assert.is(alter('a', 'retention.ms', '7'), undefined)
  const {end} = cluster.bed.log
  assert.is(alter('a', 'retention.ms', '7'), undefined)
  assert.is(cluster.bed.log.end, end, 'what is so already is not written again')
  assert.is(alter('a', 'flush.ms', null), undefined)
  assert.is(alter('a', 'retention.ms', 'x'), 'INVALID_CONFIG')
  assert.is(alter('a', 'no.such', null), 'INVALID_CONFIG')
  assert.is(alter('z', 'flush.ms', '1'), 'UNKNOWN_TOPIC_OR_PARTITION')
  const [described, unknown] = cluster.ask({type: 'describeConfigs', topics: ['a', 'z']})
  assert.is(unknown!.error, 'UNKNOWN_TOPIC_OR_PARTITION')
  assert.ok(described!.error === undefined)
  const set = described!.configs.filter(({source}) => source === 'topic')
  assert.equal(set, [{name: 'retention.ms', value: '7', type: 'long', source: 'topic'}])
})

test('reads are answered by every coordinator, and counted by each', () => {
  const cluster = new Cluster()
  cluster.create(newTopic('a'))
  const counts = () => cluster.bed.coordinators.map(({readsServed}) => readsServed)
  const before = counts()
  for (const to of [1, 2, 3])
    assert.equal(cluster.ask({type: 'listTopics'}, {to}), [{name: 'a', topicId: topicId('a'), partitions: 2}])
  const {brokers, holder, startId} = cluster.ask({type: 'describeCluster'}, {to: 3})
  assert.equal([brokers.map(({id}) => id), holder, startId], [[1, 2, 3], cluster.bed.log.holder, 'start-1'])
  const topics = [{name: 'a'}, {name: 'z'}]
  const [found, none] = cluster.ask({type: 'describeTopics', topics}, {to: 2})
  assert.equal([found!.error === undefined && found!.topic.name, none!.error], ['a', 'UNKNOWN_TOPIC_OR_PARTITION'])
  assert.equal(
    counts().map((count, i) => count - before[i]!),
    [1, 2, 2],
  )
})

test('a write is answered by the holder only, and by nobody before it is committed', () => {
  const cluster = new Cluster()
  const {bed} = cluster
  const other = (bed.log.holder % 3) + 1
  const refused = cluster.answer({type: 'allocateProducerIds'}, {to: other})
  assert.ok('error' in refused && refused.error === 'NOT_CONTROLLER')
  const id = cluster.broker(1).request({type: 'allocateProducerIds'})
  for (let i = 0; i < 5; i++) bed.step(10)
  assert.is(cluster.broker(1).answers.get(id), undefined)
  bed.log.elect(other, 0)
  for (let i = 0; i < 3; i++) bed.step(10)
  const lost = cluster.broker(1).answers.get(id)!
  assert.ok('error' in lost && lost.error === 'NOT_CONTROLLER')
})

test('producer ids come in blocks', () => {
  const cluster = new Cluster()
  const blocks = [1, 2].map(() => cluster.ask({type: 'allocateProducerIds'}))
  assert.equal(blocks, [
    {firstProducerId: 0, count: PRODUCER_IDS_AT_ONCE},
    {firstProducerId: PRODUCER_IDS_AT_ONCE, count: PRODUCER_IDS_AT_ONCE},
  ])
})

test('the death of a host is one commit, and moves what it led in the next round', () => {
  const cluster = new Cluster()
  cluster.create(newTopic('a', {numPartitions: 40}))
  cluster.bed.run(10, 10)
  const {bed} = cluster
  const led = () => bed.replay.topicNamed('a')!.partitions.filter(({leader}) => leader === 1).length
  assert.ok(led() > 10)
  bed.step(10)
  cluster.broker(1).kill()
  bed.step(1)
  assert.is(bed.log.pending, 1)
  bed.log.commit(1)
  bed.step(1)
  assert.is(led(), 0)
  for (const {row, leader, slots} of bed.replay.topicNamed('a')!.partitions)
    assert.is(bed.map.row(row).leadership.leader, slots.indexOf(leader))
})

test('a silent broker is fenced, comes back by itself, and leads again after a while', () => {
  const cluster = new Cluster()
  const {bed} = cluster
  cluster.create(newTopic('a', {assignments: [[1, 2]]}))
  bed.run(10, 10)
  cluster.broker(1).stalledUntilMs = bed.nowMs + 1500
  bed.run(12, 100)
  assert.equal([bed.replay.isUp(1), cluster.partition('a').leader, cluster.partition('a').isr], [false, 2, [2]])
  bed.run(10, 100)
  assert.equal([bed.replay.isUp(1), cluster.partition('a').leader, cluster.partition('a').isr], [true, 2, [1, 2]])
  bed.run(25, 100)
  assert.is(cluster.partition('a').leader, 1)
})

test('a broker that was silent has lost nothing by that, though its dir was new when it started', () => {
  const cluster = new Cluster()
  const {bed} = cluster
  cluster.create(newTopic('a', {assignments: [[1]]}))
  bed.run(10, 10)
  cluster.broker(1).stalledUntilMs = bed.nowMs + 1500
  bed.run(12, 100)
  assert.equal([bed.replay.isUp(1), cluster.partition('a').leader], [false, -1])
  const {incarnation, directoryId} = bed.replay.broker(1)!
  cluster.ask({type: 'registerBroker', broker: 1, incarnation, directoryId, intact: false}, {from: 2})
  bed.run(25, 100)
  assert.equal([cluster.partition('a').leader, cluster.partition('a').isr], [1, [1]])
})

test('a replica whose disk failed leads no more', () => {
  const cluster = new Cluster()
  const {bed} = cluster
  cluster.create(newTopic('a', {assignments: [[1, 2]]}))
  bed.run(10, 10)
  const {row} = cluster.partition('a')
  cluster.broker(1).stalledUntilMs = bed.nowMs + 500
  bed.map.row(row).replica(0).publishState(STATE.failed)
  bed.map.ringHolder(row)
  bed.run(2, 1)
  assert.equal([cluster.partition('a').leader, cluster.partition('a').isr], [2, [2]])
})

test('a broker that closes leads nothing any more, and is not taken back', () => {
  const cluster = new Cluster()
  const {bed} = cluster
  cluster.create(newTopic('a', {assignments: [[1, 2]]}), newTopic('b', {assignments: [[1]]}))
  bed.run(10, 10)
  const {incarnation} = cluster.broker(1)
  const close = (broker: number, of = incarnation) =>
    cluster.ask({type: 'brokerClosing', broker, incarnation: of}, {from: 2}).error
  assert.equal(
    [close(1, 9), close(0), close(1), close(1)],
    ['STALE_BROKER_EPOCH', 'INVALID_REQUEST', undefined, undefined],
  )
  bed.run(20, 100)
  assert.equal([bed.replay.isUp(1), cluster.partition('a').leader, cluster.partition('a').isr], [false, 2, [2]])
  assert.equal([cluster.partition('b').leader, cluster.partition('b').isr], [-1, [1]])
})

test('a broker that never registered cannot close', () => {
  const bed = new Bed({brokers: 1}, () => 0)
  const broker = bed.brokers[0]!
  const id = broker.request({type: 'brokerClosing', broker: 1, incarnation: 1})
  for (const coordinator of bed.coordinators) coordinator.doWork(bed.nowMs)
  bed.run(4, 1)
  assert.is((broker.answers.get(id) as {result: {error: string}}).result.error, 'BROKER_ID_NOT_REGISTERED')
})

test('while the cluster closes nobody is missed', () => {
  const cluster = new Cluster()
  cluster.create(newTopic('a'))
  cluster.bed.run(10, 10)
  cluster.bed.map.publishClosing()
  const {end} = cluster.bed.log
  for (const broker of cluster.bed.brokers) broker.kill()
  cluster.bed.run(20, 100)
  assert.is(cluster.bed.log.end, end)
})

test('leaders are elected when asked for', () => {
  const cluster = new Cluster({leaderImbalanceCheckMs: 1_000_000})
  const {bed} = cluster
  cluster.create(newTopic('a', {assignments: [[1, 2]]}), newTopic('b', {assignments: [[1]]}))
  bed.run(10, 10)
  const elect = (election: 'preferred' | 'unclean', ...partitions: {topic: string; partition: number}[]) =>
    cluster.errors(cluster.ask({type: 'electLeaders', election, ...(partitions.length > 0 ? {partitions} : {})}))
  const [a, b, none] = ['a', 'b', 'z'].map(topic => ({topic, partition: 0}))
  assert.equal(elect('preferred', a!, none!), ['ELECTION_NOT_NEEDED', 'UNKNOWN_TOPIC_OR_PARTITION'])
  const asker = cluster.broker(1)
  asker.kill()
  bed.run(5, 10)
  const ask = (election: 'preferred' | 'unclean') =>
    cluster.errors(cluster.ask({type: 'electLeaders', election, partitions: [a!, b!]}, {from: 2}))
  assert.equal(ask('preferred'), ['PREFERRED_LEADER_NOT_AVAILABLE', 'PREFERRED_LEADER_NOT_AVAILABLE'])
  assert.equal(ask('unclean'), ['ELECTION_NOT_NEEDED', 'ELIGIBLE_LEADERS_NOT_AVAILABLE'])
  asker.start(bed.nowMs)
  bed.run(50, 10)
  assert.is(cluster.partition('a').leader, 2)
  assert.equal(elect('preferred'), [undefined])
  assert.is(cluster.partition('a').leader, 1)
})

test('an unclean election makes a leader of who is there', () => {
  const cluster = new Cluster()
  const {bed} = cluster
  cluster.create(newTopic('a', {assignments: [[1, 2]]}))
  bed.run(10, 10)
  cluster.broker(2).kill()
  bed.run(5, 10)
  cluster.broker(1).kill()
  bed.run(5, 10)
  cluster.broker(2).start(bed.nowMs)
  bed.run(40, 100)
  assert.equal([cluster.partition('a').leader, cluster.partition('a').isr], [-1, [1]])
  bed.allowUnclean('a')
  const request = {type: 'electLeaders', election: 'unclean', partitions: [{topic: 'a', partition: 0}]} as const
  assert.equal(cluster.ask(request, {from: 2}), [{topic: 'a', partition: 0}])
  assert.equal([cluster.partition('a').leader, cluster.partition('a').isr], [2, [2]])
})

test('a broker that lost its dir leads nothing it was the last one of', () => {
  const cluster = new Cluster()
  const {bed} = cluster
  cluster.create(newTopic('a', {assignments: [[1]]}), newTopic('b', {assignments: [[1, 2]]}))
  bed.run(10, 10)
  cluster.broker(1).kill()
  cluster.broker(1).directory++
  cluster.broker(1).start(bed.nowMs)
  bed.run(60, 100)
  assert.equal([cluster.partition('a').leader, cluster.partition('a').lost], [-1, true])
  assert.equal([cluster.partition('b').leader, cluster.partition('b').isr], [1, [1, 2]])
})

test('replicas move: the new ones come into sync, then the old ones go', () => {
  const cluster = new Cluster({brokers: 4})
  const {bed} = cluster
  cluster.create(newTopic('a', {assignments: [[1, 2]]}))
  bed.run(10, 10)
  const at = {topic: 'a', partition: 0}
  const reassign = (...replicas: (readonly number[] | null)[]) =>
    cluster.errors(
      cluster.ask({
        type: 'alterPartitionReassignments',
        partitions: replicas.map(each => ({...at, replicas: each})),
      }),
    )
  assert.equal(reassign(null, [], [9]), [
    'NO_REASSIGNMENT_IN_PROGRESS',
    'INVALID_REPLICA_ASSIGNMENT',
    'INVALID_REPLICA_ASSIGNMENT',
  ])
  cluster.broker(4).kill()
  bed.run(2, 10)
  assert.equal(reassign([4, 3]), [undefined])
  bed.run(10, 10)
  assert.equal(cluster.ask({type: 'listPartitionReassignments', partitions: [at, {topic: 'z', partition: 0}]}), [
    {...at, replicas: [1, 2, 4, 3], adding: [4, 3], removing: [1, 2]},
  ])
  assert.equal(cluster.ask({type: 'listPartitionReassignments', partitions: [{topic: 'a', partition: 1}]}), [])
  assert.equal(reassign(null), [undefined])
  assert.equal(
    [cluster.partition('a').replicas, cluster.partition('a').isr],
    [
      [1, 2],
      [1, 2],
    ],
  )
  assert.equal(reassign([3, 2]), [undefined])
  bed.run(10, 10)
  assert.equal([cluster.partition('a').replicas, cluster.partition('a').target], [[3, 2], []])
  assert.equal(cluster.ask({type: 'listPartitionReassignments'}), [])
  assert.equal(reassign([2, 3]), [undefined])
  bed.run(5, 10)
  assert.equal(cluster.partition('a').replicas, [2, 3])
})

test('a reassignment is refused where it would need too many slots, or go back to nobody in sync', () => {
  const cluster = new Cluster({brokers: 9})
  const {bed} = cluster
  cluster.create(newTopic('a', {assignments: [[1, 2, 3, 4]]}), newTopic('b', {assignments: [[1]]}))
  bed.run(10, 10)
  const reassign = (topic: string, replicas: readonly number[] | null) =>
    cluster.ask({type: 'alterPartitionReassignments', partitions: [{topic, partition: 0, replicas}]}, {from: 2})[0]!
      .error
  assert.is(reassign('a', [5, 6, 7, 8]), 'INVALID_REPLICA_ASSIGNMENT')
  assert.is(reassign('z', [5]), 'UNKNOWN_TOPIC_OR_PARTITION')
  // 2 and 9 come; then 1 goes, so that only 2 is in sync
  cluster.broker(9).kill()
  bed.run(3, 10)
  assert.is(reassign('b', [2, 9]), undefined)
  bed.run(10, 10)
  cluster.broker(1).kill()
  bed.run(5, 10)
  assert.equal(cluster.partition('b').isr, [2])
  assert.is(reassign('b', null), 'INVALID_REPLICA_ASSIGNMENT')
  // what was to come and is in sync stays until the next one is
  assert.is(reassign('b', [3]), undefined)
  assert.equal(cluster.partition('b').replicas, [1, 3, 2])
  bed.run(20, 10)
  assert.equal([cluster.partition('b').replicas, cluster.partition('b').isr], [[3], [3]])
})

test('a topic that was deleted does not come back by a request that is made again', () => {
  const cluster = new Cluster()
  const topic = newTopic('a')
  cluster.create(topic)
  cluster.ask({type: 'deleteTopics', topics: [{name: 'a'}]})
  const [outcome] = cluster.create(topic)
  assert.is('error' in outcome! && outcome.error, 'INVALID_REQUEST')
  assert.is('error' in cluster.create({...topic, topicId: topicId('another')})[0]!, false)
})

test('after a new start of the process the most complete replica leads', () => {
  const cluster = new Cluster()
  const {bed} = cluster
  cluster.create(newTopic('gone'), newTopic('a', {assignments: [[1, 2]]}))
  bed.run(10, 10)
  cluster.ask({type: 'deleteTopics', topics: [{name: 'gone'}]})
  const before = cluster.partition('a')
  bed.restart()
  bed.map.row(0).replica(1).publishWrittenEnd(5)
  bed.run(3, 1)
  const {row, leader, isr, leaderEpoch} = cluster.partition('a')
  assert.equal([row, leader, isr, leaderEpoch], [0, -1, [1, 2], before.leaderEpoch + 1])
  bed.run(10, 10)
  assert.equal([cluster.partition('a').leader, cluster.partition('a').isr], [2, [1, 2]])
  bed.run(40, 100)
  assert.is(cluster.partition('a').leader, 1)
})

test('a coordinator that has just been started answers nothing it does not know', () => {
  const cluster = new Cluster()
  const {bed} = cluster
  const other = (bed.log.holder % 3) + 1
  bed.startCoordinator(other)
  const id = cluster.broker(1).request({type: 'listTopics'}, other)
  for (let i = 0; i < 3; i++) bed.step(1)
  const answer = cluster.broker(1).answers.get(id)!
  assert.ok('error' in answer && answer.error === 'NOT_CONTROLLER')
  bed.run(2, 1)
  assert.equal(cluster.ask({type: 'listTopics'}, {to: other}), [])
})

test('who missed more than is kept gets a snapshot', () => {
  const cluster = new Cluster()
  const {bed} = cluster
  cluster.create(newTopic('a'))
  bed.shorten()
  const other = (bed.log.holder % 3) + 1
  bed.startCoordinator(other)
  bed.run(3, 10)
  const answer = cluster.ask({type: 'fetchMetadata', from: 0}, {to: other})
  assert.ok('snapshot' in answer && answer.snapshot.topics.length === 1)
  assert.ok('changes' in cluster.ask({type: 'fetchMetadata', from: 0}))
})

test('it is due when a session ends, a wait is over, or it would not notice its own stall', () => {
  const cluster = new Cluster()
  const {bed} = cluster
  for (const coordinator of bed.coordinators) {
    coordinator.doWork(bed.nowMs)
    assert.is(coordinator.dueInMs(bed.nowMs), 250)
  }
})

test.run()
