import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {ClusterMap} from '../engine/cluster/cluster-map.ts'
import {MetadataImage} from '../engine/coordinator/metadata-image.ts'
import type {Storage} from '../engine/log/storage.ts'
import type {BrokerWorld} from './broker-world.ts'
import type {ClusterConfig} from './cluster-config.ts'
import type {GroupSurroundings} from './group-surroundings.ts'
import {OwnPlace} from './own-place.ts'
import {WireLogs} from './wire-logs.ts'

const NO_ID = 'AAAAAAAAAAAAAAAAAAAAAA'
const LEADERSHIP = {leaderEpoch: 3, version: 0, leader: 0, isr: 1, deleted: false}

/** A broker that leads partition 0 of a topic, on a disk without a file. */
function bed() {
  const map = ClusterMap.allocate({coordinators: 1, brokers: 1, hostsABroker: 1})
  const row = map.row(0)
  row.exchangeLeadership(row.word, LEADERSHIP)
  row.replica(0).publishHost(0)
  row.replica(0).publishFollowedEpoch(LEADERSHIP.leaderEpoch)
  row.replica(0).publishWrittenEnd(7)
  const image = new MetadataImage()
  image.apply({type: 'brokerRegistered', broker: 1, incarnation: 1, directoryId: 'd', intact: true})
  image.apply({type: 'topicCreated', name: 't', topicId: 'id-of-t', assignments: [[1]], config: {'retention.ms': '9'}})
  const letters: {to: string; body: object}[] = []
  const mailbox = {
    address: 'broker-1',
    send: (to: string, body: unknown) => void letters.push({to, body: body as object}),
    receive: () => undefined,
  }
  let places = 0
  const claimPlace = () => (places++ === 0 ? -1 : 5)
  let wallMs = 0
  const surroundings = {claimPlace, allocateInbox: () => new SharedArrayBuffer(0), wallMs: () => (wallMs += 60_000)}
  const own = new OwnPlace({map, mailbox}, surroundings)
  const storage = {
    stat: () => undefined,
    open: () => {
      throw Object.assign(new Error('ENOENT'), {code: 'ENOENT'})
    },
  } as unknown as Storage
  const config = {brokerDirs: ['', '/b1'], topicDefaults: {}} as unknown as ClusterConfig
  const groups = {crc32c: () => 0, arenas: []} as unknown as GroupSurroundings
  const world = {id: 1, map, mailbox, storage, config, groups, randomBytes: () => new Uint8Array(4)}
  const logs = new WireLogs(world as unknown as BrokerWorld & {groups: GroupSurroundings}, own, image)
  const partition = logs.partition({name: 't', topicId: NO_ID}, 0)
  assert.ok(typeof partition !== 'string')
  return {map, row, line: row.replica(0), letters, own, logs, partition}
}

test('bytes that fail their check are looked at by the host before a client is told so', () => {
  const {logs, partition, line} = bed()
  assert.is(logs.readProblem(partition, 5, 'OFFSET_OUT_OF_RANGE'), 'OFFSET_OUT_OF_RANGE')
  assert.is(logs.readProblem(partition, 5, 'CORRUPT_MESSAGE'), 'KAFKA_STORAGE_ERROR')
  assert.is(line.doubtedAt, 5)
  line.publishDamagedAt(5)
  assert.is(logs.readProblem(partition, 5, 'CORRUPT_MESSAGE'), 'CORRUPT_MESSAGE')
})

test('a reign without a batch, and so without a record of it, begins at the log’s end', () => {
  const {logs, partition} = bed()
  assert.equal(logs.epochsOf(partition), {epochs: [{epoch: 3, startOffset: 7}], logEndOffset: 7})
})

test('a host is asked for its producers by letter, and not waited for for ever', () => {
  const {logs, partition, letters} = bed()
  const told: unknown[] = []
  logs.follow(new MetadataImage(), 1000)
  for (let i = 0; i < 3; i++) logs.producersOf(partition, found => told.push(found))
  assert.equal(letters[0], {to: 'host-0', body: {type: 'describeProducers', row: 0, id: 1}})
  logs.producersTold(1, [])
  logs.producersTold(1, [])
  logs.producersTold(2, undefined)
  assert.equal(told, [[], 'NOT_LEADER_OR_FOLLOWER'])
  assert.is(logs.dueInMs(5900), 100)
  logs.round(5999)
  logs.round(6000)
  assert.equal(told, [[], 'NOT_LEADER_OR_FOLLOWER', 'REQUEST_TIMED_OUT'])
  assert.is(logs.dueInMs(6000), Number.POSITIVE_INFINITY)
})

test('settings are those of the topic, as long as it has them', () => {
  const {logs, partition} = bed()
  const settings = logs.settingsOf(partition.topic)
  assert.is(settings.log.retentionMs, 9)
  assert.is(logs.settingsOf(partition.topic), settings)
})

test('a place among the threads is taken when there is one, once, and rung for while something waits', () => {
  const {logs, own, map} = bed()
  assert.equal([own.taken, own.place], [undefined, -1])
  assert.is(own.taken?.place, 5)
  assert.is(own.taken?.inboxes, own.inboxes)
  map.threads.doorbell(5).ring(0)
  assert.is(own.rings(), 1)
  assert.is(logs.ringPlace, undefined)
  logs.fetches.add({watched: [], deadlineMs: 10, look: (_, isLast) => isLast}, 0)
  assert.is(logs.ringPlace, 5)
  logs.close(20)
  assert.is(logs.ringPlace, undefined)
})

test.run()
