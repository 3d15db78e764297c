/** What brokers answer to clients who write and read records over the wire, on whole clusters in one thread. */
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {ATTRIBUTES, BATCH, batchSize} from '../../engine/record/record-batch.ts'
import {NO_UUID} from '../../engine/wire/field.ts'
import {batchOf, buildBatch, oneRecord, stored, viewOf} from '../simulation/partition.ts'
import {type Heard, WireDoor} from '../wire/wire-door.ts'
import {ClusterBed} from './bed.ts'

const PRODUCE = 9
const FETCH = 12

interface WireOptions {
  readonly brokers?: number
  readonly replicas?: number[][]
  readonly configs?: Record<string, string>
}

interface Reading {
  readonly offset?: number
  readonly partition?: number
  readonly maxBytes?: number
  readonly partitionMaxBytes?: number
  readonly minBytes?: number
  readonly maxWaitMs?: number
  readonly currentLeaderEpoch?: number
  readonly lastFetchedEpoch?: number
  readonly version?: number
  readonly isolationLevel?: number
  readonly replicaId?: number
}

/** One broker, for all tests that leave it as it is. */
let shared: {readonly bed: ClusterBed; readonly door: WireDoor} | undefined
let topics = 0

/** A cluster with a topic, and a client of it. */
class Wire {
  readonly name = `t${++topics}`
  readonly bed: ClusterBed
  readonly door: WireDoor

  constructor({brokers = 1, replicas = [[1]], configs = {}}: WireOptions = {}) {
    const cluster = (brokers === 1 ? shared : undefined) ?? open(brokers)
    if (brokers === 1) shared = cluster
    this.bed = cluster.bed
    this.door = cluster.door
    this.bed.create(this.name, replicas, configs)
  }

  produce(
    batch: Uint8Array | null,
    {acks = -1, broker = 1, index = 0, version = PRODUCE, name = this.name, timeoutMs = 1000} = {},
  ): Heard<'Produce'>['responses'][number]['partitionResponses'][number] {
    const topicData = [{name, partitionData: [{index, records: batch}]}]
    const {responses} = this.door.ask(broker, 'Produce', version, {acks, timeoutMs, topicData})
    return responses[0]!.partitionResponses[0]!
  }

  error(batch: Uint8Array | null, options: Parameters<Wire['produce']>[1] = {}): string {
    return this.produce(batch, options).errorCode
  }

  reading({offset = 0, partition = 0, currentLeaderEpoch = -1, lastFetchedEpoch = -1, ...rest}: Reading = {}) {
    const {
      maxBytes = 1e6,
      partitionMaxBytes = 1e6,
      minBytes = 1,
      maxWaitMs = 0,
      isolationLevel = 0,
      replicaId = -1,
    } = rest
    const asked = {partition, fetchOffset: offset, partitionMaxBytes, currentLeaderEpoch, lastFetchedEpoch}
    return {
      ...{maxWaitMs, minBytes, maxBytes, isolationLevel, replicaId, sessionEpoch: -1},
      topics: [{topic: this.name, partitions: [asked]}],
    }
  }

  fetch(reading: Reading = {}, broker = 1) {
    const {version = FETCH} = reading
    return this.door.ask(broker, 'Fetch', version, this.reading(reading)).responses[0]!.partitions[0]!
  }
}

function open(brokers: number): {bed: ClusterBed; door: WireDoor} {
  const bed = new ClusterBed({brokers})
  return {bed, door: new WireDoor(bed, brokers)}
}

/** Base offsets of batches. */
function basesOf(records: Uint8Array): number[] {
  const view = viewOf(records)
  const bases: number[] = []
  for (let at = 0; at < records.length; at += batchSize(view, at)) bases.push(view.getInt32(at + 4))
  return bases
}

const sealed = (batch: Uint8Array): Uint8Array => new Uint8Array(stored(batch, 0))

/** A batch with one thing in it changed, and its CRC right. */
function changed(change: (view: DataView) => void): Uint8Array {
  const batch = oneRecord(1000)
  change(viewOf(batch))
  return sealed(batch)
}

test('a batch is stored as it came, but for what lies outside its CRC, and read as it is stored', () => {
  const wire = new Wire()
  const batch = sealed(buildBatch({timestamps: [1000, 1001, 1002], valueBytes: 10}))
  const first = wire.produce(batch)
  assert.equal([first.errorCode, first.baseOffset, first.logAppendTimeMs, first.logStartOffset], ['NONE', 0, -1, 0])
  assert.is(wire.produce(batch).baseOffset, 3)
  const {records, highWatermark, lastStableOffset, logStartOffset} = wire.fetch()
  assert.equal([highWatermark, lastStableOffset, logStartOffset], [6, 6, 0])
  assert.equal(basesOf(records), [0, 3])
  assert.equal(Buffer.from(records.subarray(BATCH.magic, batch.length)), Buffer.from(batch.subarray(BATCH.magic)))
})

test('what acks asks for is waited for', () => {
  const wire = new Wire({brokers: 2, replicas: [[1, 2]]})
  for (const acks of [-1, 1, 0]) assert.is(wire.error(sealed(oneRecord(1)), {acks}), 'NONE')
  assert.is(wire.error(sealed(oneRecord(1)), {acks: 2}), 'INVALID_REQUIRED_ACKS')
})

test('a broker’s clock is told where it is the records’ time', () => {
  const wire = new Wire({configs: {'message.timestamp.type': 'LogAppendTime'}})
  assert.ok(wire.produce(sealed(oneRecord(1))).logAppendTimeMs > 1_000_000)
})

const REFUSED: readonly (readonly [string, Uint8Array | null, string])[] = [
  ['no records', null, 'INVALID_RECORD'],
  ['an empty list', new Uint8Array(0), 'INVALID_RECORD'],
  ['two batches', Buffer.concat([sealed(oneRecord(1)), sealed(oneRecord(1))]), 'INVALID_RECORD'],
  ['half a batch', sealed(oneRecord(1)).slice(0, 70), 'CORRUPT_MESSAGE'],
  ['half a header', sealed(oneRecord(1)).slice(0, 30), 'CORRUPT_MESSAGE'],
  ['a size of nothing', changed(view => view.setInt32(BATCH.batchLength, -12)).slice(), 'CORRUPT_MESSAGE'],
  ['a wrong CRC', sealed(oneRecord(1)).with(80, 7), 'CORRUPT_MESSAGE'],
  ['an old format', sealed(oneRecord(1)).with(BATCH.magic, 1), 'INVALID_RECORD'],
  ['an old format that is short', new Uint8Array(30).with(BATCH.magic, 1), 'INVALID_RECORD'],
  ['a control batch', changed(view => view.setInt16(BATCH.attributes, ATTRIBUTES.control)), 'INVALID_RECORD'],
  ['a transaction', changed(view => view.setInt16(BATCH.attributes, ATTRIBUTES.transactional)), 'INVALID_TXN_STATE'],
  [
    'the broker’s time',
    changed(view => view.setInt16(BATCH.attributes, ATTRIBUTES.logAppendTime)),
    'INVALID_TIMESTAMP',
  ],
  ['a codec of no name', changed(view => view.setInt16(BATCH.attributes, 5)), 'UNSUPPORTED_COMPRESSION_TYPE'],
  ['more offsets than records', changed(view => view.setInt32(BATCH.lastOffsetDelta, 1)), 'INVALID_RECORD'],
  ['no record at all', changed(view => view.setInt32(BATCH.recordCount, 0)), 'INVALID_RECORD'],
  ['fewer than no records', changed(view => view.setInt32(BATCH.recordCount, -1)), 'INVALID_RECORD'],
  ['a producer without a sequence', changed(view => view.setInt32(BATCH.producerId, 0)), 'INVALID_RECORD'],
  ['a producer of less than none', changed(view => view.setInt32(BATCH.producerId + 4, -2)), 'INVALID_RECORD'],
  ['a time beyond all', changed(view => view.setInt32(BATCH.maxTimestamp, 0x7fffffff)), 'INVALID_TIMESTAMP'],
]

test('what is no batch a client may send is refused as Kafka does, and nothing is stored', () => {
  const wire = new Wire()
  for (const [what, batch, code] of REFUSED) assert.is(wire.error(batch), code, what)
  assert.is(
    wire.error(
      changed(view => view.setInt16(BATCH.attributes, 4)),
      {version: 6},
    ),
    'UNSUPPORTED_COMPRESSION_TYPE',
  )
  assert.is(wire.fetch().highWatermark, 0)
})

test('what is too large is refused before it takes room', () => {
  const wire = new Wire({configs: {'max.message.bytes': '1000', 'segment.bytes': '1024'}})
  assert.is(wire.error(sealed(oneRecord(1, 2000))), 'MESSAGE_TOO_LARGE')
  const small = new Wire({configs: {'max.message.bytes': '100000', 'segment.bytes': '1024'}})
  assert.is(small.error(sealed(oneRecord(1, 2000))), 'RECORD_LIST_TOO_LARGE')
})

test('a batch larger than a slot takes several', () => {
  const wire = new Wire({configs: {'max.message.bytes': '400000'}})
  assert.is(wire.error(sealed(oneRecord(1, 300_000))), 'NONE')
  assert.is(wire.fetch().records.length > 300_000, true)
})

test('a producer’s batch is stored once, and a gap is seen', () => {
  const wire = new Wire()
  const batch = (baseSequence: number, producerEpoch = 1): Uint8Array =>
    sealed(batchOf({producerId: 7, producerEpoch, baseSequence}, 2))
  assert.equal(
    [0, 2, 4].map(sequence => wire.produce(batch(sequence)).baseOffset),
    [0, 2, 4],
  )
  assert.is(wire.produce(batch(2)).baseOffset, 2)
  assert.is(wire.error(batch(8)), 'OUT_OF_ORDER_SEQUENCE_NUMBER')
  assert.is(wire.error(batch(0, 0)), 'INVALID_PRODUCER_EPOCH')
  assert.is(wire.fetch().highWatermark, 6)
})

test('too few replicas in sync take nothing for all', () => {
  const wire = new Wire({brokers: 2, replicas: [[1, 2]], configs: {'min.insync.replicas': '2'}})
  wire.bed.kill(2)
  wire.bed.runFor(3000)
  assert.is(wire.error(sealed(oneRecord(1))), 'NOT_ENOUGH_REPLICAS')
  assert.is(wire.error(sealed(oneRecord(1)), {acks: 1}), 'NONE')
})

test('who does not lead says who does, and where', () => {
  const wire = new Wire({brokers: 2, replicas: [[2, 1]]})
  const topicData = [{name: wire.name, partitionData: [{index: 0, records: sealed(oneRecord(1))}]}]
  const told = wire.door.ask(1, 'Produce', 10, {acks: 1, topicData})
  const [partition] = told.responses[0]!.partitionResponses
  assert.is(partition!.errorCode, 'NOT_LEADER_OR_FOLLOWER')
  assert.is(partition!.currentLeader.leaderId, 2)
  assert.equal(told.nodeEndpoints, [{nodeId: 2, host: 'here', port: 9002, rack: null}])
  assert.is(wire.fetch({}, 1).currentLeader.leaderId, 2)
})

test('topics go by their names, then by their ids', () => {
  const wire = new Wire()
  assert.is(wire.error(sealed(oneRecord(1)), {name: 'u'}), 'UNKNOWN_TOPIC_OR_PARTITION')
  assert.is(wire.error(sealed(oneRecord(1)), {index: 1}), 'UNKNOWN_TOPIC_OR_PARTITION')
  const {topicId} = wire.bed.topic(wire.name)
  const ask = (id: string) => {
    const topicData = [{topicId: id, partitionData: [{index: 0, records: sealed(oneRecord(1))}]}]
    return wire.door.ask(1, 'Produce', 13, {acks: 1, topicData}).responses[0]!
  }
  assert.equal([ask(topicId).topicId, ask(topicId).partitionResponses[0]!.baseOffset], [topicId, 1])
  assert.is(ask(NO_UUID).partitionResponses[0]!.errorCode, 'UNKNOWN_TOPIC_ID')
  assert.is(ask('x'.repeat(21).concat('A')).partitionResponses[0]!.errorCode, 'UNKNOWN_TOPIC_ID')
})

test('an answer holds whole batches: as many as are wanted, and the first whatever its size', () => {
  const wire = new Wire()
  for (let i = 0; i < 5; i++) wire.produce(sealed(oneRecord(i, 1000)))
  const one = sealed(oneRecord(0, 1000)).length
  assert.equal(basesOf(wire.fetch({offset: 2}).records), [2, 3, 4])
  assert.equal(basesOf(wire.fetch({partitionMaxBytes: 2 * one + 10}).records), [0, 1])
  assert.equal(basesOf(wire.fetch({offset: 1, maxBytes: 10}).records), [1])
  assert.equal(basesOf(wire.fetch({offset: 3, partitionMaxBytes: 0}).records), [3])
  assert.is(wire.fetch({offset: 5}).records.length, 0)
})

test('what lies in the files only is read there', () => {
  shared = undefined
  const wire = new Wire({configs: {'segment.bytes': '2048'}})
  shared = undefined
  for (let i = 0; i < 9; i++) wire.produce(sealed(oneRecord(i, 1000)))
  wire.bed.close()
  wire.bed.restart()
  const door = new WireDoor(wire.bed, 1)
  const asked = {
    ...wire.reading({offset: 1}),
    topics: [
      {
        topic: wire.name,
        partitions: [{fetchOffset: 1, partitionMaxBytes: 1e6, currentLeaderEpoch: -1, lastFetchedEpoch: -1}],
      },
    ],
  }
  wire.bed.until(
    'there is a leader',
    () => door.ask(1, 'Fetch', FETCH, asked).responses[0]!.partitions[0]!.errorCode === 'NONE',
  )
  const {records} = door.ask(1, 'Fetch', FETCH, asked).responses[0]!.partitions[0]!
  assert.equal(basesOf(records), [1, 2, 3, 4, 5, 6, 7, 8])
})

test('an answer to many partitions is not more than is wanted, and never empty', () => {
  const wire = new Wire({replicas: [[1], [1]]})
  for (const index of [0, 1, 0, 1]) wire.produce(sealed(oneRecord(1, 1000)), {index})
  const one = sealed(oneRecord(0, 1000)).length
  const fetch = (maxBytes: number) => {
    const partitions = [0, 1].map(partition => ({
      partition,
      fetchOffset: 0,
      partitionMaxBytes: 1e6,
      currentLeaderEpoch: -1,
    }))
    const asked = {minBytes: 1, maxBytes, sessionEpoch: -1, topics: [{topic: wire.name, partitions}]}
    return wire.door.ask(1, 'Fetch', 11, asked).responses[0]!.partitions.map(({records}) => basesOf(records).length)
  }
  assert.equal(
    [fetch(10), fetch(2 * one), fetch(3 * one), fetch(1e6)],
    [
      [1, 0],
      [2, 0],
      [2, 1],
      [2, 2],
    ],
  )
})

test('offsets outside the log, and who leads in another epoch', () => {
  const wire = new Wire()
  wire.produce(sealed(oneRecord(1)))
  const codes = (reading: Reading): string => wire.fetch(reading).errorCode
  assert.is(codes({offset: 2}), 'OFFSET_OUT_OF_RANGE')
  assert.is(codes({offset: -1}), 'OFFSET_OUT_OF_RANGE')
  const {leaderEpoch} = wire.bed.topic(wire.name).partitions[0]!
  assert.is(codes({currentLeaderEpoch: leaderEpoch}), 'NONE')
  assert.is(codes({currentLeaderEpoch: leaderEpoch - 1}), 'FENCED_LEADER_EPOCH')
  assert.is(codes({currentLeaderEpoch: leaderEpoch + 1}), 'UNKNOWN_LEADER_EPOCH')
  assert.is(codes({partition: 5}), 'UNKNOWN_TOPIC_OR_PARTITION')
})

test('where logs part is told in the place of records', () => {
  const wire = new Wire()
  wire.produce(sealed(oneRecord(1)))
  const {leaderEpoch} = wire.bed.topic(wire.name).partitions[0]!
  assert.equal(wire.fetch({offset: 1, lastFetchedEpoch: leaderEpoch}).divergingEpoch, {epoch: -1, endOffset: -1})
  assert.is(wire.fetch({offset: 0, lastFetchedEpoch: leaderEpoch}).records.length > 0, true)
  // before all epochs that are known nothing is: whoever has that is to go back there
  assert.equal(wire.fetch({offset: 1, lastFetchedEpoch: leaderEpoch - 1}).divergingEpoch, {
    epoch: leaderEpoch - 1,
    endOffset: 0,
  })
  assert.is(wire.fetch({offset: 1, lastFetchedEpoch: leaderEpoch + 1}).errorCode, 'OFFSET_OUT_OF_RANGE')
})

test('a broker’s fetch is not a client’s', () => {
  const wire = new Wire()
  const asked = wire.reading({replicaId: 2})
  assert.is(wire.door.ask(1, 'Fetch', FETCH, asked).errorCode, 'INVALID_REQUEST')
})

test('who wants committed records gets a list of what was aborted, which is none', () => {
  const wire = new Wire()
  assert.equal(wire.fetch({isolationLevel: 1}).abortedTransactions, [])
  assert.is(wire.fetch({isolationLevel: 0}).abortedTransactions, null)
})

test('zstandard is for who knows it', () => {
  const wire = new Wire()
  wire.produce(changed(view => view.setInt16(BATCH.attributes, 4)))
  assert.is(wire.fetch({version: 9}).errorCode, 'UNSUPPORTED_COMPRESSION_TYPE')
  assert.is(wire.fetch({version: 10}).errorCode, 'NONE')
})

test('a fetch waits for what it wants, and no longer than it wants', () => {
  const wire = new Wire()
  const {door, bed} = wire
  const asked = wire.reading({maxWaitMs: 500})
  const pending = door.begin(1, 'Fetch', FETCH, asked)
  bed.runFor(100)
  assert.is(pending.heard, undefined)
  wire.produce(sealed(oneRecord(1)))
  door.until('it is answered', () => pending.heard !== undefined)
  assert.equal(basesOf(pending.heard!.responses[0]!.partitions[0]!.records), [0])
  const beganMs = bed.time.nowMs
  const empty = door.begin(1, 'Fetch', FETCH, wire.reading({offset: 1, maxWaitMs: 500}))
  door.until('its time is over', () => empty.heard !== undefined)
  assert.is(empty.heard!.responses[0]!.partitions[0]!.records.length, 0)
  assert.is(Math.abs(bed.time.nowMs - beganMs - 500) < 50, true)
})

test('a fetch that wants much waits until as much is there, counted over its partitions', () => {
  const wire = new Wire({replicas: [[1], [1]]})
  const one = sealed(oneRecord(0, 1000)).length
  const partitions = [0, 1].map(partition => ({
    partition,
    fetchOffset: 0,
    partitionMaxBytes: 1e6,
    currentLeaderEpoch: -1,
  }))
  const asked = {
    maxWaitMs: 60_000,
    minBytes: 3 * one,
    maxBytes: 1e6,
    sessionEpoch: -1,
    topics: [{topic: wire.name, partitions}],
  }
  const pending = wire.door.begin(1, 'Fetch', 11, asked)
  for (const index of [0, 1]) {
    wire.produce(sealed(oneRecord(1, 1000)), {index})
    wire.bed.runFor(50)
    assert.is(pending.heard, undefined)
  }
  wire.produce(sealed(oneRecord(1, 1000)), {index: 1})
  wire.door.until('it is answered', () => pending.heard !== undefined)
  assert.equal(
    pending.heard!.responses[0]!.partitions.map(({records}) => basesOf(records)),
    [[0], [0, 1]],
  )
})

test('whoever waits at a leader that is one no more is sent on', () => {
  const wire = new Wire({brokers: 2, replicas: [[1, 2]]})
  wire.produce(sealed(oneRecord(1)))
  const pending = wire.door.begin(1, 'Fetch', FETCH, wire.reading({offset: 1, maxWaitMs: 60_000}))
  wire.bed.ask({type: 'alterPartitionReassignments', partitions: [{topic: wire.name, partition: 0, replicas: [2]}]})
  wire.door.until('it is answered', () => pending.heard !== undefined)
  assert.is(pending.heard!.responses[0]!.partitions[0]!.errorCode, 'NOT_LEADER_OR_FOLLOWER')
})

test('whoever waits for a topic that is deleted hears of that', () => {
  const wire = new Wire()
  const pending = wire.door.begin(1, 'Fetch', FETCH, wire.reading({maxWaitMs: 60_000}))
  wire.bed.delete(wire.name)
  wire.door.until('it is answered', () => pending.heard !== undefined)
  assert.is(pending.heard!.responses[0]!.partitions[0]!.errorCode, 'UNKNOWN_TOPIC_OR_PARTITION')
})

test('whoever has gone is not read for', () => {
  const wire = new Wire()
  const pending = wire.door.begin(1, 'Fetch', FETCH, wire.reading({maxWaitMs: 60_000}))
  pending.isOpen = false
  wire.produce(sealed(oneRecord(1)))
  wire.bed.runFor(100)
  wire.door.round()
  assert.is(pending.heard, undefined)
})

test('a leader that dies with a batch leaves its client to look for the next', () => {
  const wire = new Wire({brokers: 3, replicas: [[1, 2, 3]]})
  wire.bed.kill(1)
  wire.bed.until('another one leads', () => wire.bed.topic(wire.name).partitions[0]!.leader === 2)
  assert.is(wire.error(sealed(oneRecord(1)), {broker: 2}), 'NONE')
})

test('places, times and the ends of epochs', () => {
  const wire = new Wire()
  for (const timestamps of [[100, 300], [200], [50]]) wire.produce(sealed(buildBatch({timestamps, valueBytes: 5})))
  const {leaderEpoch} = wire.bed.topic(wire.name).partitions[0]!
  const find = (timestamp: number, version = 11, options: object = {}) => {
    const partitions = [{partitionIndex: 0, currentLeaderEpoch: -1, timestamp, ...options}]
    const told = wire.door.ask(1, 'ListOffsets', version, {replicaId: -1, topics: [{name: wire.name, partitions}]})
    const {errorCode, offset, timestamp: time, leaderEpoch: epoch} = told.topics[0]!.partitions[0]!
    return errorCode === 'NONE' ? [offset, time, epoch] : errorCode
  }
  assert.equal(find(-1), [4, -1, leaderEpoch])
  assert.equal(find(-2), [0, -1, leaderEpoch])
  assert.equal(find(-3), [1, 300, leaderEpoch])
  assert.equal(find(-4), [0, -1, leaderEpoch])
  assert.equal(
    [find(-5), find(-6)],
    [
      [-1, -1, -1],
      [-1, -1, -1],
    ],
  )
  assert.equal(find(150), [1, 300, leaderEpoch])
  assert.equal(find(301), [-1, -1, -1])
  assert.equal([find(-3, 6), find(-4, 7), find(-5, 8), find(-6, 10), find(-7)], Array(5).fill('UNSUPPORTED_VERSION'))
  assert.is(find(-1, 11, {currentLeaderEpoch: leaderEpoch + 1}), 'UNKNOWN_LEADER_EPOCH')
  assert.is(find(-1, 11, {partitionIndex: 3}), 'UNKNOWN_TOPIC_OR_PARTITION')
  const epochEnd = (epoch: number, options: object = {}) => {
    const partitions = [{partition: 0, currentLeaderEpoch: -1, leaderEpoch: epoch, ...options}]
    const told = wire.door.ask(1, 'OffsetForLeaderEpoch', 4, {topics: [{topic: wire.name, partitions}]})
    const {errorCode, endOffset, leaderEpoch: found} = told.topics[0]!.partitions[0]!
    return errorCode === 'NONE' ? [found, endOffset] : errorCode
  }
  assert.equal(epochEnd(leaderEpoch), [leaderEpoch, 4])
  assert.equal(epochEnd(leaderEpoch + 1), [-1, -1])
  assert.equal(epochEnd(0), [0, 0])
  assert.is(epochEnd(0, {partition: 2}), 'UNKNOWN_TOPIC_OR_PARTITION')
  assert.is(epochEnd(0, {currentLeaderEpoch: leaderEpoch - 1}), 'FENCED_LEADER_EPOCH')
})

test('records are given up below an offset', () => {
  const wire = new Wire()
  for (let i = 0; i < 4; i++) wire.produce(sealed(oneRecord(i)))
  const deleted = (offset: number, name = wire.name) => {
    const topics = [{name, partitions: [{partitionIndex: 0, offset}]}]
    const told = wire.door.ask(1, 'DeleteRecords', 2, {topics, timeoutMs: 10_000}).topics[0]!.partitions[0]!
    return told.errorCode === 'NONE' ? told.lowWatermark : told.errorCode
  }
  assert.equal(
    [2, 1, 5, -2].map(offset => deleted(offset)),
    [2, 2, 'OFFSET_OUT_OF_RANGE', 'OFFSET_OUT_OF_RANGE'],
  )
  assert.is(deleted(0, 'u'), 'UNKNOWN_TOPIC_OR_PARTITION')
  assert.is(wire.fetch({offset: 1}).errorCode, 'OFFSET_OUT_OF_RANGE')
  assert.equal(basesOf(wire.fetch({offset: 2}).records), [2, 3])
  assert.is(deleted(-1), 4)
  wire.bed.create('k', [[1]], {'cleanup.policy': 'compact'})
  assert.is(deleted(0, 'k'), 'POLICY_VIOLATION')
})

test('producers are told of as the log knows them', () => {
  const wire = new Wire()
  wire.produce(sealed(batchOf({producerId: 7, producerEpoch: 3, baseSequence: 0}, 2, 1234)))
  const describe = (name: string, partition = 0) =>
    wire.door.ask(1, 'DescribeProducers', 0, {topics: [{name, partitionIndexes: [partition]}]}).topics[0]!
      .partitions[0]!
  assert.equal(describe(wire.name).activeProducers, [
    {
      producerId: 7,
      producerEpoch: 3,
      lastSequence: 1,
      lastTimestamp: 1234,
      coordinatorEpoch: -1,
      currentTxnStartOffset: -1,
    },
  ])
  assert.is(describe(wire.name, 1).errorCode, 'UNKNOWN_TOPIC_OR_PARTITION')
})

test.run()
