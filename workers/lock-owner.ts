import {randomUUID} from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'

/** Who holds a dir, as written beside it for people and for systems without abstract sockets. */
export interface LockOwner {
  readonly pid: number
  /** When the process started, in the system's own count; tells a process from a later one with the same pid. */
  readonly started: string
  readonly boot: string
  readonly host: string
  /** Linux' network namespace: within one, the socket tells all. */
  readonly network: string
  /** Linux' namespace of pids: within one, a pid says who it is. */
  readonly pids: string
  /** Tells this lock from every other, also of the same process. */
  readonly id: string
}

/** The calling process as an owner. */
export function thisOwner(): LockOwner {
  return {
    pid: process.pid,
    started: startOf(process.pid),
    boot: bootId(),
    host: os.hostname(),
    network: namespace('net'),
    pids: namespace('pid'),
    id: randomUUID(),
  }
}

/** The owner a text names, undefined where it names none. */
export function parseOwner(text: string): LockOwner | undefined {
  try {
    const owner = JSON.parse(text) as LockOwner | null
    return Number.isSafeInteger(owner?.pid) ? owner! : undefined
  } catch {
    return undefined
  }
}

/** Whether the owner runs; `unknown` where its pid means nothing here: it lives in another container of this machine. */
export function lifeOf(owner: LockOwner): 'running' | 'ended' | 'unknown' {
  // of another boot, or of another machine: the dir is a local one
  if (owner.boot !== bootId()) return 'ended'
  const pids = namespace('pid')
  if (owner.pids !== pids || (pids === '' && owner.host !== os.hostname())) return 'unknown'
  try {
    process.kill(owner.pid, 0)
  } catch (error) {
    if ((error as {code?: string}).code === 'ESRCH') return 'ended'
  }
  return startOf(owner.pid) === owner.started ? 'running' : 'ended'
}

/** What Linux calls a namespace of this process, `net` or `pid`; empty elsewhere. */
export function namespace(kind: 'net' | 'pid'): string {
  try {
    return fs.readlinkSync(`/proc/self/ns/${kind}`)
  } catch {
    return ''
  }
}

/** The kernel's own number for the namespace that a machine starts with. */
const FIRST_PIDS = 'pid:[4026531836]'

/** Whether this process is in a container: others cannot tell by its pid whether it runs. */
export function isContained(pids: string = namespace('pid')): boolean {
  return pids !== '' && pids !== FIRST_PIDS
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
