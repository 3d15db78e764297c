import {assert} from '../assert.ts'
import {struct} from '../memory/struct.ts'

/**
 * A replica's line in shared memory, written by its own thread alone, read by everyone. Whoever reads an end may at once
 * read all that lies below it: the bytes are in the file, or on stable storage, before the end is published.
 */
const LINE = struct('ReplicaLine', {
  replica: ['writtenEnd', 'highWatermark', 'syncedEnd', 'logStartOffset', 'state', 'beatMs'],
  counters: ['batches', 'appendedBytes', 'syncs', 'segments', 'sizeBytes', 'threads'],
})

export const REPLICA_LINE_BYTES = LINE.bytes

/** What a replica thread is doing. `failed`: a sync failed, so it takes no more records, while reads go on. */
export const STATE = {starting: 0, running: 1, failed: 2, closed: 3} as const

export interface ReplicaCounters {
  batches: number
  appendedBytes: number
  syncs: number
  segments: number
  sizeBytes: number
  threads: number
}

export class ReplicaLine {
  readonly #words: BigInt64Array

  constructor(memory: SharedArrayBuffer, byteOffset: number) {
    this.#words = new BigInt64Array(memory, byteOffset, LINE.words)
  }

  get writtenEnd(): number {
    return Number(Atomics.load(this.#words, LINE.at.writtenEnd))
  }

  get highWatermark(): number {
    return Number(Atomics.load(this.#words, LINE.at.highWatermark))
  }

  get syncedEnd(): number {
    return Number(Atomics.load(this.#words, LINE.at.syncedEnd))
  }

  get logStartOffset(): number {
    return Number(Atomics.load(this.#words, LINE.at.logStartOffset))
  }

  get state(): number {
    return Number(Atomics.load(this.#words, LINE.at.state))
  }

  get beatMs(): number {
    return Number(Atomics.load(this.#words, LINE.at.beatMs))
  }

  publishWrittenEnd(offset: number): void {
    assert(offset >= this.writtenEnd, 'the written end never moves back')
    Atomics.store(this.#words, LINE.at.writtenEnd, BigInt(offset))
  }

  publishHighWatermark(offset: number): void {
    assert(offset <= this.writtenEnd, 'the high watermark stays within what is written')
    Atomics.store(this.#words, LINE.at.highWatermark, BigInt(offset))
  }

  publishSyncedEnd(offset: number): void {
    assert(offset <= this.writtenEnd, 'what is synced had been written')
    Atomics.store(this.#words, LINE.at.syncedEnd, BigInt(offset))
  }

  publishLogStartOffset(offset: number): void {
    assert(offset >= this.logStartOffset, 'the log start never moves back')
    Atomics.store(this.#words, LINE.at.logStartOffset, BigInt(offset))
  }

  publishState(state: number): void {
    Atomics.store(this.#words, LINE.at.state, BigInt(state))
  }

  beat(nowMs: number): void {
    Atomics.store(this.#words, LINE.at.beatMs, BigInt(Math.floor(nowMs)))
  }

  /** Counters tell people what goes on; nobody decides by them, so they are plain stores. */
  count(counters: ReplicaCounters): void {
    for (const name of COUNTERS) this.#words[LINE.at[name]] = BigInt(counters[name])
  }

  counters(): ReplicaCounters {
    const counters = {} as ReplicaCounters
    for (const name of COUNTERS) counters[name] = Number(this.#words[LINE.at[name]])
    return counters
  }
}

const COUNTERS = [
  'batches',
  'appendedBytes',
  'syncs',
  'segments',
  'sizeBytes',
  'threads',
] as const satisfies readonly (keyof ReplicaCounters)[]
