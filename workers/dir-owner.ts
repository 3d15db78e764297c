import fs from 'node:fs'
import os from 'node:os'

/** Who holds a dir, as written beside it for people and for systems without abstract sockets. */
export interface Owner {
  readonly pid: number
  /** When the process started, in the system's own count; tells a process from a later one with the same pid. */
  readonly started: string
  readonly boot: string
  readonly host: string
  /** Linux' network namespace: within one, the socket tells all. */
  readonly network: string
}

export const LOCK_FILE = '.lock'

/** The abstract socket that is the lock on Linux, named by the directory's device and inode. */
export function lockSocket(dir: string): string {
  const {dev, ino} = fs.statSync(dir, {bigint: true})
  return `odradek-${dev}-${ino}`
}

/** Who has a dir open now, found without touching the lock: undefined for nobody, no `owner` where somebody unknown has it. */
export function ownerOf(dir: string): {readonly owner: Owner | undefined} | undefined {
  const owner = readOwner(`${dir}/${LOCK_FILE}`)
  if (socketIsHeld(dir)) return {owner: owner !== undefined && isRunning(owner) ? owner : undefined}
  // within one network namespace the socket tells all
  const socketTells = process.platform === 'linux' && owner?.network === networkNamespace()
  return owner !== undefined && !socketTells && isRunning(owner) ? {owner} : undefined
}

function socketIsHeld(dir: string): boolean {
  try {
    const sockets = fs.readFileSync('/proc/net/unix', 'latin1')
    return new RegExp(`@${lockSocket(dir)}@*$`, 'm').test(sockets)
  } catch {
    return false
  }
}

export function readOwner(path: string): Owner | undefined {
  try {
    const owner = JSON.parse(fs.readFileSync(path, 'utf8')) as Owner
    return Number.isSafeInteger(owner.pid) ? owner : undefined
  } catch {
    return undefined
  }
}

/** Whether the owner lives. One on another host or of another boot does not: the dir is a local one. */
export function isRunning(owner: Owner): boolean {
  if (owner.host !== os.hostname() || owner.boot !== bootId()) return false
  try {
    process.kill(owner.pid, 0)
  } catch (error) {
    if ((error as {code?: string}).code === 'ESRCH') return false
  }
  return startOf(owner.pid) === owner.started
}

/** Field 22 of Linux' `/proc/pid/stat`; empty elsewhere. */
export function startOf(pid: number): string {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  } catch {
    return ''
  }
}

export function bootId(): string {
  try {
    return fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return ''
  }
}

export function networkNamespace(): string {
  try {
    return fs.readlinkSync('/proc/self/ns/net')
  } catch {
    return ''
  }
}
