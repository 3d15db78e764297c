import os from 'node:os'
import type {DiskCall, DiskFault, DiskFaultOrder} from '../engine/cluster/disk-fault.ts'
import type {Storage, StorageFile} from '../engine/log/storage.ts'

interface Armed {
  readonly fault: DiskFault
  left: number
}

/**
 * A disk that fails where somebody wants to see that, and is the real one otherwise: with no fault set, a call costs one look at a
 * list. Faults are about one dir; what else the thread reads, as the files of other brokers, goes by.
 */
export class DiskFaults {
  readonly storage: Storage
  readonly #dir: string
  readonly #sleep: (ms: number) => void
  #armed: Armed[] = []
  #random = 1

  constructor(storage: Storage, dir: string, sleep: (ms: number) => void) {
    this.#dir = `${dir}/`
    this.#sleep = sleep
    this.storage = this.#over(storage)
  }

  /** From now on these faults, in the place of all before. `thread` makes chance differ between the threads of a broker. */
  set({faults, seed}: DiskFaultOrder, thread: number): void {
    this.#armed = faults.map(fault => ({fault, left: fault.count ?? Number.POSITIVE_INFINITY}))
    this.#random = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(thread + 1, 0x85ebca6b)) >>> 0
  }

  #meet(call: DiskCall, path: string): void {
    if (this.#armed.length === 0 || !`${path}/`.startsWith(this.#dir)) return
    for (const armed of this.#armed) {
      const {fault} = armed
      if (armed.left === 0 || (fault.call !== undefined && fault.call !== call)) continue
      if (this.#chance() >= (fault.probability ?? 1)) continue
      armed.left--
      if (fault.latencyMs !== undefined) this.#sleep(fault.latencyMs)
      if (fault.error !== undefined) throw systemError(fault.error, call, path)
    }
  }

  /** Mulberry32: small, and good enough for dice. */
  #chance(): number {
    this.#random = (this.#random + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.#random ^ (this.#random >>> 15), this.#random | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  #over(storage: Storage): Storage {
    const meet = (call: DiskCall, path: string): void => this.#meet(call, path)
    return {
      open(path, mode) {
        meet('open', path)
        return new FaultyFile(storage.open(path, mode), call => meet(call, path))
      },
      openDirectory(path) {
        meet('open', path)
        const directory = storage.openDirectory(path)
        return directory && new FaultyFile(directory, call => meet(call, path))
      },
      list: path => storage.list(path),
      stat: path => storage.stat(path),
      makeDirectory(path) {
        meet('makeDirectory', path)
        storage.makeDirectory(path)
      },
      remove(path) {
        meet('remove', path)
        storage.remove(path)
      },
      removeDirectory(path) {
        meet('remove', path)
        storage.removeDirectory(path)
      },
      rename(from, to) {
        meet('rename', from)
        storage.rename(from, to)
      },
    }
  }
}

class FaultyFile implements StorageFile {
  readonly fd: number
  readonly #file: StorageFile
  readonly #meet: (call: DiskCall) => void

  constructor(file: StorageFile, meet: (call: DiskCall) => void) {
    this.fd = file.fd
    this.#file = file
    this.#meet = meet
  }

  read(target: Uint8Array, at: number, length: number, position: number): number {
    this.#meet('read')
    return this.#file.read(target, at, length, position)
  }

  write(source: Uint8Array, at: number, length: number, position: number): number {
    this.#meet('write')
    return this.#file.write(source, at, length, position)
  }

  writeMany(parts: readonly Uint8Array[], position: number): number {
    this.#meet('write')
    return this.#file.writeMany(parts, position)
  }

  truncate(size: number): void {
    this.#meet('truncate')
    this.#file.truncate(size)
  }

  size(): number {
    return this.#file.size()
  }

  sync(): void {
    this.#meet('sync')
    this.#file.sync()
  }

  close(): void {
    this.#file.close()
  }
}

/** As `node:fs` throws it. */
function systemError(code: string, call: DiskCall, path: string): Error {
  const errno = -(os.constants.errno as Record<string, number>)[code]!
  return Object.assign(new Error(`${code}: injected, ${call} '${path}'`), {code, errno, syscall: call, path})
}
