import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {
  ATTRIBUTES,
  BATCH,
  baseOffset,
  batchSize,
  hasProducer,
  LOG_OVERHEAD,
  lastOffset,
  lastSequence,
  maxTimestamp,
  producerId,
  stampAppendTime,
  stampBatch,
  stampProducer,
} from './record-batch.ts'

const AT = 5

function header(): {bytes: Uint8Array; view: DataView} {
  const bytes = new Uint8Array(AT + BATCH.records)
  return {bytes, view: new DataView(bytes.buffer)}
}

/** Bytes that changed, as positions in the header. */
function touched(change: (view: DataView) => void): number[] {
  const {bytes, view} = header()
  bytes.fill(0xa5)
  change(view)
  return [...bytes.keys()].filter(i => bytes[i] !== 0xa5).map(i => i - AT)
}

test('the fields lie as in Kafka, without gaps', () => {
  const sizes = {baseOffset: 8, batchLength: 4, leaderEpoch: 4, magic: 1, crc: 4, attributes: 2, lastOffsetDelta: 4}
  const rest = {baseTimestamp: 8, maxTimestamp: 8, producerId: 8, producerEpoch: 2, baseSequence: 4, recordCount: 4}
  let at = 0
  for (const [field, size] of Object.entries({...sizes, ...rest})) {
    assert.is(BATCH[field as keyof typeof BATCH], at, field)
    at += size
  }
  assert.is(BATCH.records, at)
  assert.is(LOG_OVERHEAD, BATCH.batchLength + 4)
})

test('what a header says is read at any position', () => {
  const {view} = header()
  view.setBigInt64(AT, 5_000_000_000n)
  view.setInt32(AT + 8, 100)
  view.setInt32(AT + 23, 7)
  view.setBigInt64(AT + 35, 1_700_000_000_001n)
  assert.is(baseOffset(view, AT), 5_000_000_000)
  assert.is(batchSize(view, AT), 112)
  assert.is(lastOffset(view, AT), 5_000_000_007)
  assert.is(maxTimestamp(view, AT), 1_700_000_000_001)
})

test('a leader’s stamp stays out of the bytes that the CRC covers', () => {
  const places = touched(view => stampBatch(view, AT, {baseOffset: 2 ** 40 + 3, leaderEpoch: 9}))
  assert.ok(places.length > 0)
  assert.ok(
    places.every(place => place < BATCH.batchLength || (place >= BATCH.leaderEpoch && place < BATCH.magic)),
    `${places}`,
  )
  const {view} = header()
  stampBatch(view, AT, {baseOffset: 2 ** 40 + 3, leaderEpoch: 9})
  assert.is(baseOffset(view, AT), 2 ** 40 + 3)
  assert.is(view.getInt32(AT + BATCH.leaderEpoch), 9)
})

test('append time sets its bit and the greatest timestamp, and keeps the other bits', () => {
  const {view} = header()
  view.setInt16(AT + BATCH.attributes, ATTRIBUTES.transactional | 4)
  stampAppendTime(view, AT, 1234)
  assert.is(view.getInt16(AT + BATCH.attributes), ATTRIBUTES.transactional | ATTRIBUTES.logAppendTime | 4)
  assert.is(maxTimestamp(view, AT), 1234)
  const places = touched(view => stampAppendTime(view, AT, 1234))
  assert.ok(places.every(place => place >= BATCH.attributes && place < BATCH.producerId))
})

test('a producer’s stamp is of its three fields', () => {
  const stamp = {producerId: 2 ** 41 + 7, producerEpoch: 12, baseSequence: 2 ** 31 - 2}
  const places = touched(view => stampProducer(view, AT, stamp))
  assert.ok(places.every(place => place >= BATCH.producerId && place < BATCH.recordCount))
  const {view} = header()
  stampProducer(view, AT, stamp)
  assert.equal([producerId(view, AT), hasProducer(view, AT)], [2 ** 41 + 7, true])
  stampProducer(view, AT, {...stamp, producerId: 0})
  assert.ok(hasProducer(view, AT))
  stampProducer(view, AT, {...stamp, producerId: -1})
  assert.not(hasProducer(view, AT))
  assert.equal([view.getInt16(AT + BATCH.producerEpoch), view.getInt32(AT + BATCH.baseSequence)], [12, 2 ** 31 - 2])
})

test('sequences go on at 0 after 2^31 - 1', () => {
  const {view} = header()
  for (const [base, delta, last] of [
    [5, 0, 5],
    [5, 3, 8],
    [2 ** 31 - 2, 1, 2 ** 31 - 1],
    [2 ** 31 - 2, 2, 0],
    [2 ** 31 - 1, 4, 3],
  ] as const) {
    view.setInt32(AT + BATCH.baseSequence, base)
    view.setInt32(AT + BATCH.lastOffsetDelta, delta)
    assert.is(lastSequence(view, AT), last)
  }
})

test.run()
