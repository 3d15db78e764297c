import {assert} from '../assert.ts'
import {storageError} from '../errors.ts'
import {type EpochStart, epochAt, writeEpochs} from './leader-epoch-checkpoint.ts'
import type {Storage} from './storage.ts'

/** Where a leader's reign ended. */
export interface EpochEnd {
  readonly epoch: number
  readonly endOffset: number
}

/**
 * The reigns of a partition's leaders as one replica knows them (Kafka's `LeaderEpochFileCache`): each epoch and the offset it
 * started at, both ascending. The partition's `leader-epoch-checkpoint` always says the same: it is written and synced
 * first, so that no batch of an epoch is on disk before the epoch is.
 */
export class LeaderEpochs {
  readonly #storage: Storage
  readonly #dir: string
  #starts: readonly EpochStart[]
  #latest: number

  /** `starts` is what the partition's checkpoint holds. */
  constructor(storage: Storage, dir: string, starts: readonly EpochStart[]) {
    this.#storage = storage
    this.#dir = dir
    this.#starts = starts
    this.#latest = latestOf(starts)
  }

  get starts(): readonly EpochStart[] {
    return this.#starts
  }

  /** The newest epoch, -1 where there is none. */
  get latest(): number {
    return this.#latest
  }

  /** The epoch that `offset` was written in, -1 where that is not known. */
  at(offset: number): number {
    return epochAt(this.#starts, offset)
  }

  /** An epoch begins at the log end. An earlier one that begins there, too, has no batch and is forgotten; one that is known stays as it is. */
  assign(epoch: number, startOffset: number): void {
    assert(epoch >= this.latest, 'leader epochs only rise')
    if (epoch === this.latest) return
    this.#store([...this.#starts.filter(start => start.startOffset < startOffset), {epoch, startOffset}])
  }

  /** Where `epoch` ended in a log that ends at `logEndOffset`, as `endOffsetFor` tells. */
  endOffsetFor(epoch: number, logEndOffset: number): EpochEnd | undefined {
    return endOffsetFor(this.#starts, epoch, logEndOffset)
  }

  /** The log was cut: forgets the epochs that begin at or above `offset`. */
  cutFrom(offset: number): void {
    this.#keep(start => start.startOffset < offset)
  }

  /**
   * The log's oldest segments are gone: forgets the epochs that ended below `offset`. One that ended right there is kept, its last
   * batch may be the log's newest; and the first that is kept keeps its start, other than in Kafka: batches of it were there.
   */
  cutBelow(offset: number): void {
    const starts = this.#starts
    this.#keep((_, i) => (starts[i + 1]?.startOffset ?? offset) >= offset)
  }

  #keep(isKept: (start: EpochStart, i: number) => boolean): void {
    const kept = this.#starts.filter(isKept)
    if (kept.length < this.#starts.length) this.#store(kept)
  }

  #store(starts: readonly EpochStart[]): void {
    try {
      writeEpochs(this.#storage, this.#dir, starts)
    } catch (error) {
      throw storageError(error, 'recording the leader epochs')
    }
    this.#starts = starts
    this.#latest = latestOf(starts)
  }
}

function latestOf(starts: readonly EpochStart[]): number {
  return starts.at(-1)?.epoch ?? -1
}

/**
 * Where `epoch` ended in the log that has these epochs and ends at `logEndOffset`: at its end for the newest epoch, else where
 * the next one began. Of an epoch that the log never saw, the one before it is told; undefined for one beyond the newest.
 * With `readEpochs` it answers for another replica, from its directory.
 */
export function endOffsetFor(starts: readonly EpochStart[], epoch: number, logEndOffset: number): EpochEnd | undefined {
  if (epoch < 0) return undefined
  if (epoch === starts.at(-1)?.epoch) return {epoch, endOffset: logEndOffset}
  const next = starts.findIndex(start => start.epoch > epoch)
  if (next < 0) return undefined
  return {epoch: starts[next - 1]?.epoch ?? epoch, endOffset: starts[next]!.startOffset}
}
