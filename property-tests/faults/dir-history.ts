/** Histories of a whole dir on a disk in memory, step by step, with what its owner has been told so far. */

import {MemoryDisk} from '../simulation/memory-disk.ts'
import {buildBatch, describe as describeBatch, readAll, type StoredBatch, stored} from '../simulation/partition.ts'
import {openWholeDir, type WholeDir, type WholeDirOptions} from '../simulation/whole-dir.ts'
import type {Chance} from './chance.ts'
import {NOTHING_PROMISED, type Promises, writtenEnd} from './promises.ts'

/** Small enough that every third batch or so starts a segment, and that a batch lies in one sector or in two. */
export const SMALL: WholeDirOptions = {
  config: {segmentBytes: 700, indexIntervalBytes: 60, retentionMs: -1, retentionBytes: 900},
}

/** One letter each, so that a history is a word. */
export const STEPS = {
  a: 'append',
  b: 'append three batches in one run',
  s: 'sync',
  p: 'append while a sync is under way',
  r: 'roll',
  d: 'delete records',
  x: 'retention',
  t: 'truncate',
  c: 'close and open',
  k: 'end of the process, open',
} as const
export type Step = keyof typeof STEPS

export function anyHistory(chance: Chance, length: number): string {
  return Array.from({length}, () => chance.pick([...'aaabbsspprdxtck'])).join('')
}

export class DirHistory {
  readonly disk: MemoryDisk
  promises: Promises = NOTHING_PROMISED
  #dir: WholeDir | undefined
  #appended = 0

  constructor(disk = new MemoryDisk()) {
    this.disk = disk
  }

  get dir(): WholeDir {
    return this.#dir!
  }

  get isOpen(): boolean {
    return this.#dir !== undefined
  }

  get #log() {
    return this.dir.partition.replica.log
  }

  async open(): Promise<void> {
    this.#dir = await openWholeDir(this.disk, SMALL)
  }

  /** What a step throws leaves the promises as they were, but for what is in doubt from then on. */
  async step(step: Step): Promise<void> {
    switch (step) {
      case 'a':
        return this.#append(1)
      case 'b':
        return this.#append(3)
      case 's':
        this.#log.sync()
        return this.#confirmSynced()
      case 'p':
        return this.#appendBesideSync()
      case 'r':
        return this.#log.roll()
      case 'd':
        return this.#delete()
      case 'x':
        return this.#retain()
      case 't':
        return this.#truncate()
      case 'c':
        await this.#close()
        return this.open()
      case 'k':
        this.#dir = undefined
        this.disk.endProcess()
        return this.open()
    }
  }

  /** Ends the process and opens the dir again: what was in doubt is now there or gone for good. */
  async reopen(): Promise<void> {
    await this.step('k')
    const {logStartOffset, logEndOffset} = this.#log
    const found = readAll(this.dir.files, logStartOffset, logEndOffset)
    const deleted = this.promises.batches.filter(batch => batch.nextOffset <= logStartOffset)
    const startAsked = Math.max(this.promises.startAsked, logStartOffset)
    this.#promise({batches: [...deleted, ...found], perhaps: [], startAsked})
  }

  #append(count: number): void {
    const log = this.#log
    try {
      for (let i = 0; i < count; i++) {
        const n = this.#appended++
        const timestamps = Array.from({length: 1 + (n % 2)}, (_, k) => 1000 + n * 10 + k)
        const batch = buildBatch({timestamps, valueBytes: 20 + ((n * 53) % 130), seed: n})
        this.#promise({perhaps: [...this.promises.perhaps, taken(batch, log.stagedEnd, log.leaderEpoch)]})
        log.append(batch, 0)
      }
    } finally {
      // what was taken before one was refused is written all the same
      try {
        log.commit()
      } finally {
        this.#confirmWritten()
      }
    }
  }

  #appendBesideSync(): void {
    const log = this.#log
    if (!log.needsSync) return
    const job = log.beginSync()
    let refused: unknown
    try {
      this.#append(1)
    } catch (error) {
      refused = error
    }
    try {
      for (const file of job.files) file.sync()
    } catch (error) {
      throw log.failSync(error)
    }
    log.endSync(job)
    this.#confirmSynced()
    if (refused !== undefined) throw refused
  }

  #delete(): void {
    const {replica} = this.dir.partition
    const {logStartOffset, logEndOffset} = replica.log
    const start = logStartOffset + Math.ceil((logEndOffset - logStartOffset) * 0.6)
    this.#promise({startAsked: Math.max(start, this.promises.startAsked)})
    this.dir.partition.checkpointLogStart(replica.deleteRecordsBefore(start))
    this.#promise({startAnswered: Math.max(start, this.promises.startAnswered)})
  }

  /** As the replica thread does it. */
  #retain(): void {
    const found = this.dir.partition.replica.expired(1, 0)
    if (found === undefined) return
    this.#promise({startAsked: Math.max(found.logStartOffset, this.promises.startAsked)})
    this.#log.moveLogStart(found.logStartOffset)
    this.#log.dropSegments(found.count)
    this.dir.partition.checkpointLogStart(found.logStartOffset)
  }

  #truncate(): void {
    const log = this.#log
    const start = Math.max(log.logStartOffset, this.promises.startAnswered)
    const to = start + Math.floor((log.logEndOffset - start) * 0.5)
    const stay = this.promises.batches.filter(batch => batch.nextOffset <= to)
    const go = this.promises.batches.filter(batch => batch.nextOffset > to)
    const synced = Math.min(this.promises.synced, go[0]?.baseOffset ?? this.promises.synced)
    this.#promise({batches: stay, perhaps: [...this.promises.perhaps, ...go], synced})
    log.truncateTo(to)
    const end = log.logEndOffset
    const {startAsked, startAnswered, perhaps} = this.promises
    this.#promise({
      perhaps: perhaps.filter(batch => batch.nextOffset <= end),
      startAnswered: Math.min(startAnswered, end),
    })
    // the cut may have taken the start of the log with it: a checkpoint above the end would hide what is appended next
    this.dir.partition.checkpointLogStart(log.logStartOffset)
    this.#promise({startAsked: Math.min(startAsked, end)})
  }

  async #close(): Promise<void> {
    const {partition} = this.dir
    this.#dir = undefined
    partition.close()
    this.#promise({synced: writtenEnd(this.promises), perhaps: []})
  }

  #confirmWritten(): void {
    const {batches, perhaps} = this.promises
    const end = this.#log.logEndOffset
    const isNew = (batch: StoredBatch) => batch.baseOffset >= writtenEnd(this.promises) && batch.nextOffset <= end
    // of those that were tried for an offset the last one has it
    const fresh = new Map(perhaps.filter(isNew).map(batch => [batch.baseOffset, batch]))
    this.#promise({batches: [...batches, ...fresh.values()], perhaps: perhaps.filter(batch => !isTaken(batch, fresh))})
  }

  #confirmSynced(): void {
    const synced = Math.max(this.promises.synced, this.#log.syncedEnd)
    this.#promise({synced, perhaps: this.promises.perhaps.filter(batch => batch.baseOffset >= synced)})
  }

  #promise(changes: Partial<Promises>): void {
    this.promises = {...this.promises, ...changes}
  }
}

function isTaken(batch: StoredBatch, fresh: ReadonlyMap<number, StoredBatch>): boolean {
  return fresh.get(batch.baseOffset) === batch
}

function taken(batch: Uint8Array, offset: number, epoch: number): StoredBatch {
  return describeBatch(stored(batch, offset, epoch))
}
