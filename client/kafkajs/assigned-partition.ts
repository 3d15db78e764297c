import {OdradekError} from '../../engine/errors.ts'
import type {Partition} from '../partition.ts'
import type {Reader} from '../reader.ts'
import {LateDecompression} from './late-decompression.ts'
import {type ReadMessage, takeMessage} from './messages.ts'
import {protocolError} from './protocol-error.ts'

/** KafkaJS' names for the ends of a log, in the place of an offset. */
const LATEST = -1
const EARLIEST = -2

/** A partition that a consumer reads: where it stands, what of it was handled, and what of that is committed. */
export class AssignedPartition {
  readonly topic: string
  readonly partition: number
  readonly door: Partition
  readonly #reader: Reader
  readonly #fromBeginning: boolean
  readonly #late: LateDecompression
  /** Offset behind the last message that was handled. */
  #resolved: number
  /** Whether anything was handled, or sought, since it was assigned. */
  #moved = false
  committed: number
  /** A handler has messages of it. */
  isBusy = false
  /** Where to go on once nobody has messages of it. */
  #sought: number | undefined
  #isClosed = false

  /** `ring` is called when there may be something to take that was not ready. */
  constructor(door: Partition, options: {committed: number; fromBeginning: boolean; ring: () => void}) {
    const {committed, fromBeginning, ring} = options
    this.topic = door.topic
    this.partition = door.partition
    this.door = door
    this.committed = committed
    this.#fromBeginning = fromBeginning
    this.#late = new LateDecompression(ring)
    this.#reader = door.readerWith(this.#late.decompress)
    this.#resolved = this.#within(committed >= 0 ? committed : fromBeginning ? EARLIEST : LATEST)
    this.#reader.seek(this.#resolved)
  }

  get highWatermark(): number {
    return this.#reader.end
  }

  get resolved(): number {
    return this.#resolved
  }

  /** Offsets from where it goes on to the end. */
  get lag(): number {
    const {end} = this.#reader
    const next = this.#sought === undefined ? this.#resolved : this.#within(this.#sought)
    return Math.max(0, end - Math.max(next, this.door.logStartOffset))
  }

  get isUncommitted(): boolean {
    return this.#moved && this.#resolved !== this.committed && !this.door.isDeleted
  }

  /** What its handler has is of no interest any more. */
  get isStale(): boolean {
    return this.#isClosed || this.#sought !== undefined
  }

  get isReady(): boolean {
    return this.#sought !== undefined || (!this.#late.isPending && this.#reader.isReady())
  }

  /** Everything up to this offset, and it, was handled. */
  resolve(offset: number): void {
    if (this.isStale) return
    this.#moved = true
    this.#resolved = offset + 1
  }

  seek(offset: number): void {
    this.#sought = offset
  }

  /** Goes where it was sought. Returns whether it was. */
  follow(): boolean {
    if (this.#sought === undefined) return false
    this.#resolved = this.#within(this.#sought)
    this.#moved = true
    this.#sought = undefined
    return true
  }

  /** Messages from behind what was handled on, as many as one read finds. */
  take(): ReadMessage[] {
    if (this.door.isDeleted) throw protocolError('UNKNOWN_TOPIC_OR_PARTITION', `topic ${this.topic} was deleted`)
    if (this.#late.isPending) return []
    try {
      if (this.#reader.position !== this.#resolved) this.#reader.seek(this.#resolved)
      const messages = this.#reader.take(takeMessage)
      // offsets without records are behind us: compaction left them
      if (messages.length === 0) this.#resolved = this.#reader.position
      return messages
    } catch (error) {
      if (this.#late.isPending) return []
      if (!(error instanceof OdradekError && error.code === 'OFFSET_OUT_OF_RANGE')) throw error
      this.#resolved = this.#within(this.#fromBeginning ? EARLIEST : LATEST)
      return []
    }
  }

  /** It is somebody else's now: what a handler still has of it is stale. */
  close(): void {
    this.#isClosed = true
    this.#reader.close()
  }

  /** An offset of the log; one outside of it is taken for the end at which this consumer begins. */
  #within(offset: number): number {
    const {logStartOffset} = this.door
    const end = this.#reader.end
    if (offset === EARLIEST) return logStartOffset
    if (offset === LATEST) return Math.max(logStartOffset, end)
    return offset >= logStartOffset && offset <= end ? offset : this.#within(this.#fromBeginning ? EARLIEST : LATEST)
  }
}
