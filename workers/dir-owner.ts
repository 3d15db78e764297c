import fs from 'node:fs'
import {lockName} from './kernel-lock.ts'
import {LOCK_FILE, readLock} from './lock-file.ts'
import {type LockOwner, lifeOf, namespace} from './lock-owner.ts'

/** Who has a dir open now, found without touching the lock: undefined for nobody, no `owner` where somebody unknown has it. */
export function ownerOf(dir: string): {readonly owner: LockOwner | undefined} | undefined {
  const named = ownerNamed(dir)
  const owner = named !== undefined && lifeOf(named) !== 'ended' ? named : undefined
  if (socketIsHeld(dir)) return {owner}
  // within one network namespace the socket tells all
  const socketTells = process.platform === 'linux' && owner?.network === namespace('net')
  return owner === undefined || socketTells ? undefined : {owner}
}

function ownerNamed(dir: string): LockOwner | undefined {
  try {
    return readLock(`${dir}/${LOCK_FILE}`)?.owner
  } catch {
    return undefined
  }
}

function socketIsHeld(dir: string): boolean {
  try {
    const sockets = fs.readFileSync('/proc/net/unix', 'latin1')
    return new RegExp(`@${lockName(dir)}@*$`, 'm').test(sockets)
  } catch {
    return false
  }
}
