import {syncDirectory} from '../engine/log/files.ts'
import {readTopicId} from '../engine/log/partition-metadata.ts'
import type {Storage} from '../engine/log/storage.ts'

/**
 * Removes a partition's directory, unless another topic of that name has one there by now. It is renamed first, as Kafka does, so that a crash on the way leaves nothing that could be taken
 * for a partition; what is left of it goes with the next start of the broker.
 */
export function removePartition(storage: Storage, path: string, topicId: string): void {
  if (storage.stat(path) === undefined || (readTopicId(storage, path) ?? topicId) !== topicId) return
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

/**
 * Moves a partition's directory that cannot be trusted to `quarantine`, to be looked at by a person, beside what was moved there before. It
 * goes under the name that Kafka gives to strays; so it can stay in the broker's own dir, where that is a file system of its own.
 */
export function moveDirectory(storage: Storage, path: string, quarantine: string, topicId: string): void {
  if (storage.stat(path) === undefined) return
  try {
    moveTo(storage, path, quarantine, topicId)
  } catch (error) {
    if ((error as {code?: string}).code !== 'EXDEV') throw error
    moveTo(storage, path, parentOf(path), topicId)
  }
}

function moveTo(storage: Storage, path: string, quarantine: string, topicId: string): void {
  storage.makeDirectory(quarantine)
  const name = path.slice(path.lastIndexOf('/') + 1)
  const hex = Buffer.from(topicId, 'base64url').toString('hex')
  const target = (nth: number): string =>
    `${quarantine}/${name}.${nth === 0 ? hex : hex.slice(0, 24) + nth.toString(16).padStart(8, '0')}-stray`
  let nth = 0
  while (storage.stat(target(nth)) !== undefined) nth++
  storage.rename(path, target(nth))
  syncDirectory(storage, parentOf(path))
  if (quarantine !== parentOf(path)) syncDirectory(storage, quarantine)
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'))
}
