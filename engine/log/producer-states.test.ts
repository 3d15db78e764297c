import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {batchOf, viewOf} from '../../property-tests/simulation/partition.ts'
import {OdradekError} from '../errors.ts'
import {INT32_MAX, PRODUCER_BATCHES_MAX} from '../limits.ts'
import {ATTRIBUTES, BATCH, stampBatch} from '../record/record-batch.ts'
import {decodeProducerSnapshot} from './producer-snapshot.ts'
import {ProducerStates} from './producer-states.ts'

const ID = 7
const DAY_MS = 86_400_000

interface Sent {
  readonly sequence: number
  readonly records?: number
  readonly epoch?: number
  readonly offset?: number
  readonly timestamp?: number
  readonly attributes?: number
}

/** The header of a batch of the producer. */
function header({sequence, records = 1, epoch = 0, offset = 0, timestamp = 1000, attributes = 0}: Sent): DataView {
  const batch = batchOf({producerId: ID, producerEpoch: epoch, baseSequence: sequence}, records, timestamp)
  const view = viewOf(batch)
  stampBatch(view, 0, {baseOffset: offset, leaderEpoch: 0})
  view.setInt16(BATCH.attributes, attributes)
  return view
}

function stage(states: ProducerStates, ...batches: readonly Sent[]): void {
  for (const batch of batches) states.stage(header(batch), 0)
}

const check = (states: ProducerStates, batch: Sent) => states.check(header(batch), 0)
const code = (expected: string) => (error: unknown) => error instanceof OdradekError && error.code === expected
const entries = (states: ProducerStates) => decodeProducerSnapshot(states.snapshot())!

test('of a producer that is not known any sequence comes next', () => {
  const states = new ProducerStates()
  assert.ok(states.isEmpty)
  assert.is(check(states, {sequence: 17}), undefined)
  assert.ok(states.isEmpty)
})

test('a batch without an epoch or a sequence, or with an id that no number holds, is refused', () => {
  const states = new ProducerStates()
  assert.throws(() => check(states, {sequence: -1}), code('INVALID_RECORD'))
  assert.throws(() => check(states, {sequence: 0, epoch: -1}), code('INVALID_RECORD'))
  const beyond = header({sequence: 0})
  beyond.setInt32(BATCH.producerId, INT32_MAX)
  assert.throws(() => states.check(beyond, 0), code('INVALID_RECORD'))
})

test('the sequence that follows comes next, one further on is out of order', () => {
  const states = new ProducerStates()
  stage(states, {sequence: 3, records: 4})
  assert.is(check(states, {sequence: 7, records: 2}), undefined)
  assert.throws(() => check(states, {sequence: 8}), code('OUT_OF_ORDER_SEQUENCE_NUMBER'))
})

test('a batch that came before lies where it was put', () => {
  const states = new ProducerStates()
  stage(
    states,
    {sequence: 0, records: 2, offset: 40, timestamp: 5},
    {sequence: 2, records: 3, offset: 50, timestamp: 6},
  )
  assert.equal(check(states, {sequence: 0, records: 2})?.baseOffset, 40)
  const {baseOffset, lastOffset, timestamp} = check(states, {sequence: 2, records: 3})!
  assert.equal([baseOffset, lastOffset, timestamp], [50, 52, 6])
})

test('records that are stored but in other batches have no offset to tell, those in part or never stored are out of order', () => {
  const states = new ProducerStates()
  stage(states, {sequence: 5, records: 2}, {sequence: 7, records: 2})
  for (const [sequence, records] of [
    [5, 1],
    [6, 1],
    [5, 4],
    [6, 3],
  ] as const)
    assert.throws(
      () => check(states, {sequence, records}),
      code('DUPLICATE_SEQUENCE_NUMBER'),
      `${sequence}, ${records}`,
    )
  for (const [sequence, records] of [
    [4, 1],
    [4, 2],
    [8, 2],
    [0, 20],
    [5, 5],
  ] as const)
    assert.throws(
      () => check(states, {sequence, records}),
      code('OUT_OF_ORDER_SEQUENCE_NUMBER'),
      `${sequence}, ${records}`,
    )
})

test('as many batches are remembered as a sender has on their way; older ones are known to be stored', () => {
  const states = new ProducerStates()
  for (let sequence = 0; sequence <= PRODUCER_BATCHES_MAX; sequence++) stage(states, {sequence, offset: sequence})
  assert.is(check(states, {sequence: 1})?.baseOffset, 1)
  assert.throws(() => check(states, {sequence: 0}), code('DUPLICATE_SEQUENCE_NUMBER'))
})

test('sequences go on at 0 after the greatest', () => {
  const states = new ProducerStates()
  stage(states, {sequence: INT32_MAX - 1, records: 1}, {sequence: INT32_MAX, records: 3, offset: 9})
  assert.is(check(states, {sequence: INT32_MAX, records: 3})?.baseOffset, 9)
  assert.is(check(states, {sequence: 2}), undefined)
  assert.throws(() => check(states, {sequence: 0}), code('DUPLICATE_SEQUENCE_NUMBER'))
  assert.throws(() => check(states, {sequence: 3}), code('OUT_OF_ORDER_SEQUENCE_NUMBER'))
  stage(states, {sequence: 2})
  const full = new ProducerStates()
  stage(full, {sequence: INT32_MAX})
  assert.is(check(full, {sequence: 0}), undefined)
})

test('a new epoch begins at 0 and knows nothing of the one before, which is fenced', () => {
  const states = new ProducerStates()
  stage(states, {sequence: 0, records: 5, epoch: 2})
  assert.throws(() => check(states, {sequence: 5, epoch: 1}), code('INVALID_PRODUCER_EPOCH'))
  assert.throws(() => check(states, {sequence: 5, epoch: 3}), code('OUT_OF_ORDER_SEQUENCE_NUMBER'))
  assert.is(check(states, {sequence: 0, records: 5, epoch: 3}), undefined)
  stage(states, {sequence: 0, records: 2, epoch: 3, offset: 30})
  assert.throws(() => check(states, {sequence: 0, records: 5, epoch: 3}), code('OUT_OF_ORDER_SEQUENCE_NUMBER'))
  assert.is(check(states, {sequence: 0, records: 2, epoch: 3})?.baseOffset, 30)
})

test('what the leader took is noted as it is, gaps and old epochs too', () => {
  const states = new ProducerStates()
  stage(states, {sequence: 0, epoch: 4}, {sequence: 9, epoch: 4, offset: 1})
  assert.is(check(states, {sequence: 10, epoch: 4}), undefined)
  assert.throws(() => check(states, {sequence: 8, epoch: 4}), code('OUT_OF_ORDER_SEQUENCE_NUMBER'))
  stage(states, {sequence: 5, epoch: 3, offset: 2})
  assert.is(check(states, {sequence: 6, epoch: 3}), undefined)
})

test('what could not be written is forgotten, and only that', () => {
  const states = new ProducerStates()
  stage(states, {sequence: 0, offset: 10})
  states.settle()
  stage(states, {sequence: 1, offset: 11}, {sequence: 2, offset: 12})
  assert.is(check(states, {sequence: 2})?.baseOffset, 12)
  states.forget()
  assert.is(check(states, {sequence: 0})?.baseOffset, 10)
  assert.is(check(states, {sequence: 1}), undefined)
  stage(states, {sequence: 0, epoch: 1, offset: 11})
  states.forget()
  assert.is(check(states, {sequence: 0})?.baseOffset, 10)
  const fresh = new ProducerStates()
  stage(fresh, {sequence: 0})
  fresh.forget()
  assert.ok(fresh.isEmpty)
})

test('a snapshot tells of written batches only', () => {
  const states = new ProducerStates()
  stage(states, {sequence: 0})
  assert.throws(() => states.snapshot(), /written batches only/)
  states.settle()
  assert.is(entries(states).length, 1)
})

test('a snapshot keeps the last batch of a producer', () => {
  const states = new ProducerStates()
  stage(
    states,
    {sequence: 0, records: 2, epoch: 3, offset: 40},
    {sequence: 2, records: 3, epoch: 3, offset: 50, timestamp: 6},
  )
  states.settle()
  assert.equal(entries(states), [
    {
      producerId: ID,
      producerEpoch: 3,
      lastSequence: 4,
      lastOffset: 52,
      offsetDelta: 2,
      timestamp: 6,
      coordinatorEpoch: -1,
      transactionStart: -1,
    },
  ])
  const again = new ProducerStates(entries(states))
  assert.equal(again.snapshot(), states.snapshot())
  const {baseOffset, lastOffset, timestamp} = check(again, {sequence: 2, records: 3, epoch: 3})!
  assert.equal([baseOffset, lastOffset, timestamp], [50, 52, 6])
  assert.is(check(again, {sequence: 5, epoch: 3}), undefined)
  assert.throws(() => check(again, {sequence: 3, epoch: 3}), code('DUPLICATE_SEQUENCE_NUMBER'))
})

test('what lies below the last batch of a snapshot is stored, nobody knows where; what reaches beyond it is not', () => {
  const states = new ProducerStates()
  stage(states, {sequence: 0, records: 2}, {sequence: 2, records: 3, offset: 50})
  states.settle()
  const again = new ProducerStates(entries(states))
  stage(again, {sequence: 5, records: 2, offset: 60})
  assert.throws(() => check(again, {sequence: 0, records: 2}), code('DUPLICATE_SEQUENCE_NUMBER'))
  assert.throws(() => check(again, {sequence: 1, records: 6}), code('DUPLICATE_SEQUENCE_NUMBER'))
  assert.throws(() => check(again, {sequence: 1, records: 7}), code('OUT_OF_ORDER_SEQUENCE_NUMBER'))
  assert.throws(() => check(again, {sequence: 1, epoch: 1}), code('OUT_OF_ORDER_SEQUENCE_NUMBER'))
  assert.is(check(again, {sequence: 7}), undefined)
})

test('transactions that Kafka wrote are kept: open from the first batch to the marker', () => {
  const {transactional, control} = ATTRIBUTES
  const states = new ProducerStates()
  const opens = () => entries(states).map(entry => entry.transactionStart)
  stage(
    states,
    {sequence: 0, offset: 4, attributes: transactional},
    {sequence: 1, offset: 5, attributes: transactional},
  )
  states.settle()
  assert.equal(opens(), [4])
  states.expire(0, DAY_MS)
  states.expire(2 * DAY_MS, DAY_MS)
  assert.not(states.isEmpty)
  stage(states, {sequence: -1, offset: 6, attributes: transactional | control})
  states.settle()
  assert.equal(opens(), [-1])
  assert.is(check(states, {sequence: 2}), undefined)
  // a marker of a later epoch fences, and leaves no batch
  stage(states, {sequence: -1, epoch: 1, offset: 7, attributes: transactional | control})
  states.settle()
  assert.throws(() => check(states, {sequence: 2}), code('INVALID_PRODUCER_EPOCH'))
  assert.throws(() => check(states, {sequence: 2, epoch: 1}), code('OUT_OF_ORDER_SEQUENCE_NUMBER'))
  const [entry] = entries(states)
  assert.equal([entry!.lastSequence, entry!.lastOffset, entry!.offsetDelta], [-1, -1, 0])
  const again = new ProducerStates(entries(states))
  assert.is(check(again, {sequence: 0, epoch: 1}), undefined)
  assert.equal(again.snapshot(), states.snapshot())
})

test('a producer whose transaction is open stays, and be it open since the first record of the log', () => {
  const states = new ProducerStates()
  assert.is(states.firstUnstableOffset, Number.POSITIVE_INFINITY)
  stage(states, {sequence: 0, offset: 0, attributes: ATTRIBUTES.transactional})
  assert.is(states.firstUnstableOffset, 0)
  states.expire(0, DAY_MS)
  states.expire(2 * DAY_MS, DAY_MS)
  assert.not(states.isEmpty)
})

test('a producer expires when nothing came from it for long, however old its records are', () => {
  const states = new ProducerStates()
  const nowMs = 1_700_000_000_000
  stage(states, {sequence: 0, timestamp: 5})
  states.expire(nowMs, DAY_MS)
  stage(states, {sequence: 1, timestamp: 5})
  states.expire(nowMs + DAY_MS, DAY_MS)
  states.expire(nowMs + 2 * DAY_MS - 1, DAY_MS)
  assert.not(states.isEmpty)
  states.expire(nowMs + 2 * DAY_MS, DAY_MS)
  assert.ok(states.isEmpty)
})

test('after a load the timestamps of the batches count', () => {
  const states = new ProducerStates()
  states.replay(header({sequence: 0, timestamp: 5000}), 0)
  states.settle()
  const again = new ProducerStates(entries(states))
  for (const loaded of [states, again]) {
    loaded.expire(5000 + DAY_MS - 1, DAY_MS)
    assert.not(loaded.isEmpty)
    loaded.expire(5000 + DAY_MS, DAY_MS)
    assert.ok(loaded.isEmpty)
  }
})

test('of each producer the last batch is told, where one is known', () => {
  const told = new ProducerStates()
  stage(told, {sequence: 0, records: 2, offset: 10}, {sequence: 2, records: 3, offset: 20})
  assert.equal(told.lastBatches(), [[ID, 22]])
  told.settle()
  // as Kafka keeps a producer of which only a marker is there
  const [entry] = entries(told)
  const unknown = new ProducerStates([{...entry!, lastSequence: -1, lastOffset: -1, offsetDelta: 0}])
  assert.is(unknown.isEmpty, false)
  assert.equal(unknown.lastBatches(), [])
})

test('a producer is told of by its last batch, or by what a snapshot or a marker says', () => {
  const states = new ProducerStates()
  stage(states, {sequence: 3, records: 2, epoch: 1, timestamp: 50})
  const known = {producerId: ID, producerEpoch: 1, lastTimestamp: 50, coordinatorEpoch: -1, currentTxnStartOffset: -1}
  assert.equal(states.known(), [{...known, lastSequence: 4}])
  const marked = new ProducerStates()
  stage(marked, {sequence: -1, epoch: 1, timestamp: 50, attributes: ATTRIBUTES.control | ATTRIBUTES.transactional})
  assert.is(marked.known()[0]!.lastSequence, -1)
})

test.run()
