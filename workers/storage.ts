import fs from 'node:fs'
import type {DirectoryEntry, FileStatus, Storage, StorageFile} from '../engine/log/storage.ts'
import {patiently} from './patience.ts'

/** The disk through `node:fs`, synchronous: a replica thread has nothing else to do while it writes. */
export const nodeStorage: Storage = {
  open(path: string, mode: 'read' | 'write' | 'create'): StorageFile {
    return new NodeFile(fs.openSync(path, FLAGS[mode], 0o644))
  },

  openDirectory(path: string): StorageFile | undefined {
    // Windows has no handle on a directory that could be synced; it makes names last by itself
    return process.platform === 'win32' ? undefined : new NodeFile(fs.openSync(path, 'r'))
  },

  list(path: string): readonly DirectoryEntry[] | undefined {
    try {
      return fs
        .readdirSync(path, {withFileTypes: true})
        .map(entry => ({name: entry.name, directory: entry.isDirectory()}))
    } catch (error) {
      return absentOr(error)
    }
  },

  stat(path: string): FileStatus | undefined {
    const status = fs.statSync(path, {throwIfNoEntry: false})
    return status === undefined
      ? undefined
      : {size: status.size, modifiedMs: status.mtimeMs, directory: status.isDirectory()}
  },

  makeDirectory(path: string): void {
    fs.mkdirSync(path, {recursive: true})
  },

  remove(path: string): void {
    patiently(() => fs.unlinkSync(path))
  },

  removeDirectory(path: string): void {
    patiently(() => fs.rmdirSync(path))
  },

  rename(from: string, to: string): void {
    patiently(() => fs.renameSync(from, to))
  },
}

const FLAGS = {read: 'r', write: 'r+', create: 'wx+'} as const

/**
 * Puts a file's data, or a directory's names, on stable storage. A directory has no data: only a full sync makes a rename or a
 * removal last. On macOS both are F_FULLFSYNC, which goes through the disk's own cache as well; on Windows FlushFileBuffers.
 */
export function syncDescriptor(fd: number): void {
  if (fs.fstatSync(fd).isDirectory()) fs.fsyncSync(fd)
  else fs.fdatasyncSync(fd)
}

class NodeFile implements StorageFile {
  readonly fd: number
  #open = true

  constructor(fd: number) {
    this.fd = fd
  }

  read(target: Uint8Array, at: number, length: number, position: number): number {
    let done = 0
    while (done < length) {
      const count = fs.readSync(this.fd, target, at + done, length - done, position + done)
      if (count === 0) break
      done += count
    }
    return done
  }

  write(source: Uint8Array, at: number, length: number, position: number): number {
    return fs.writeSync(this.fd, source, at, length, position)
  }

  writeMany(parts: readonly Uint8Array[], position: number): number {
    return fs.writevSync(this.fd, parts, position)
  }

  truncate(size: number): void {
    fs.ftruncateSync(this.fd, size)
  }

  size(): number {
    return fs.fstatSync(this.fd).size
  }

  sync(): void {
    syncDescriptor(this.fd)
  }

  /** Closing twice is harmless: descriptors are numbers, and the second close could hit a stranger's file. */
  close(): void {
    if (!this.#open) return
    this.#open = false
    fs.closeSync(this.fd)
  }
}

function absentOr(error: unknown): undefined {
  const {code} = error as {code?: string}
  if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
  throw error
}
