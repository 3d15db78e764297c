import {crc32c} from '../bytes/crc32c.ts'
import {readInt64, writeInt64} from '../bytes/int64.ts'
import {readWhole, writeFully} from './files.ts'
import type {Storage, StorageFile} from './storage.ts'

/**
 * How far a partition is known to be on stable storage: a file `synced-end` in its directory, which Kafka ignores. Written
 * after every sync, so what it says is true whenever it is read, though it may say too little after a power loss.
 * It tells damage from a torn tail: a bad batch below it had been stored, one above it had not.
 *
 * Two slots in different disk sectors are written in turn; the valid one with the greater sequence counts, so that a
 * slot torn by a crash costs one step back and no more. A slot: sequence int64, end int64, CRC-32C of both.
 *
 * Behind the slots stands a mark where a sync has failed: the system then takes for stored what it could not store, and a later sync would
 * find nothing to do. The mark is not synced: it is lost when the machine ends, and so is what it speaks of.
 */
const SLOT_STRIDE = 512
const SLOT_USED = 20
const MARK_AT = 2 * SLOT_STRIDE
const FAILED = 1

export class SyncedEnd {
  readonly #file: StorageFile
  readonly #slot = new Uint8Array(SLOT_USED)
  #sequence: number
  #end: number | undefined

  /** The file is there from the start, so that its name is synced with those of the first segment. */
  constructor(storage: Storage, dir: string) {
    const path = `${dir}/synced-end`
    const newest = readSlots(storage, path)
    this.#sequence = newest?.sequence ?? 0
    this.#end = newest?.end
    this.#file = storage.open(path, storage.stat(path) === undefined ? 'create' : 'write')
  }

  /** The recorded end, or undefined where none can be read. */
  static read(storage: Storage, dir: string): number | undefined {
    return readSlots(storage, `${dir}/synced-end`)?.end
  }

  /** Whether a sync has failed and what it was to store has not been written again since. */
  static hasFailed(storage: Storage, dir: string): boolean {
    return readWhole(storage, `${dir}/synced-end`)?.[MARK_AT] === FAILED
  }

  /** Everything has been written again, and synced. */
  static clearMark(storage: Storage, dir: string): void {
    const file = storage.open(`${dir}/synced-end`, 'write')
    try {
      file.truncate(MARK_AT)
    } finally {
      file.close()
    }
  }

  /** What is on record, 0 where nothing is. */
  get end(): number {
    return this.#end ?? 0
  }

  write(end: number): void {
    if (end === this.#end) return
    const sequence = this.#sequence + 1
    const view = new DataView(this.#slot.buffer)
    writeInt64(view, 0, sequence)
    writeInt64(view, 8, end)
    view.setUint32(16, crc32c(this.#slot.subarray(0, 16)))
    writeFully(this.#file, this.#slot, 0, SLOT_USED, (sequence % 2) * SLOT_STRIDE)
    // only now: after a failed write the same slot is written again, and the other one stays valid
    this.#sequence = sequence
    this.#end = end
  }

  markFailed(): void {
    writeFully(this.#file, Uint8Array.of(FAILED), 0, 1, MARK_AT)
  }

  /** Makes the record itself last, where it must not say too much: before a log is cut. */
  sync(): void {
    this.#file.sync()
  }

  close(): void {
    this.#file.close()
  }
}

function readSlots(storage: Storage, path: string): {sequence: number; end: number} | undefined {
  const bytes = readWhole(storage, path)
  if (bytes === undefined) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let newest: {sequence: number; end: number} | undefined
  for (const at of [0, SLOT_STRIDE]) {
    if (at + SLOT_USED > bytes.length) continue
    if (view.getUint32(at + 16) !== crc32c(bytes.subarray(at, at + 16))) continue
    const slot = {sequence: readInt64(view, at), end: readInt64(view, at + 8)}
    if (slot.end >= 0 && slot.sequence > (newest?.sequence ?? 0)) newest = slot
  }
  return newest
}
