import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {AssertionFailed} from '../assert.ts'
import type {MetadataChange, PartitionStep} from '../ensemble/metadata.ts'
import {MetadataImage} from './metadata-image.ts'

const registered = (broker: number, incarnation = 1): MetadataChange => ({
  type: 'brokerRegistered',
  broker,
  incarnation,
  directoryId: `dir-${broker}`,
  intact: true,
})
const created = (name: string, ...assignments: number[][]): MetadataChange => ({
  type: 'topicCreated',
  name,
  topicId: `id-of-${name}`,
  assignments,
  config: {},
})
const deleted = (name: string): MetadataChange => ({type: 'topicDeleted', topicId: `id-of-${name}`})
const changed = (name: string, partition: number, step: PartitionStep): MetadataChange => ({
  type: 'partitionChanged',
  topicId: `id-of-${name}`,
  partition,
  ...step,
})

function imageOf(...changes: MetadataChange[]): MetadataImage {
  const image = new MetadataImage()
  for (const change of changes) image.apply(change)
  return image
}

const partition = (image: MetadataImage, name: string, index = 0) => image.topicNamed(name)!.partitions[index]!
const breaks = (rule: string) => (error: Error) => error instanceof AssertionFailed && error.message === rule

test('ids of deleted topics are known until the process starts anew', () => {
  const image = imageOf(registered(1), created('a', [1]), deleted('a'))
  assert.ok(MetadataImage.of(image.snapshot()).wasDeleted('id-of-a'))
  image.apply({type: 'clusterStarted', startId: 'next'})
  assert.not.ok(image.wasDeleted('id-of-a'))
  assert.is(image.snapshot().deletedTopicIds, undefined)
})

test('a topic is found by name and id, its partitions by row and broker', () => {
  const image = imageOf(registered(1), registered(2), created('a', [1, 2], [2]), created('b', [2]))
  assert.is(image.topic('id-of-b'), image.topicNamed('b'))
  assert.equal(partition(image, 'a', 1), {
    row: 1,
    slots: [2],
    replicas: [2],
    isr: [2],
    leader: -1,
    leaderEpoch: 0,
    version: 0,
    target: [],
  })
  assert.is(image.at(2)!.topic, image.topicNamed('b'))
  assert.equal([image.rowsOf(1), image.rowsOf(2), image.rowsOf(3)], [[0], [0, 1, 2], []])
  assert.equal(
    [image.nextRow, image.topicNamed('c'), image.topic('c'), image.at(3)],
    [3, undefined, undefined, undefined],
  )
})

test('names that differ in . and _ only are alike, and not the same', () => {
  const image = imageOf(created('a.b', [1]))
  assert.is(image.topicNamed('a_b'), undefined)
  assert.is(image.topicLike('a_b')!.name, 'a.b')
})

test('each change of the leader is an epoch, each change a version', () => {
  const image = imageOf(created('a', [1, 2]))
  const steps: [PartitionStep, number][] = [
    [{leader: 1, isr: [1, 2]}, 1],
    [{leader: 1, isr: [1]}, 1],
    [{leader: 1, isr: [1], newEpoch: true}, 2],
    [{leader: -1, isr: [1]}, 3],
    [{leader: 1, isr: [1], epochAbove: 7}, 8],
    [{leader: -1, isr: [1], epochAbove: 3}, 9],
  ]
  for (const [step, epoch] of steps) {
    assert.equal(image.apply(changed('a', 0, step)), [0])
    assert.is(partition(image, 'a').leaderEpoch, epoch)
  }
  assert.is(partition(image, 'a').version, steps.length)
})

test('a broker keeps its slot; one that nobody ever had comes before one that was left', () => {
  const image = imageOf(created('a', [1, 2, 3]))
  image.apply(changed('a', 0, {leader: 1, isr: [1], replicas: [4, 1, 3]}))
  assert.equal(partition(image, 'a').slots, [1, -1, 3, 4])
  assert.equal([image.rowsOf(2), image.rowsOf(4)], [[], [0]])
  image.apply(changed('a', 0, {leader: 1, isr: [1], replicas: [1, 3, 4, 5, 6, 7]}))
  image.apply(changed('a', 0, {leader: 1, isr: [1], replicas: [1, 8]}))
  assert.equal(partition(image, 'a').slots, [1, 8, -1, -1, -1, -1, -1])
})

test('a reassignment remembers where it came from, until it ends', () => {
  const image = imageOf(created('a', [1, 2]))
  image.apply(changed('a', 0, {leader: 1, isr: [1, 2], replicas: [1, 2, 3], target: [2, 3]}))
  image.apply(changed('a', 0, {leader: 1, isr: [1, 2], replicas: [1, 2, 4], target: [4]}))
  assert.equal(partition(image, 'a').original, [1, 2])
  image.apply(changed('a', 0, {leader: 2, isr: [2], replicas: [2], target: []}))
  assert.not.ok('original' in partition(image, 'a'))
})

test('a partition whose data is lost is so until somebody leads', () => {
  const image = imageOf(created('a', [1, 2]))
  image.apply(changed('a', 0, {leader: -1, isr: [1], lost: true}))
  image.apply(changed('a', 0, {leader: -1, isr: [1]}))
  assert.is(partition(image, 'a').lost, true)
  image.apply(changed('a', 0, {leader: 2, isr: [2]}))
  assert.not.ok('lost' in partition(image, 'a'))
})

test('a broker is up from its registration until it is fenced', () => {
  const image = imageOf(registered(1))
  assert.equal([image.isUp(1), image.isUp(2)], [true, false])
  image.apply({type: 'brokerFenced', broker: 1, reason: 'ended'})
  assert.equal(image.broker(1), {id: 1, incarnation: 1, directoryId: 'dir-1', fenced: true})
  image.apply(registered(1, 2))
  image.apply({type: 'brokerFenced', broker: 1, reason: 'closing', closing: true})
  assert.equal(image.broker(1), {id: 1, incarnation: 2, directoryId: 'dir-1', fenced: true, closing: true})
})

test('a start numbers rows densely, in the order of topics; nobody leads and no broker is up', () => {
  const image = imageOf(registered(1), created('a', [1], [1]), created('b', [1, 2], [2]))
  image.apply(changed('b', 0, {leader: 1, isr: [1], replicas: [1, 3]}))
  image.apply(deleted('a'))
  image.apply(created('c', [3]))
  assert.equal(image.apply({type: 'clusterStarted', startId: 's'}), [0, 1, 2])
  assert.equal(partition(image, 'b'), {
    row: 0,
    slots: [1, 3],
    replicas: [1, 3],
    isr: [1],
    leader: -1,
    leaderEpoch: 2,
    version: 2,
    target: [],
  })
  assert.equal([partition(image, 'b', 1).row, partition(image, 'c').row, image.nextRow], [1, 2, 3])
  assert.equal([image.at(2)!.topic.name, image.rowsOf(3), image.startId], ['c', [0, 2], 's'])
  assert.equal(image.brokers, [{id: 1, incarnation: 0, directoryId: 'dir-1', fenced: true}])
})

test('rows of a deleted topic are not given again', () => {
  const image = imageOf(created('a', [1], [2]))
  assert.equal(image.apply(deleted('a')), [0, 1])
  assert.equal(image.apply(created('a', [1])), [2])
  assert.equal([image.at(0), image.rowsOf(2)], [undefined, []])
})

test('a snapshot holds everything', () => {
  const image = imageOf(
    {type: 'clusterStarted', startId: 's'},
    registered(1),
    created('a', [1], [1]),
    {type: 'partitionsAdded', topicId: 'id-of-a', assignments: [[1, 2]]},
    {type: 'topicConfigured', topicId: 'id-of-a', config: {'retention.ms': '5'}},
    {type: 'producerIdsTaken', nextProducerId: 1000},
    created('b', [2]),
    deleted('b'),
  )
  const snapshot = image.snapshot()
  const copy = MetadataImage.of(JSON.parse(JSON.stringify(snapshot)))
  assert.equal(copy.snapshot(), snapshot)
  for (const each of [image, copy]) each.apply(changed('a', 2, {leader: 2, isr: [2]}))
  assert.equal(copy.snapshot(), image.snapshot())
  assert.is(snapshot.topics[0]!.partitions[2]!.leader, -1)
  assert.equal(copy.rowsOf(1), [0, 1, 2])
  assert.equal(new MetadataImage().snapshot(), {brokers: [], topics: [], nextRow: 0, nextProducerId: 0})
})

const MISFITS: readonly (readonly [string, MetadataChange])[] = [
  ['only a registered broker is fenced', {type: 'brokerFenced', broker: 9, reason: ''}],
  ['a topic is created once', created('a', [1])],
  ['a change is of a topic that is there', deleted('z')],
  ['a change is of a partition that is there', changed('a', 1, {leader: 1, isr: [1]})],
  ['the ISR is never empty', changed('a', 0, {leader: -1, isr: []})],
  ['the ISR is never empty', changed('a', 0, {leader: -1, isr: [1, 1]})],
  ['the ISR is some of the replicas', changed('a', 0, {leader: -1, isr: [3]})],
  ['the leader is in the ISR', changed('a', 0, {leader: 2, isr: [1]})],
  ['a reassignment goes to replicas', changed('a', 0, {leader: 1, isr: [1], target: [3]})],
  ['no producer id is given twice', {type: 'producerIdsTaken', nextProducerId: 0}],
  ['a partition has replicas, as many as a row has slots', created('b', [])],
  ['a partition has replicas, as many as a row has slots', created('b', [1, 2, 3, 4, 5, 6, 7, 8])],
  ['a broker has one replica of a partition', created('b', [1, 1])],
]

for (const [rule, change] of MISFITS) {
  test(`held: ${rule}, ${JSON.stringify(change)}`, () => {
    const image = imageOf(registered(1), created('a', [1, 2]))
    assert.throws(() => image.apply(change), breaks(rule))
  })
}

test.run()
