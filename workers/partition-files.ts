import {syncDirectory} from '../engine/log/files.ts'
import type {Storage} from '../engine/log/storage.ts'

/**
 * Removes a partition's directory. It is renamed first, as Kafka does, so that a crash on the way leaves nothing that could be taken
 * for a partition; what is left of it goes with the next start of the broker.
 */
export function removePartition(storage: Storage, path: string, topicId: string): void {
  if (storage.stat(path) === undefined) return
  const doomed = `${path}.${Buffer.from(topicId, 'base64url').toString('hex')}-delete`
  // one of an earlier try may stand there
  removeDirectory(storage, doomed)
  storage.rename(path, doomed)
  syncDirectory(storage, parentOf(path))
  removeDirectory(storage, doomed)
}

/** Removes a directory and what is in it. */
export function removeDirectory(storage: Storage, path: string): void {
  const entries = storage.list(path)
  if (entries === undefined) return
  for (const {name} of entries) storage.remove(`${path}/${name}`)
  storage.removeDirectory(path)
}

/** Moves a directory that cannot be trusted out of the way, to be looked at by a person; beside what was moved there before. */
export function moveDirectory(storage: Storage, path: string, quarantine: string): void {
  if (storage.stat(path) === undefined) return
  storage.makeDirectory(parentOf(quarantine))
  let target = quarantine
  for (let i = 2; storage.stat(target) !== undefined; i++) target = `${quarantine}.${i}`
  storage.rename(path, target)
  syncDirectory(storage, parentOf(path))
}

/** Where what belongs to another topic, of the same name, is put. */
export function strayPath(quarantine: string, topicId: string): string {
  return `${quarantine}.${topicId}-stray`
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'))
}
