import {writeFully} from './files.ts'
import type {Storage, StorageFile} from './storage.ts'

/**
 * A sparse index beside a segment: entries of a fixed size, appended in order. New entries gather in memory and go to the
 * file when the window that shows them is left, at a roll, or at a sync: one write for many, always after their data.
 */
export abstract class IndexFile {
  readonly file: StorageFile
  /** The last entry that was in the file when it was opened. */
  protected readonly lastFound: DataView | undefined
  readonly #entryBytes: number
  #stored: number
  #pending: DataView
  #pendingCount = 0

  /** Opens the index, or makes it; what does not make a whole entry is cut off, and all entries where it is to be `empty`. */
  constructor(storage: Storage, path: string, options: {entryBytes: number; empty: boolean}) {
    const {entryBytes, empty} = options
    this.#entryBytes = entryBytes
    this.#pending = new DataView(new ArrayBuffer(entryBytes * 64))
    this.file = storage.open(path, storage.stat(path) === undefined ? 'create' : 'write')
    try {
      const size = this.file.size()
      this.#stored = empty ? 0 : Math.floor(size / entryBytes)
      if (size !== this.#stored * entryBytes) this.file.truncate(this.#stored * entryBytes)
      this.lastFound = this.#stored === 0 ? undefined : this.#read(this.#stored - 1)
    } catch (error) {
      this.file.close()
      throw error
    }
  }

  get count(): number {
    return this.#stored + this.#pendingCount
  }

  get bytes(): number {
    return this.count * this.#entryBytes
  }

  /** Room for one more entry: the view to write to and the position in it. */
  protected next(): {view: DataView; at: number} {
    const at = this.#pendingCount * this.#entryBytes
    if (at === this.#pending.byteLength) {
      const larger = new Uint8Array(at * 2)
      larger.set(new Uint8Array(this.#pending.buffer))
      this.#pending = new DataView(larger.buffer)
    }
    this.#pendingCount++
    return {view: this.#pending, at}
  }

  /** Writes what gathered. */
  store(): void {
    if (this.#pendingCount === 0) return
    const bytes = this.#pendingCount * this.#entryBytes
    writeFully(this.file, new Uint8Array(this.#pending.buffer), 0, bytes, this.#stored * this.#entryBytes)
    this.#stored += this.#pendingCount
    this.#pendingCount = 0
  }

  /** Forgets the entries from `count` on. Those that were not stored yet are only in memory: forgetting them cannot fail. */
  protected forget(count: number): void {
    if (count < this.#stored) {
      this.file.truncate(count * this.#entryBytes)
      this.#stored = count
    }
    this.#pendingCount = count - this.#stored
  }

  close(): void {
    this.file.close()
  }

  #read(slot: number): DataView {
    const bytes = new Uint8Array(this.#entryBytes)
    this.file.read(bytes, 0, this.#entryBytes, slot * this.#entryBytes)
    return new DataView(bytes.buffer)
  }
}
