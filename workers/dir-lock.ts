import fs from 'node:fs'
import type net from 'node:net'
import {setTimeout} from 'node:timers/promises'
import {OdradekError, storageError} from '../engine/errors.ts'
import {LOCK_FILE, LOCK_SOCKET, type LockText, makeLock, readLock, removeLock} from './lock-file.ts'
import {isContained, type LockOwner, lifeOf, namespace} from './lock-owner.ts'
import {isDeserted, listenInPlaceOf, listenOn} from './lock-socket.ts'

/** An owner that has just taken the lock may not have written its name yet. */
const NAME_TRIES = 10
const NAME_WAIT_MS = 3

/**
 * One owner per dir. On Linux the lock is an abstract socket named by the directory's device and inode: taken in one
 * step, and freed by the kernel however the owner ends. The file beside it names the owner for the message, and is the lock
 * itself on other systems and against owners in another network namespace. One in another container cannot be looked for by its pid:
 * whether it still listens on the socket file tells, and where nothing tells, it is taken to run.
 */
export class DirLock {
  /** The abstract socket, and the socket file. */
  readonly #servers: readonly (net.Server | undefined)[]
  readonly #path: string
  readonly #text: string
  #held = true

  private constructor(servers: readonly (net.Server | undefined)[], path: string, text: string) {
    this.#servers = servers
    this.#path = path
    this.#text = text
  }

  /** Throws LOG_IN_USE with the owner. A process in a container listens on the socket file as well, for those in others. */
  static async take(dir: string, contained: boolean = isContained()): Promise<DirLock> {
    const path = `${dir}/${LOCK_FILE}`
    let server: net.Server | undefined
    try {
      if (process.platform === 'linux') server = await listen(dir)
      const found = await readWhole(path)
      if (found !== undefined) await requireEnded(dir, found.owner, server !== undefined)
      const text = found === undefined || removeLock(path, found.text) ? makeLock(path) : undefined
      if (text === undefined) throw inUse(dir, readLock(path)?.owner)
      const second = contained ? await listenInPlaceOf(`${dir}/${LOCK_SOCKET}`) : undefined
      return new DirLock([server, second], path, text)
    } catch (error) {
      server?.close()
      throw storageError(error, `locking ${dir}`)
    }
  }

  /** The dir is free when this returns. Once is enough: what is there at a second call may be the next owner's. */
  release(): void {
    if (!this.#held) return
    this.#held = false
    try {
      // a dir that was replaced has another's
      removeLock(this.#path, this.#text)
    } catch {
      // a dir that was removed, or became read-only: where the socket is the lock, the file is only words
    }
    for (const server of this.#servers) server?.close()
  }
}

async function listen(dir: string): Promise<net.Server> {
  const {dev, ino} = fs.statSync(dir, {bigint: true})
  const server = await listenOn(`\0odradek-${dev}-${ino}`)
  if (server === undefined) throw inUse(dir, await findOwner(`${dir}/${LOCK_FILE}`))
  return server
}

async function requireEnded(dir: string, owner: LockOwner | undefined, hasSocket: boolean): Promise<void> {
  // within one network namespace whoever has the socket has the dir
  if (owner === undefined || (hasSocket && owner.network === namespace('net'))) return
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
    return new OdradekError('LOG_IN_USE', `${dir} is open in another process; only one process at a time can own a log`)
  if (owner.pid === process.pid && lifeOf(owner) === 'running') {
    return new OdradekError(
      'LOG_IN_USE',
      `${dir} is open in this process; pass its log.handle to attachLog(handle) to use it from another thread`,
    )
  }
  const who = `process ${owner.pid} on ${owner.host}`
  return new OdradekError('LOG_IN_USE', `${dir} is open in ${who}; only one process at a time can own a log${hint}`)
}
