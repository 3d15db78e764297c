import fs from 'node:fs'
import type net from 'node:net'
import {setTimeout} from 'node:timers/promises'
import {OdradekError, storageError} from '../engine/errors.ts'
import {type KernelLock, takeKernelLock} from './kernel-lock.ts'
import {LOCK_FILE, LOCK_SOCKET, type LockText, makeLock, readLock, removeLock, rewriteLock} from './lock-file.ts'
import {isContained, type LockOwner, lifeOf, namespace} from './lock-owner.ts'
import {isDeserted, listenInPlaceOf} from './lock-socket.ts'

/** An owner that has just taken the lock may not have written its name yet. */
const NAME_TRIES = 10
const NAME_WAIT_MS = 3

/**
 * One owner per dir. The kernel has the lock where it can: taken in one step, and freed however the owner ends. The file beside it names the
 * owner for the message, and is the lock itself on other systems and against owners in another network namespace. One in another container
 * cannot be looked for by its pid: whether it still listens on the socket file tells, and where nothing tells, it is taken to run.
 */
export class DirLock {
  readonly #kernelLock: KernelLock | undefined
  /** On the socket file. */
  readonly #server: net.Server | undefined
  readonly #path: string
  readonly #text: string
  #held = true

  private constructor(held: {
    kernelLock: KernelLock | undefined
    server: net.Server | undefined
    path: string
    text: string
  }) {
    this.#kernelLock = held.kernelLock
    this.#server = held.server
    this.#path = held.path
    this.#text = held.text
  }

  /** Throws LOG_IN_USE with the owner. A process in a container listens on the socket file as well, for those in others. */
  static async take(dir: string, contained: boolean = isContained()): Promise<DirLock> {
    const path = `${dir}/${LOCK_FILE}`
    let kernelLock: KernelLock | undefined
    try {
      const taken = await takeKernelLock(dir, path)
      if (taken === 'taken') throw inUse(dir, await findOwner(path))
      kernelLock = taken
      const text = await nameOwner(dir, path, kernelLock)
      const server = contained ? await listenInPlaceOf(`${dir}/${LOCK_SOCKET}`) : undefined
      return new DirLock({kernelLock, server, path, text})
    } catch (error) {
      kernelLock?.release()
      throw storageError(error, `locking ${dir}`)
    }
  }

  /** The dir is free when this returns. Once is enough: what is there at a second call may be the next owner's. */
  release(): void {
    if (!this.#held) return
    this.#held = false
    try {
      // a dir that was replaced has another's; before the lock on it goes: behind that it may be the next owner's
      removeLock(this.#path, this.#text)
    } catch {
      // a dir that was removed, or became read-only: where the kernel has the lock, the file is only words
    }
    this.#server?.close()
    this.#kernelLock?.release()
  }
}

/** Puts our name in the place of whoever had the dir before, once that one is known to have ended. */
async function nameOwner(dir: string, path: string, kernelLock: KernelLock | undefined): Promise<string> {
  if (kernelLock?.isOnFile) return rewriteLock(path)
  const found = await readWhole(path)
  if (found !== undefined) await requireEnded(dir, found.owner, kernelLock !== undefined)
  const isFree = found === undefined || removeLock(path, found.text)
  // what a killed owner in a container left there would say that the dir is deserted
  if (isFree) fs.rmSync(`${dir}/${LOCK_SOCKET}`, {force: true})
  const text = isFree ? makeLock(path) : undefined
  if (text === undefined) throw inUse(dir, readLock(path)?.owner)
  return text
}

async function requireEnded(dir: string, owner: LockOwner | undefined, kernelTells: boolean): Promise<void> {
  // within one network namespace whoever has the kernel's lock has the dir
  if (owner === undefined || (kernelTells && owner.network === namespace('net'))) return
  const life = lifeOf(owner)
  if (life === 'ended' || (life === 'unknown' && (await isDeserted(`${dir}/${LOCK_SOCKET}`)))) return
  throw inUse(dir, owner, life === 'unknown' ? `. If that one has ended, remove ${dir}/${LOCK_FILE}` : '')
}

/** Reads the lock file, and waits a little for one that is being written. */
async function readWhole(path: string): Promise<LockText | undefined> {
  let found = readLock(path)
  for (let tries = 0; found !== undefined && found.owner === undefined && tries < NAME_TRIES; tries++) {
    await setTimeout(NAME_WAIT_MS)
    found = readLock(path)
  }
  return found
}

/** Reads who holds the socket; what an owner that was killed left there does not count. */
async function findOwner(path: string): Promise<LockOwner | undefined> {
  for (let tries = 0; tries < NAME_TRIES; tries++) {
    const owner = readLock(path)?.owner
    if (owner !== undefined && lifeOf(owner) !== 'ended') return owner
    await setTimeout(NAME_WAIT_MS)
  }
  return undefined
}

function inUse(dir: string, owner: LockOwner | undefined, hint = ''): OdradekError {
  if (owner === undefined)
    return new OdradekError('LOG_IN_USE', `${dir} is open in another process; only one process at a time can own a dir`)
  if (owner.pid === process.pid && lifeOf(owner) === 'running') {
    return new OdradekError(
      'LOG_IN_USE',
      `${dir} is open in this process; another thread uses it by the handle of what has it open: attachLog(log.handle), or attachCluster(cluster.handle) where it is a cluster's`,
    )
  }
  const who = `process ${owner.pid} on ${owner.host}`
  return new OdradekError('LOG_IN_USE', `${dir} is open in ${who}; only one process at a time can own a dir${hint}`)
}
