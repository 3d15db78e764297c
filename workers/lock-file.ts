import {randomUUID} from 'node:crypto'
import fs from 'node:fs'
import {type LockOwner, parseOwner, thisOwner} from './lock-owner.ts'

/** Where a dir's owner is named, and, in a container, listens. */
export const LOCK_FILE = '.lock'
export const LOCK_SOCKET = '.lock-socket'

/** What stands in a lock file, and the owner it names, if it names one. */
export interface LockText {
  readonly text: string
  readonly owner: LockOwner | undefined
}

/** Undefined where there is no lock file. */
export function readLock(path: string): LockText | undefined {
  try {
    const text = fs.readFileSync(path, 'utf8')
    return {text, owner: parseOwner(text)}
  } catch (error) {
    if ((error as {code?: string}).code === 'ENOENT') return undefined
    throw error
  }
}

/** Makes the lock file and gives what stands in it; undefined where another one made it first. */
export function makeLock(path: string): string | undefined {
  const text = JSON.stringify(thisOwner())
  try {
    fs.writeFileSync(path, text, {flag: 'wx'})
    return text
  } catch (error) {
    if ((error as {code?: string}).code === 'EEXIST') return undefined
    throw error
  }
}

/** Writes the owner's name into the lock file that is there; it is locked itself, so it must stay the same file. */
export function rewriteLock(path: string): string {
  const text = JSON.stringify(thisOwner())
  fs.writeFileSync(path, text)
  return text
}

/**
 * Removes the lock file if `text` still stands in it; false where another's does by now. It is moved away first, so that of two
 * who found the same dead owner one gets it, and what turns out to be another's is put back.
 */
export function removeLock(path: string, text: string): boolean {
  const away = `${path}.${randomUUID()}`
  try {
    fs.renameSync(path, away)
  } catch (error) {
    if ((error as {code?: string}).code === 'ENOENT') return true
    throw error
  }
  if (readLock(away)?.text !== text) {
    putBack(away, path)
    return false
  }
  fs.rmSync(away)
  return true
}

/** Not over one that was made meanwhile. */
function putBack(away: string, path: string): void {
  try {
    fs.linkSync(away, path)
  } catch (error) {
    // a file system without links
    if ((error as {code?: string}).code !== 'EEXIST') fs.renameSync(away, path)
  }
  fs.rmSync(away, {force: true})
}
