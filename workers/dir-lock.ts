import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import {setTimeout} from 'node:timers/promises'
import {OdradekError, storageError} from '../engine/errors.ts'
import {
  bootId,
  isRunning,
  LOCK_FILE,
  lockSocket,
  networkNamespace,
  type Owner,
  readOwner,
  startOf,
} from './dir-owner.ts'

/** An owner that has just taken the socket may not have written its name yet. */
const NAME_TRIES = 10
const NAME_WAIT_MS = 3

/**
 * One owner per dir. On Linux the lock is an abstract socket named by the directory's device and inode: taken in one
 * step, and freed by the kernel however the owner ends. The file beside it names the owner for the message, and is the lock
 * itself on other systems and against owners in another network namespace.
 */
export class DirLock {
  readonly #server: net.Server | undefined
  readonly #path: string
  #held = true

  private constructor(server: net.Server | undefined, path: string) {
    this.#server = server
    this.#path = path
  }

  static async take(dir: string): Promise<DirLock> {
    const path = `${dir}/${LOCK_FILE}`
    const server = process.platform === 'linux' ? await listen(dir) : undefined
    try {
      const owner = readOwner(path)
      const socketTells = server !== undefined && owner?.network === networkNamespace()
      if (owner !== undefined && !socketTells && isRunning(owner)) throw inUse(dir, owner)
      writeOwner(path)
      return new DirLock(server, path)
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
      fs.rmSync(this.#path, {force: true})
    } catch {
      // a dir that was removed, or became read-only: where the socket is the lock, the file is only words
    }
    this.#server?.close()
  }
}

async function listen(dir: string): Promise<net.Server> {
  const server = net.createServer(socket => socket.destroy())
  server.unref()
  try {
    const path = `\0${lockSocket(dir)}`
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({path}, resolve)
    })
  } catch (error) {
    if ((error as {code?: string}).code !== 'EADDRINUSE') throw storageError(error, `locking ${dir}`)
    throw inUse(dir, await findOwner(`${dir}/${LOCK_FILE}`))
  }
  return server
}

/** Reads who holds the socket; what an owner that was killed left there does not count. */
async function findOwner(path: string): Promise<Owner | undefined> {
  for (let tries = 0; tries < NAME_TRIES; tries++) {
    const owner = readOwner(path)
    if (owner !== undefined && isRunning(owner)) return owner
    await setTimeout(NAME_WAIT_MS)
  }
  return undefined
}

function inUse(dir: string, owner: Owner | undefined): OdradekError {
  if (owner?.pid === process.pid) {
    return new OdradekError(
      'LOG_IN_USE',
      `${dir} is open in this process; pass its log.handle to attachLog(handle) to use it from another thread`,
    )
  }
  const who = owner === undefined ? 'another process' : `process ${owner.pid} on ${owner.host}`
  return new OdradekError('LOG_IN_USE', `${dir} is open in ${who}; only one process at a time can own a log`)
}

function writeOwner(path: string): void {
  const owner: Owner = {
    pid: process.pid,
    started: startOf(process.pid),
    boot: bootId(),
    host: os.hostname(),
    network: networkNamespace(),
  }
  fs.rmSync(path, {force: true})
  // where the file is the lock, only one of two openers gets to make it
  fs.writeFileSync(path, JSON.stringify(owner), {flag: 'wx'})
}
