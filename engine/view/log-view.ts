import type {Crc32c} from '../bytes/crc32c.ts'
import {DataDir} from '../log/data-dir.ts'
import {CHECKPOINT, readCheckpoint} from '../log/offset-checkpoint.ts'
import {SUFFIX, segmentBases, segmentFile} from '../log/segment-files.ts'
import type {Storage} from '../log/storage.ts'
import {SyncedEnd} from '../log/synced-end.ts'
import {offsetForTimestamp} from '../log/timestamp-lookup.ts'
import {BatchCursor, type TornTail} from './batch-cursor.ts'

export interface LogPlace {
  readonly storage: Storage
  readonly crc32c: Crc32c
  /** Directory of the partition. */
  readonly dir: string
  /** The data dir it lies in, with the checkpoints; undefined for a partition's directory that stands alone. */
  readonly dataDir: string | undefined
  /** The partition's name in the checkpoints. */
  readonly key: string
}

/** Where a log ends, as the files show it. */
export interface LogEnd {
  readonly offset: number
  readonly torn: TornTail | undefined
}

/**
 * A log seen by someone who does not own it: it may be open in another process, closed, or left over from a crash. Only ever reads; what it
 * tells is as of the moment it is asked.
 */
export class LogView {
  readonly dir: string
  readonly storage: Storage
  readonly crc32c: Crc32c
  readonly #dataDir: string | undefined
  readonly #key: string

  constructor(place: LogPlace) {
    this.dir = place.dir
    this.storage = place.storage
    this.crc32c = place.crc32c
    this.#dataDir = place.dataDir
    this.#key = place.key
  }

  /** Base offsets of the segments, ascending. */
  bases(): number[] {
    return segmentBases((this.storage.list(this.dir) ?? []).map(entry => entry.name))
  }

  /** Bytes of a segment's log, 0 where it is gone. */
  segmentBytes(baseOffset: number): number {
    return this.storage.stat(segmentFile(this.dir, baseOffset, SUFFIX.log))?.size ?? 0
  }

  /** Whether the last owner closed the log, so that nothing is left to recover. */
  wasClosed(): boolean {
    return this.#dataDir !== undefined && DataDir.wasClosed(this.storage, this.#dataDir)
  }

  /** Everything below was synced: what a clean close or the log's own record says, by the rule of recovery. */
  syncedEnd(): number {
    const recoveryPoint = this.#checkpoint(CHECKPOINT.recoveryPoint)
    if (recoveryPoint > 0 && this.wasClosed()) return recoveryPoint
    return SyncedEnd.read(this.storage, this.dir) ?? recoveryPoint
  }

  logStartOffset(): number {
    return Math.max(this.#checkpoint(CHECKPOINT.logStart), this.bases()[0] ?? 0)
  }

  /** Found from the last index entry on, so that a long log costs no more than a short one. */
  end(): LogEnd {
    const cursor = this.cursor(Number.MAX_SAFE_INTEGER)
    try {
      for (;;) {
        const step = cursor.next()
        if (step.kind !== 'end') continue
        const offset = cursor.baseOffset < 0 ? this.logStartOffset() : cursor.nextOffset
        return {offset, torn: step.torn}
      }
    } finally {
      cursor.close()
    }
  }

  cursor(from: number): BatchCursor {
    const {storage, dir, crc32c} = this
    return new BatchCursor({storage, dir, crc32c, syncedEnd: () => this.syncedEnd()}, from)
  }

  /** Offset of the first record below `end` that is not older than `timestamp`, or undefined where there is none. */
  offsetForTimestamp(timestamp: number, end: number): number | undefined {
    const {storage, dir, crc32c} = this
    const source = {storage, dir, crc32c, arena: undefined, logStartOffset: () => this.logStartOffset()}
    return offsetForTimestamp(source, timestamp, end)
  }

  #checkpoint(name: string): number {
    if (this.#dataDir === undefined) return 0
    return readCheckpoint(this.storage, `${this.#dataDir}/${name}`).get(this.#key) ?? 0
  }
}
