import {assert} from '../engine/assert.ts'
import type {Storage, StorageFile} from '../engine/log/storage.ts'

/**
 * A storage of which no more than so many files are open at a time, however many its user holds: the one that was used the longest ago is
 * closed, and opened again when it is used. What was written to it stays in the page cache; a write-back that fails meanwhile is told to the next
 * sync of the file, as the system tells every failure that nobody has seen to the next one who opens the file.
 * A file must keep its path for as long as it is held.
 */
export class FewFiles implements Storage {
  readonly #storage: Storage
  readonly #openMax: number
  /** Files that are open, from the one used the longest ago. */
  readonly #open = new Set<LentFile>()
  #newest: LentFile | undefined

  constructor(storage: Storage, openMax: number) {
    this.#storage = storage
    this.#openMax = openMax
  }

  /** Files that are open now. */
  get openCount(): number {
    return this.#open.size
  }

  open(path: string, mode: 'read' | 'write' | 'create'): StorageFile {
    const first = this.#take(() => this.#storage.open(path, mode))!
    // once made it is there
    return this.#lend(first, () => this.#storage.open(path, mode === 'read' ? 'read' : 'write'))
  }

  openDirectory(path: string): StorageFile | undefined {
    const open = () => this.#storage.openDirectory(path)
    const first = this.#take(open)
    return first === undefined ? undefined : this.#lend(first, () => open()!)
  }

  list(path: string): ReturnType<Storage['list']> {
    return this.#storage.list(path)
  }

  stat(path: string): ReturnType<Storage['stat']> {
    return this.#storage.stat(path)
  }

  makeDirectory(path: string): void {
    this.#storage.makeDirectory(path)
  }

  remove(path: string): void {
    this.#storage.remove(path)
  }

  removeDirectory(path: string): void {
    this.#storage.removeDirectory(path)
  }

  rename(from: string, to: string): void {
    this.#storage.rename(from, to)
  }

  /** Opens a file again. */
  retake(lent: LentFile, open: () => StorageFile): StorageFile {
    const file = this.#take(open)
    this.touch(lent)
    return file
  }

  /** `lent` is used now. */
  touch(lent: LentFile): void {
    if (this.#newest === lent) return
    this.#open.delete(lent)
    this.#open.add(lent)
    this.#newest = lent
  }

  leave(lent: LentFile): void {
    this.#open.delete(lent)
    if (this.#newest === lent) this.#newest = undefined
  }

  /** Opens something, with room made for it. */
  #take<File>(open: () => File): File {
    if (this.#open.size >= this.#openMax) {
      const [oldest] = this.#open
      this.leave(oldest!)
      oldest!.rest()
    }
    return open()
  }

  #lend(file: StorageFile, open: () => StorageFile): LentFile {
    const lent = new LentFile(this, file, open)
    this.touch(lent)
    return lent
  }
}

class LentFile implements StorageFile {
  readonly #files: FewFiles
  readonly #open: () => StorageFile
  #file: StorageFile | undefined
  #closed = false

  constructor(files: FewFiles, file: StorageFile, open: () => StorageFile) {
    this.#files = files
    this.#file = file
    this.#open = open
  }

  /** The file, open. */
  #here(): StorageFile {
    if (this.#file !== undefined) this.#files.touch(this)
    else {
      assert(!this.#closed, 'a file that is used is not closed')
      this.#file = this.#files.retake(this, this.#open)
    }
    return this.#file
  }

  /** Closes it until it is used again. */
  rest(): void {
    const file = this.#file
    this.#file = undefined
    file?.close()
  }

  get fd(): number {
    return this.#here().fd
  }

  read(target: Uint8Array, at: number, length: number, position: number): number {
    return this.#here().read(target, at, length, position)
  }

  write(source: Uint8Array, at: number, length: number, position: number): number {
    return this.#here().write(source, at, length, position)
  }

  writeMany(parts: readonly Uint8Array[], position: number): number {
    return this.#here().writeMany(parts, position)
  }

  truncate(size: number): void {
    this.#here().truncate(size)
  }

  size(): number {
    return this.#here().size()
  }

  sync(): void {
    this.#here().sync()
  }

  close(): void {
    this.#closed = true
    this.#files.leave(this)
    this.rest()
  }
}
