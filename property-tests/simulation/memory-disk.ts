import type {DirectoryEntry, FileStatus, Storage, StorageFile} from '../../engine/log/storage.ts'
import {directoryOf, FileNames, isIn} from './file-names.ts'
import {Inode, type Scattering, type Survival} from './inode.ts'

export type DiskCallKind = keyof Storage | Exclude<keyof StorageFile, 'fd'>

/** Stands before every call: it may throw, so that the call fails, or give the most bytes that a read or a write may move. */
export type Interception = (kind: DiskCallKind, path: string) => number | undefined

/** A name that came to stand for a file, or for none; a file that is renamed has a name that goes, in the same step. */
interface Naming {
  readonly path: string
  readonly inode: Inode | undefined
  readonly gone?: string
}

/**
 * A disk in memory, for one thread, where the same calls always do the same. Data lasts once its file is synced, names last once
 * their directory is; a power loss takes the rest away again, from the end. Directories themselves last at once.
 */
export class MemoryDisk implements Storage {
  /** The time of day that files are stamped with. */
  nowMs = 0
  intercept: Interception | undefined
  readonly #directories = new Set([''])
  readonly #names = new FileNames()
  readonly #storedNames = new FileNames()
  readonly #open = new Set<StorageFile>()
  #pendingNames: Naming[] = []
  #nextFd = 3

  /** How many files and directories are open. */
  get openFiles(): number {
    return this.#open.size
  }

  open(path: string, mode: 'read' | 'write' | 'create'): StorageFile {
    this.enter('open', path)
    if (mode === 'create') this.#create(path)
    return this.#handle(path, this.#inode(path))
  }

  openDirectory(path: string): StorageFile | undefined {
    this.enter('openDirectory', path)
    if (!this.#directories.has(path)) throw systemError('ENOENT', path)
    return this.#handle(path, undefined)
  }

  list(path: string): readonly DirectoryEntry[] | undefined {
    this.enter('list', path)
    if (!this.#directories.has(path)) return undefined
    const files = this.#names.list(path)
    const directories: DirectoryEntry[] = []
    for (const other of this.#directories)
      if (isIn(other, path)) directories.push({name: other.slice(path.length + 1), directory: true})
    return directories.length === 0 ? files : [...files, ...directories]
  }

  stat(path: string): FileStatus | undefined {
    this.enter('stat', path)
    if (this.#directories.has(path)) return {size: 0, modifiedMs: 0, directory: true}
    const inode = this.#names.get(path)
    return inode && {size: inode.current.size, modifiedMs: inode.modifiedMs, directory: false}
  }

  makeDirectory(path: string): void {
    this.enter('makeDirectory', path)
    for (let made = path; !this.#directories.has(made); made = directoryOf(made)) this.#directories.add(made)
  }

  remove(path: string): void {
    this.enter('remove', path)
    this.#inode(path)
    this.#rename({path, inode: undefined})
  }

  /** As a directory itself, its end lasts at once; it must be empty. */
  removeDirectory(path: string): void {
    this.enter('removeDirectory', path)
    if (!this.#directories.has(path)) throw systemError('ENOENT', path)
    if (this.#names.within(path).length > 0) throw systemError('ENOTEMPTY', path)
    this.#directories.delete(path)
    for (const gone of this.#storedNames.within(path)) this.#storedNames.delete(gone)
    this.#pendingNames = this.#pendingNames.filter(naming => !naming.path.startsWith(`${path}/`))
  }

  rename(from: string, to: string): void {
    this.enter('rename', from)
    if (this.#directories.has(from)) {
      this.#renameDirectory(from, to)
      return
    }
    this.#rename({path: to, inode: this.#inode(from), gone: from})
  }

  /** Ends the process: its files are closed, what it wrote stays. */
  endProcess(): void {
    this.#open.clear()
  }

  /** Cuts the power: of what was not synced only that stays which survives. */
  losePower(survival: Survival): void {
    this.endProcess()
    this.#pendingNames.length = survival.changes(this.#pendingNames.length, '')
    this.#storeNames(() => true)
    this.#names.clear()
    for (const [path, inode] of this.#storedNames) {
      this.#names.set(path, inode)
      inode.losePower(survival, path)
    }
  }

  /** Cuts the power, and of what was not synced any part may stay. */
  scatter(scattering: Scattering): void {
    this.endProcess()
    this.#pendingNames.length = scattering.names(this.#pendingNames.length)
    this.#storeNames(() => true)
    this.#names.clear()
    for (const [path, inode] of this.#storedNames) {
      this.#names.set(path, inode)
      inode.scatter(scattering, path)
    }
  }

  /** The same disk once more, with no file open. */
  copy(): MemoryDisk {
    const copy = new MemoryDisk()
    const inodes = new Map<Inode, Inode>()
    const copyOf = (inode: Inode): Inode => {
      const made = inodes.get(inode) ?? inode.copy()
      inodes.set(inode, made)
      return made
    }
    copy.nowMs = this.nowMs
    for (const directory of this.#directories) copy.#directories.add(directory)
    for (const [path, inode] of this.#names) copy.#names.set(path, copyOf(inode))
    for (const [path, inode] of this.#storedNames) copy.#storedNames.set(path, copyOf(inode))
    copy.#pendingNames = this.#pendingNames.map(naming => ({...naming, inode: naming.inode && copyOf(naming.inode)}))
    return copy
  }

  /** Every file there is, by path. */
  contents(): Map<string, Buffer> {
    return new Map([...this.#names].sort().map(([path]) => [path, this.bytes(path)]))
  }

  bytes(path: string): Buffer {
    const {current} = this.#inode(path)
    const bytes = Buffer.alloc(current.size)
    current.read(bytes, 0, bytes.length, 0)
    return bytes
  }

  /** Puts a file there, on stable storage, by no call that could be intercepted. */
  put(path: string, bytes: Uint8Array): void {
    const inode = new Inode()
    inode.modifiedMs = this.nowMs
    inode.write(bytes, 0)
    inode.sync()
    this.#names.set(path, inode)
    this.#storedNames.set(path, inode)
  }

  /** Lets a sync of that file fail as Linux does; the error is the caller's to throw. */
  failSync(path: string): void {
    this.#inode(path).failSync()
  }

  /** Counts a call in, and gives the most bytes it may move. */
  enter(kind: DiskCallKind, path: string): number {
    return this.intercept?.(kind, path) ?? Number.POSITIVE_INFINITY
  }

  isOpen(file: StorageFile): boolean {
    return this.#open.has(file)
  }

  close(file: StorageFile): void {
    this.#open.delete(file)
  }

  /** Puts the names of one directory on stable storage. */
  syncNames(directory: string): void {
    this.#storeNames(({path}) => isIn(path, directory))
  }

  #create(path: string): void {
    if (this.#names.has(path)) throw systemError('EEXIST', path)
    if (!this.#directories.has(directoryOf(path))) throw systemError('ENOENT', path)
    const inode = new Inode()
    inode.modifiedMs = this.nowMs
    this.#rename({path, inode})
  }

  /** Lasts at once, as directories do here. */
  #renameDirectory(from: string, to: string): void {
    const moved = (path: string): string => (path === from ? to : `${to}${path.slice(from.length)}`)
    for (const path of [...this.#directories].filter(other => other === from || other.startsWith(`${from}/`))) {
      this.#directories.delete(path)
      this.#directories.add(moved(path))
    }
    for (const names of [this.#names, this.#storedNames]) {
      for (const path of names.within(from)) {
        names.set(moved(path), names.get(path)!)
        names.delete(path)
      }
    }
    this.#pendingNames = this.#pendingNames.map(({path, inode, gone}) => {
      const isWithin = path.startsWith(`${from}/`)
      if (!isWithin) return {path, inode, ...(gone === undefined ? {} : {gone})}
      return {path: moved(path), inode, ...(gone === undefined ? {} : {gone: moved(gone)})}
    })
  }

  #handle(path: string, inode: Inode | undefined): StorageFile {
    const file = new OpenFile(this, this.#nextFd++, path, inode)
    this.#open.add(file)
    return file
  }

  #inode(path: string): Inode {
    const inode = this.#names.get(path)
    if (inode === undefined) throw systemError('ENOENT', path)
    return inode
  }

  #rename(naming: Naming): void {
    this.#pendingNames.push(naming)
    give(this.#names, naming)
  }

  #storeNames(which: (naming: Naming) => boolean): void {
    for (const naming of this.#pendingNames) if (which(naming)) give(this.#storedNames, naming)
    this.#pendingNames = this.#pendingNames.filter(naming => !which(naming))
  }
}

class OpenFile implements StorageFile {
  readonly fd: number
  readonly #disk: MemoryDisk
  readonly #path: string
  /** Undefined for a directory. */
  readonly #inode: Inode | undefined

  constructor(disk: MemoryDisk, fd: number, path: string, inode: Inode | undefined) {
    this.#disk = disk
    this.fd = fd
    this.#path = path
    this.#inode = inode
  }

  read(target: Uint8Array, at: number, length: number, position: number): number {
    const most = this.#enter('read')
    if (!Number.isSafeInteger(position) || position < 0) throw systemError('EINVAL', this.#path)
    return this.#file().current.read(target, at, Math.min(length, most), position)
  }

  write(source: Uint8Array, at: number, length: number, position: number): number {
    const count = Math.min(length, this.#enter('write'))
    const inode = this.#file()
    inode.write(source.subarray(at, at + count), position)
    inode.modifiedMs = this.#disk.nowMs
    return count
  }

  writeMany(parts: readonly Uint8Array[], position: number): number {
    const bytes = Buffer.concat(parts)
    return this.write(bytes, 0, bytes.length, position)
  }

  truncate(size: number): void {
    this.#enter('truncate')
    const inode = this.#file()
    inode.truncate(size)
    inode.modifiedMs = this.#disk.nowMs
  }

  size(): number {
    this.#enter('size')
    return this.#file().current.size
  }

  sync(): void {
    this.#enter('sync')
    if (this.#inode === undefined) this.#disk.syncNames(this.#path)
    else this.#inode.sync()
  }

  /** Closing twice is harmless, and a close that fails closes, as on the real disk. */
  close(): void {
    if (!this.#disk.isOpen(this)) return
    this.#disk.close(this)
    this.#disk.enter('close', this.#path)
  }

  #enter(kind: DiskCallKind): number {
    if (!this.#disk.isOpen(this)) throw systemError('EBADF', this.#path)
    return this.#disk.enter(kind, this.#path)
  }

  #file(): Inode {
    if (this.#inode === undefined) throw systemError('EISDIR', this.#path)
    return this.#inode
  }
}

/** An error as node:fs throws it. */
export function systemError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), {code})
}

function give(names: FileNames, {path, inode, gone}: Naming): void {
  if (gone !== undefined) names.delete(gone)
  if (inode === undefined) names.delete(path)
  else names.set(path, inode)
}
