import fs from 'node:fs'
import {setTimeout} from 'node:timers/promises'
import {OdradekError, storageError} from '../engine/errors.ts'
import {type KernelLock, takeKernelLock} from './kernel-lock.ts'
import {isRunning, type LockOwner, networkNamespace, ownOwner, readOwner} from './lock-owner.ts'

const FILE = '.lock'
/** An owner that has just taken the lock may not have written its name yet. */
const NAME_TRIES = 10
const NAME_WAIT_MS = 3

/**
 * One owner per dir. The kernel has the lock where it can: taken in one step, and freed however the owner ends. The file
 * names the owner for the message, and is the lock itself on other systems and against owners in another network namespace.
 */
export class DirLock {
  readonly #kernelLock: KernelLock | undefined
  readonly #path: string
  #held = true

  private constructor(kernelLock: KernelLock | undefined, path: string) {
    this.#kernelLock = kernelLock
    this.#path = path
  }

  static async take(dir: string): Promise<DirLock> {
    const path = `${dir}/${FILE}`
    let kernelLock: KernelLock | 'taken' | undefined
    try {
      kernelLock = await takeKernelLock(dir, path)
      if (kernelLock === 'taken') throw inUse(dir, await findOwner(path))
      const owner = readOwner(path)
      const kernelTells = kernelLock !== undefined && owner?.network === networkNamespace()
      if (owner !== undefined && !kernelTells && isRunning(owner)) throw inUse(dir, owner)
      writeOwner(path, kernelLock)
      return new DirLock(kernelLock, path)
    } catch (error) {
      if (kernelLock !== 'taken') kernelLock?.release()
      throw storageError(error, `locking ${dir}`)
    }
  }

  /** The dir is free when this returns. Once is enough: what is there at a second call may be the next owner's. */
  release(): void {
    if (!this.#held) return
    this.#held = false
    try {
      // before the lock on it goes: behind that it may be the next owner's
      fs.rmSync(this.#path, {force: true})
    } catch {
      // a dir that was removed, or became read-only: where the kernel has the lock, the file is only words
    }
    this.#kernelLock?.release()
  }
}

/** Reads who holds the lock; what an owner that was killed left there does not count. */
async function findOwner(path: string): Promise<LockOwner | undefined> {
  for (let tries = 0; tries < NAME_TRIES; tries++) {
    const owner = readOwner(path)
    if (owner !== undefined && isRunning(owner)) return owner
    await setTimeout(NAME_WAIT_MS)
  }
  return undefined
}

function inUse(dir: string, owner: LockOwner | undefined): OdradekError {
  if (owner?.pid === process.pid) {
    return new OdradekError(
      'LOG_IN_USE',
      `${dir} is open in this process; pass its log.handle to attachLog(handle) to use it from another thread`,
    )
  }
  const who = owner === undefined ? 'another process' : `process ${owner.pid} on ${owner.host}`
  return new OdradekError('LOG_IN_USE', `${dir} is open in ${who}; only one process at a time can own a log`)
}

function writeOwner(path: string, kernelLock: KernelLock | undefined): void {
  const words = JSON.stringify(ownOwner())
  if (kernelLock?.isOnFile) {
    fs.writeFileSync(path, words)
    return
  }
  fs.rmSync(path, {force: true})
  // where the file is the lock, only one of two openers gets to make it
  fs.writeFileSync(path, words, {flag: 'wx'})
}
