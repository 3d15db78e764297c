import {assert} from '../assert.ts'
import {OdradekError} from '../errors.ts'
import {INT32_MAX, PRODUCER_BATCHES_MAX} from '../limits.ts'
import {
  ATTRIBUTES,
  BATCH,
  baseOffset,
  lastOffset,
  lastSequence,
  maxTimestamp,
  producerId,
} from '../record/record-batch.ts'
import {encodeProducerSnapshot, type ProducerSnapshotEntry} from './producer-snapshot.ts'

/** Where a batch lies that came once more. */
export interface DuplicateBatch {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly timestamp: number
}

/** A producer, as it is told to who asks for all. */
export interface KnownProducer {
  readonly producerId: number
  readonly producerEpoch: number
  /** -1 where no batch of this epoch is known. */
  readonly lastSequence: number
  readonly lastTimestamp: number
  readonly coordinatorEpoch: number
  /** -1 where no transaction is open. */
  readonly currentTxnStartOffset: number
}

interface ProducerBatch extends DuplicateBatch {
  readonly baseSequence: number
  readonly lastSequence: number
}

/** One producer, as its batches in this log tell. */
interface Producer {
  epoch: number
  /** Its newest batches of this epoch, oldest first. */
  batches: ProducerBatch[]
  /** Sequences without a gap up to the newest one that are known to be stored; it stops counting at half of all there are. Below the last batch of a snapshot all are. */
  span: number
  timestamp: number
  /** When something last came from it; NaN where that was after the last look. */
  activeMs: number
  coordinatorEpoch: number
  transactionStart: number
}

/** Kafka's default of `producer.id.expiration.ms`. */
export const PRODUCER_ID_EXPIRATION_MS_DEFAULT = 86_400_000

const SPAN_MAX = 2 ** 30

/**
 * What a log knows of its producers (Kafka's `ProducerStateManager`), so that a batch that is sent again is stored once. It
 * follows the log: what is staged counts at once and is taken back when it cannot be written, `settle` or `forget`. In
 * memory every producer has its newest batches, as many as a sender has on their way; a snapshot keeps the last one.
 */
export class ProducerStates {
  readonly #producers = new Map<number, Producer>()
  /** How producers of staged batches were before. */
  readonly #before = new Map<number, Producer | undefined>()

  constructor(snapshot: readonly ProducerSnapshotEntry[] = []) {
    for (const entry of snapshot) this.#producers.set(entry.producerId, fromSnapshot(entry))
  }

  get isEmpty(): boolean {
    return this.#producers.size === 0
  }

  /** Each producer's id, and the last offset of the last batch that is known of it. */
  lastBatches(): [producerId: number, lastOffset: number][] {
    return [...this.#producers].flatMap(([id, {batches}]) => {
      const last = batches.at(-1)
      return last === undefined ? [] : [[id, last.lastOffset] as [number, number]]
    })
  }

  /** Each producer, by its last batch. */
  known(): KnownProducer[] {
    return [...this.#producers].map(([id, {epoch, batches, timestamp, coordinatorEpoch, transactionStart}]) => ({
      producerId: id,
      producerEpoch: epoch,
      lastSequence: batches.at(-1)?.lastSequence ?? -1,
      lastTimestamp: timestamp,
      coordinatorEpoch,
      currentTxnStartOffset: transactionStart,
    }))
  }

  /** Where the first transaction begins that is still open; infinity where none is. */
  get firstUnstableOffset(): number {
    const open = [...this.#producers.values()].map(producer => producer.transactionStart).filter(start => start >= 0)
    return Math.min(...open)
  }

  /**
   * Looks at a batch that a producer sent: undefined for one that comes next, where it lies for one that is stored. Of a
   * producer that is not known any sequence comes next.
   */
  check(view: DataView, at: number): DuplicateBatch | undefined {
    const id = producerId(view, at)
    const epoch = view.getInt16(at + BATCH.producerEpoch)
    const first = view.getInt32(at + BATCH.baseSequence)
    if (Number.isNaN(id) || epoch < 0 || first < 0)
      throw new OdradekError('INVALID_RECORD', `producer ${id}, epoch ${epoch}, sequence ${first}`)
    const producer = this.#producers.get(id)
    if (producer === undefined) return undefined
    if (epoch < producer.epoch)
      throw new OdradekError('INVALID_PRODUCER_EPOCH', `producer ${id}: epoch ${epoch} came after ${producer.epoch}`)
    const newest = epoch === producer.epoch ? (producer.batches.at(-1)?.lastSequence ?? -1) : -1
    if (first === ((newest + 1) & INT32_MAX)) return undefined
    const sequences = {first, last: lastSequence(view, at)}
    const which = `producer ${id}, epoch ${epoch}: sequences ${first} to ${sequences.last} came after ${newest}`
    if (epoch > producer.epoch) throw new OdradekError('OUT_OF_ORDER_SEQUENCE_NUMBER', which)
    return findDuplicate(producer, newest, sequences, which)
  }

  /** Takes note of a batch that is staged or was copied from the leader, as it is, without a check. */
  stage(view: DataView, at: number): void {
    this.#note(view, at)
  }

  /** What was staged is written. */
  settle(): void {
    if (this.#before.size > 0) this.#before.clear()
  }

  /** What was staged could not be written. */
  forget(): void {
    for (const [id, producer] of this.#before) {
      if (producer === undefined) this.#producers.delete(id)
      else this.#producers.set(id, producer)
    }
    this.#before.clear()
  }

  /** Takes note of a batch that is found in the log while it is loaded. */
  replay(view: DataView, at: number): void {
    const producer = this.#note(view, at)
    producer.activeMs = producer.timestamp
  }

  /**
   * Forgets producers from which nothing came for so long, as the looks at it show; after a load the timestamps of the batches
   * count instead. One with an open transaction stays.
   */
  expire(nowMs: number, producerIdExpirationMs: number): void {
    for (const [id, producer] of this.#producers) {
      if (Number.isNaN(producer.activeMs)) producer.activeMs = nowMs
      if (nowMs - producer.activeMs >= producerIdExpirationMs && producer.transactionStart < 0)
        this.#producers.delete(id)
    }
  }

  /** A snapshot file of what is written. */
  snapshot(): Uint8Array {
    assert(this.#before.size === 0, 'a snapshot tells of written batches only')
    return encodeProducerSnapshot([...this.#producers].map(([id, producer]) => toSnapshot(id, producer)))
  }

  #note(view: DataView, at: number): Producer {
    const producer = this.#open(producerId(view, at), view.getInt16(at + BATCH.producerEpoch))
    producer.activeMs = Number.NaN
    producer.timestamp = maxTimestamp(view, at)
    const attributes = view.getInt16(at + BATCH.attributes)
    if ((attributes & ATTRIBUTES.control) !== 0) {
      producer.transactionStart = -1
      return producer
    }
    const batch = {
      baseSequence: view.getInt32(at + BATCH.baseSequence),
      lastSequence: lastSequence(view, at),
      baseOffset: baseOffset(view, at),
      lastOffset: lastOffset(view, at),
      timestamp: producer.timestamp,
    }
    if ((attributes & ATTRIBUTES.transactional) !== 0 && producer.transactionStart < 0)
      producer.transactionStart = batch.baseOffset
    const newest = producer.batches.at(-1)
    const follows = newest !== undefined && batch.baseSequence === ((newest.lastSequence + 1) & INT32_MAX)
    const count = view.getInt32(at + BATCH.lastOffsetDelta) + 1
    producer.span = Math.min(follows ? producer.span + count : count, SPAN_MAX)
    producer.batches.push(batch)
    if (producer.batches.length > PRODUCER_BATCHES_MAX) producer.batches.shift()
    return producer
  }

  /** The producer to note a batch of `epoch` with; how it was before the run is kept. */
  #open(id: number, epoch: number): Producer {
    const known = this.#producers.get(id)
    let producer = known
    if (producer === undefined) producer = {...UNKNOWN, epoch, batches: []}
    else if (!this.#before.has(id)) producer = {...producer, batches: [...producer.batches]}
    if (!this.#before.has(id)) this.#before.set(id, known)
    this.#producers.set(id, producer)
    if (producer.epoch !== epoch) {
      producer.epoch = epoch
      producer.batches = []
      producer.span = 0
    }
    return producer
  }
}

const UNKNOWN: Producer = {
  epoch: -1,
  batches: [],
  span: 0,
  timestamp: -1,
  activeMs: Number.NaN,
  coordinatorEpoch: -1,
  transactionStart: -1,
}

/** The batch with just these sequences. Whose batches are stored, but where is forgotten, gets another error than whose are not known. */
function findDuplicate(
  {batches, span}: Producer,
  newest: number,
  {first, last}: {first: number; last: number},
  which: string,
): DuplicateBatch {
  const found = batches.findLast(batch => batch.baseSequence === first && batch.lastSequence === last)
  if (found !== undefined) return found
  const firstBack = (newest - first) & INT32_MAX
  const lastBack = (newest - last) & INT32_MAX
  const isStored = firstBack < span && lastBack <= firstBack
  throw new OdradekError(isStored ? 'DUPLICATE_SEQUENCE_NUMBER' : 'OUT_OF_ORDER_SEQUENCE_NUMBER', which)
}

function toSnapshot(id: number, producer: Producer): ProducerSnapshotEntry {
  const last = producer.batches.at(-1)
  return {
    producerId: id,
    producerEpoch: producer.epoch,
    lastSequence: last?.lastSequence ?? -1,
    lastOffset: last?.lastOffset ?? -1,
    offsetDelta: last === undefined ? 0 : last.lastOffset - last.baseOffset,
    timestamp: producer.timestamp,
    coordinatorEpoch: producer.coordinatorEpoch,
    transactionStart: producer.transactionStart,
  }
}

function fromSnapshot(entry: ProducerSnapshotEntry): Producer {
  const {lastSequence: last, lastOffset: lastOne, offsetDelta, timestamp} = entry
  const batch: ProducerBatch = {
    baseSequence: (last - offsetDelta) & INT32_MAX,
    lastSequence: last,
    baseOffset: lastOne - offsetDelta,
    lastOffset: lastOne,
    timestamp,
  }
  return {
    epoch: entry.producerEpoch,
    batches: lastOne < 0 ? [] : [batch],
    // a leader takes them one behind the other: what lies below is stored, though the file does not say where
    span: lastOne < 0 ? 0 : SPAN_MAX,
    timestamp,
    activeMs: timestamp,
    coordinatorEpoch: entry.coordinatorEpoch,
    transactionStart: entry.transactionStart,
  }
}
