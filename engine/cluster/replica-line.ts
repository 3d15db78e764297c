import {assert} from '../assert.ts'
import {struct} from '../memory/struct.ts'

/**
 * A replica's line in shared memory, written by its own thread alone, read by everyone. Whoever reads an end may at once
 * read all that lies below it: the bytes are in the file, or on stable storage, before the end is published.
 *
 * In a cluster the ends belong to `followedEpoch`, the leader epoch this replica leads or follows; while it changes sides, or cuts its
 * log, that is `NO_EPOCH` and the ends may move back. Whoever counts an end reads the epoch before and after it.
 */
const LINE = struct('ReplicaLine', {
  replica: [
    'followedEpoch',
    'writtenEnd',
    'highWatermark',
    'syncedEnd',
    'syncedWatermark',
    'logStartOffset',
    'state',
    'beatMs',
  ],
  // of a leader: where somebody waits for a sync that the topic does not ask for; and what is rarely told
  wish: ['wantedSyncEnd', 'damagedAt', 'cleaningFailure', 'cleanedBytes', 'lastRunMs', 'dirtyMillionths'],
  // written by whoever cannot read what the replica has
  doubt: ['doubtedAt'],
  place: ['host', 'lastEpoch', 'hasArena', 'batches', 'appendedBytes', 'syncs', 'segments', 'sizeBytes'],
})

export const REPLICA_LINE_BYTES = LINE.bytes

/** The followed epoch of a replica that follows none. */
export const NO_EPOCH = -1

/** What a replica thread is doing. `failed`: a sync failed, so it takes no more records, while reads go on. */
export const STATE = {starting: 0, running: 1, failed: 2, closed: 3} as const

export interface ReplicaCounters {
  batches: number
  appendedBytes: number
  syncs: number
  segments: number
  sizeBytes: number
}

/** What compaction has done with a log since it was opened. */
export interface CompactionMetrics {
  /** Bytes by which it made the log smaller. */
  readonly cleanedBytes: number
  /** When its last run began that came to something, in ms since 1970; -1 for none, 0 before anything is known. */
  readonly lastRunMs: number
  /** Part of the segments behind the one that is written, by bytes, that was not compacted yet when it last looked. */
  readonly dirtyRatio: number
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

  /** Leader epoch that the ends belong to, or `NO_EPOCH`. */
  get followedEpoch(): number {
    return Number(Atomics.load(this.#words, LINE.at.followedEpoch))
  }

  /** Everything below is on stable storage of every replica in the ISR; told by the leader. */
  get syncedWatermark(): number {
    return Number(Atomics.load(this.#words, LINE.at.syncedWatermark))
  }

  /** Of a leader: everybody in sync is to sync what is below, whatever the topic says. */
  get wantedSyncEnd(): number {
    return Number(Atomics.load(this.#words, LINE.at.wantedSyncEnd))
  }

  /** Before the written end that covers it, so that whoever fetches that knows. */
  wantSync(end: number): void {
    Atomics.store(this.#words, LINE.at.wantedSyncEnd, BigInt(end))
  }

  /** Where somebody found bytes that fail their check, and this replica has not looked yet; -1 where nobody did. */
  get doubtedAt(): number {
    return Number(Atomics.load(this.#words, LINE.at.doubtedAt)) - 1
  }

  /** What is read of this replica at `offset` fails its check: it is to look, once its host is rung. */
  doubt(offset: number): void {
    Atomics.store(this.#words, LINE.at.doubtedAt, BigInt(offset + 1))
  }

  /** The replica has looked at `offset`; another one may be in doubt by now. */
  endDoubt(offset: number): void {
    Atomics.compareExchange(this.#words, LINE.at.doubtedAt, BigInt(offset + 1), 0n)
  }

  /** Where this replica has looked last and found bytes that fail their check, with nobody to lead in its place; else -1. */
  get damagedAt(): number {
    return Number(Atomics.load(this.#words, LINE.at.damagedAt)) - 1
  }

  /** Before `endDoubt`: whoever waits for that looks here. */
  publishDamagedAt(offset: number): void {
    Atomics.store(this.#words, LINE.at.damagedAt, BigInt(offset + 1))
  }

  /** The number of the error for which the log was not compacted when that was last tried, else 0. It tells people, nobody decides by it. */
  get cleaningFailure(): number {
    return Number(Atomics.load(this.#words, LINE.at.cleaningFailure))
  }

  publishCleaningFailure(number: number): void {
    Atomics.store(this.#words, LINE.at.cleaningFailure, BigInt(number))
  }

  /** Leader epoch of the newest batch in the log, `NO_EPOCH` where there is none. */
  get lastEpoch(): number {
    return Number(Atomics.load(this.#words, LINE.at.lastEpoch))
  }

  /** Whether no ends have been shown here yet: a log without batches shows that it has no last epoch. */
  get isBlank(): boolean {
    return this.lastEpoch === 0 && this.writtenEnd === 0
  }

  /** Number of the thread that hosts the replica, -1 while none does. */
  get host(): number {
    return Number(Atomics.load(this.#words, LINE.at.host)) - 1
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

  /** The ends that follow belong to no epoch, and may move back, until `publishFollowedEpoch`. */
  leaveEpoch(): void {
    Atomics.store(this.#words, LINE.at.followedEpoch, BigInt(NO_EPOCH))
  }

  /** After the ends. */
  publishFollowedEpoch(epoch: number): void {
    Atomics.store(this.#words, LINE.at.followedEpoch, BigInt(epoch))
  }

  /** The ends of a log that was opened or cut. */
  resetEnds(ends: {writtenEnd: number; syncedEnd: number; highWatermark: number; logStartOffset: number}): void {
    assert(this.followedEpoch === NO_EPOCH, 'ends move back outside of an epoch only')
    for (const name of RESET) Atomics.store(this.#words, LINE.at[name], BigInt(ends[name]))
    Atomics.store(this.#words, LINE.at.syncedWatermark, 0n)
    this.wantSync(0)
  }

  publishSyncedWatermark(offset: number): void {
    Atomics.store(this.#words, LINE.at.syncedWatermark, BigInt(offset))
  }

  publishLastEpoch(epoch: number): void {
    Atomics.store(this.#words, LINE.at.lastEpoch, BigInt(epoch))
  }

  /** Whether the newest bytes show in the arena of the thread that hosts the replica. */
  get hasArena(): boolean {
    return Atomics.load(this.#words, LINE.at.hasArena) !== 0n
  }

  publishHost(host: number, hasArena = false): void {
    Atomics.store(this.#words, LINE.at.hasArena, hasArena ? 1n : 0n)
    Atomics.store(this.#words, LINE.at.host, BigInt(host + 1))
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

  /** Likewise, of compaction. */
  countCompaction({cleanedBytes, lastRunMs, dirtyRatio}: CompactionMetrics): void {
    this.#words[LINE.at.cleanedBytes] = BigInt(cleanedBytes)
    this.#words[LINE.at.lastRunMs] = BigInt(lastRunMs)
    this.#words[LINE.at.dirtyMillionths] = BigInt(Math.round(dirtyRatio * MILLION))
  }

  compaction(): CompactionMetrics {
    return {
      cleanedBytes: Number(this.#words[LINE.at.cleanedBytes]),
      lastRunMs: Number(this.#words[LINE.at.lastRunMs]),
      dirtyRatio: Number(this.#words[LINE.at.dirtyMillionths]) / MILLION,
    }
  }

  counters(): ReplicaCounters {
    const counters = {} as ReplicaCounters
    for (const name of COUNTERS) counters[name] = Number(this.#words[LINE.at[name]])
    return counters
  }
}

const MILLION = 1_000_000

const RESET = ['writtenEnd', 'syncedEnd', 'highWatermark', 'logStartOffset'] as const

const COUNTERS = [
  'batches',
  'appendedBytes',
  'syncs',
  'segments',
  'sizeBytes',
] as const satisfies readonly (keyof ReplicaCounters)[]
