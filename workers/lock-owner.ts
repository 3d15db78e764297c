import fs from 'node:fs'
import os from 'node:os'

/** Who holds a dir, as written beside it for people and for systems whose kernel does not tell. */
export interface LockOwner {
  readonly pid: number
  /** When the process started, in the system's own count; tells a process from a later one with the same pid. */
  readonly started: string
  readonly boot: string
  readonly host: string
  /** Linux' network namespace: within one, the socket tells all. */
  readonly network: string
}

export function readOwner(path: string): LockOwner | undefined {
  try {
    const owner = JSON.parse(fs.readFileSync(path, 'utf8')) as LockOwner
    return Number.isSafeInteger(owner.pid) ? owner : undefined
  } catch {
    return undefined
  }
}

export function ownOwner(): LockOwner {
  return {
    pid: process.pid,
    started: startOf(process.pid),
    boot: bootId(),
    host: os.hostname(),
    network: networkNamespace(),
  }
}

/** Whether the owner lives. One on another host or of another boot does not: the dir is a local one. */
export function isRunning(owner: LockOwner): boolean {
  if (owner.host !== os.hostname() || owner.boot !== bootId()) return false
  try {
    process.kill(owner.pid, 0)
  } catch (error) {
    if ((error as {code?: string}).code === 'ESRCH') return false
  }
  return startOf(owner.pid) === owner.started
}

/** Field 22 of Linux' `/proc/pid/stat`; empty elsewhere. */
function startOf(pid: number): string {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  } catch {
    return ''
  }
}

function bootId(): string {
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
