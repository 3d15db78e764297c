import {assert} from '../assert.ts'
import type {Crc32c} from '../bytes/crc32c.ts'
import {storageError} from '../errors.ts'
import type {CleanedGroup} from './clean-job.ts'
import {replaceFile} from './files.ts'
import type {SegmentSummary} from './retention.ts'
import {ActiveSegment} from './segment.ts'
import {SUFFIX, segmentFile} from './segment-files.ts'
import type {Storage} from './storage.ts'

/** The segments of one partition, oldest first: the last is the one that is written, of the others only a summary is kept. */
export class SegmentList {
  readonly #storage: Storage
  readonly #dir: string
  readonly #closed: SegmentSummary[]
  #closedBytes: number
  #active: ActiveSegment

  constructor(storage: Storage, dir: string, closed: readonly SegmentSummary[], active: ActiveSegment) {
    this.#storage = storage
    this.#dir = dir
    this.#closed = [...closed]
    this.#closedBytes = closed.reduce((sum, segment) => sum + segment.size, 0)
    this.#active = active
  }

  /** The segment that is written. */
  get active(): ActiveSegment {
    return this.#active
  }

  get all(): readonly SegmentSummary[] {
    return [...this.#closed, this.#summary(this.#active)]
  }

  get count(): number {
    return this.#closed.length + 1
  }

  get firstBaseOffset(): number {
    return this.#closed[0]?.baseOffset ?? this.#active.baseOffset
  }

  get bytes(): number {
    return this.#closedBytes + this.#active.size
  }

  /**
   * Ends the active segment, whose files stay open, and starts the next one at `base` with a snapshot of the producers so far;
   * returns the one that ended. When that fails, it stays the active one.
   */
  roll(base: number, producers: Uint8Array): ActiveSegment {
    const ended = this.#active
    try {
      ended.finishIndexes()
      replaceFile(this.#storage, segmentFile(this.#dir, base, SUFFIX.snapshot), producers)
      this.#active = new ActiveSegment(this.#storage, this.#dir, base, {fresh: true})
    } catch (error) {
      throw storageError(error, `rolling to a segment at ${base}`)
    }
    this.#closed.push(this.#summary(ended))
    this.#closedBytes += ended.size
    return ended
  }

  /** Removes the oldest `count` segments, oldest first. What cannot be removed stays a part of the log. */
  drop(count: number): void {
    assert(count <= this.#closed.length, 'the active segment stays')
    try {
      for (let i = 0; i < count; i++) {
        const {baseOffset, size} = this.#closed[0]!
        this.#removeFiles(baseOffset)
        this.#closed.shift()
        this.#closedBytes -= size
      }
    } catch (error) {
      throw storageError(error, 'removing a segment')
    }
  }

  /** Segments that are compacted have taken the place of those they were made of. */
  replace(groups: readonly CleanedGroup[]): void {
    for (const {bases, size, largestTimestamp} of groups) {
      const baseOffset = bases[0]!
      const at = this.#closed.findIndex(segment => segment.baseOffset === baseOffset)
      const before = this.#closed.splice(at, bases.length)
      const largest = largestTimestamp >= 0 ? largestTimestamp : before.at(-1)!.largestTimestamp
      this.#closed.splice(at, 0, {baseOffset, size, largestTimestamp: largest})
      this.#closedBytes += size - before.reduce((sum, segment) => sum + segment.size, 0)
    }
  }

  /**
   * Removes the segments above `offset` and cuts the one that holds it at the start of a batch; returns the offset it then
   * ends at. `takeOpen` hands back a segment that was rolled and is still open.
   */
  cutTo(
    offset: number,
    takeOpen: (baseOffset: number) => ActiveSegment | undefined,
    options: {indexIntervalBytes: number; crc32c: Crc32c},
  ): number {
    while (this.#active.baseOffset > offset) {
      this.#active.close()
      this.#removeFiles(this.#active.baseOffset)
      const before = this.#closed.pop()!
      this.#closedBytes -= before.size
      const {baseOffset} = before
      this.#active = takeOpen(baseOffset) ?? new ActiveSegment(this.#storage, this.#dir, baseOffset, {fresh: false})
    }
    return this.#active.cutTo(offset, options)
  }

  /** Removes all segments, the newest first, and starts anew at `base`. `takeOpen` hands back those that were rolled and are still open. */
  restart(base: number, takeOpen: () => ActiveSegment | undefined): void {
    this.#active.close()
    for (let open = takeOpen(); open !== undefined; open = takeOpen()) open.close()
    this.#removeFiles(this.#active.baseOffset)
    for (const {baseOffset} of this.#closed.toReversed()) this.#removeFiles(baseOffset)
    this.#closed.length = 0
    this.#closedBytes = 0
    this.#active = new ActiveSegment(this.#storage, this.#dir, base, {fresh: true})
  }

  #summary(segment: ActiveSegment): SegmentSummary {
    const {baseOffset, size, largestTimestamp} = segment
    if (largestTimestamp >= 0) return {baseOffset, size, largestTimestamp}
    const status = this.#storage.stat(segmentFile(this.#dir, baseOffset, SUFFIX.log))
    return {baseOffset, size, largestTimestamp: status?.modifiedMs ?? -1}
  }

  #removeFiles(baseOffset: number): void {
    for (const suffix of Object.values(SUFFIX)) {
      const path = segmentFile(this.#dir, baseOffset, suffix)
      if (this.#storage.stat(path) !== undefined) this.#storage.remove(path)
    }
  }
}
