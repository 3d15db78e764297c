import {writeFully} from './files.ts'
import type {Storage, StorageFile} from './storage.ts'

/**
 * A sparse index beside a segment: entries of a fixed size, appended in order. New entries gather in memory and go to the
 * file when the window that shows them is left, at a roll, or at a sync: one write for many, always after their data.
 */
export abstract class IndexFile {
  readonly #path: string
  readonly #storage: Storage
  readonly #entryBytes: number
  #file: StorageFile | undefined
  #stored: number
  #pending: DataView
  #pendingCount = 0
  #count: number

  /** Opens the index with its first `keep` entries, or all whole ones there are; entries behind them are cut off. */
  constructor(storage: Storage, path: string, options: {entryBytes: number; keep?: number}) {
    this.#storage = storage
    this.#path = path
    this.#entryBytes = options.entryBytes
    this.#pending = new DataView(new ArrayBuffer(options.entryBytes * 64))
    const size = storage.stat(path)?.size ?? 0
    this.#stored = Math.min(Math.floor(size / options.entryBytes), options.keep ?? Number.MAX_SAFE_INTEGER)
    this.#count = this.#stored
    if (size !== this.#stored * options.entryBytes) this.file.truncate(this.#stored * options.entryBytes)
  }

  get count(): number {
    return this.#count
  }

  get bytes(): number {
    return this.#count * this.#entryBytes
  }

  /** The file, for a sync; it is opened, or made, at the first use. */
  get file(): StorageFile {
    return this.open()
  }

  open(): StorageFile {
    this.#file ??= this.#storage.open(this.#path, this.#storage.stat(this.#path) === undefined ? 'create' : 'write')
    return this.#file
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
    this.#count++
    return {view: this.#pending, at}
  }

  /** The entry at `slot`: a view and the position in it. */
  protected entry(slot: number): {view: DataView; at: number} {
    if (slot >= this.#stored) return {view: this.#pending, at: (slot - this.#stored) * this.#entryBytes}
    const view = new DataView(new ArrayBuffer(this.#entryBytes))
    this.file.read(new Uint8Array(view.buffer), 0, this.#entryBytes, slot * this.#entryBytes)
    return {view, at: 0}
  }

  /** Writes what gathered. */
  store(): void {
    if (this.#pendingCount === 0) return
    const bytes = this.#pendingCount * this.#entryBytes
    writeFully(this.file, new Uint8Array(this.#pending.buffer), 0, bytes, this.#stored * this.#entryBytes)
    this.#stored = this.#count
    this.#pendingCount = 0
  }

  /** Forgets the entries from `count` on. */
  cut(count: number): void {
    if (count < this.#stored) {
      this.file.truncate(count * this.#entryBytes)
      this.#stored = count
    }
    this.#pendingCount = count - this.#stored
    this.#count = count
  }

  close(): void {
    this.#file?.close()
    this.#file = undefined
  }
}
