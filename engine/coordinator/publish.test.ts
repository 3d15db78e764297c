import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {ClusterMap} from '../cluster/cluster-map.ts'
import {NO_LEADERSHIP} from '../cluster/leadership.ts'
import type {PartitionStep} from '../ensemble/metadata.ts'
import {MetadataImage} from './metadata-image.ts'
import {comesAfter, leadershipOf, publishRow} from './publish.ts'

function published() {
  const map = ClusterMap.allocate({coordinators: 1, brokers: 3, hostsABroker: 1})
  const image = new MetadataImage()
  image.apply({type: 'topicCreated', name: 'a', topicId: 'A', assignments: [[2, 3]], config: {}})
  const change = (step: PartitionStep) => image.apply({type: 'partitionChanged', topicId: 'A', partition: 0, ...step})
  return {map, image, change, row: map.row(0)}
}

test('a partition without a leader is published, too', () => {
  const {map, image, row} = published()
  publishRow(map, image, 0)
  assert.equal(row.leadership, {leaderEpoch: 0, version: 0, leader: -1, isr: 0b11, deleted: false})
})

test('leader and ISR are slots of the row', () => {
  const {map, image, change, row} = published()
  change({leader: 3, isr: [3], replicas: [4, 3]})
  publishRow(map, image, 0)
  assert.equal(row.leadership, {leaderEpoch: 1, version: 1, leader: 1, isr: 0b10, deleted: false})
})

test('whoever hosts a replica is told of a change, and of nothing else', () => {
  const {map, image, row} = published()
  row.replica(1).publishHost(2)
  publishRow(map, image, 0)
  const marks: number[] = []
  map.host(2).marks.take(mark => marks.push(mark))
  assert.equal([marks, map.host(2).doorbell.count(), map.host(0).doorbell.count()], [[0], 1, 0])
  publishRow(map, image, 0)
  assert.is(map.host(2).doorbell.count(), 1)
})

test('whoever waits in the row is rung, though nobody hosts a replica', () => {
  const {map, image, row} = published()
  for (const thread of [3, 40]) row.waiters.add(thread)
  publishRow(map, image, 0)
  assert.equal(
    [3, 4, 40].map(thread => map.threads.doorbell(thread).count()),
    [1, 0, 1],
  )
})

test('what is newer stays', () => {
  const {map, image, change, row} = published()
  const old = MetadataImage.of(image.snapshot())
  change({leader: 2, isr: [2]})
  publishRow(map, image, 0)
  publishRow(map, old, 0)
  assert.is(row.leadership.leader, 0)
})

test('a row of a deleted topic is let go of for good', () => {
  const {map, image, change, row} = published()
  change({leader: 2, isr: [2, 3]})
  publishRow(map, image, 0)
  row.replica(6).publishHost(1)
  const old = MetadataImage.of(image.snapshot())
  image.apply({type: 'topicDeleted', topicId: 'A'})
  publishRow(map, image, 0)
  assert.equal(row.leadership, {leaderEpoch: 2, version: 2, leader: -1, isr: 0, deleted: true})
  assert.is(map.host(1).doorbell.count(), 1)
  for (const each of [old, image]) publishRow(map, each, 0)
  assert.is(row.leadership.deleted, true)
})

test('a topic deleted before it was published cannot be by who comes late', () => {
  const {map, image, row} = published()
  const old = MetadataImage.of(image.snapshot())
  image.apply({type: 'topicDeleted', topicId: 'A'})
  publishRow(map, image, 0)
  publishRow(map, old, 0)
  assert.is(row.leadership.deleted, true)
})

test('versions are compared around their circle', () => {
  const of = (leaderEpoch: number, version: number) => ({...NO_LEADERSHIP, leaderEpoch, version})
  assert.equal([comesAfter(of(1, 0), of(1, 65_535)), comesAfter(of(1, 65_535), of(1, 0))], [true, false])
  assert.equal(
    [comesAfter(of(1, 5), of(1, 5)), comesAfter(of(2, 0), of(1, 9)), comesAfter(of(1, 9), of(2, 0))],
    [false, true, false],
  )
  assert.is(leadershipOf(published().image.partitionAt(0)!).version, 0)
})

test.run()
