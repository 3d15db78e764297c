import path from 'node:path'
import {OdradekError, storageError} from '../engine/errors.ts'
import {checkpointKey} from '../engine/log/offset-checkpoint.ts'
import {segmentBases} from '../engine/log/segment-files.ts'
import type {DirectoryEntry} from '../engine/log/storage.ts'
import {nodeStorage} from '../workers/storage.ts'
import {UsageError} from './failure.ts'
import {pathText} from './text.ts'

/** A partition's directory, and the data dir it lies in. */
export interface FoundLog {
  readonly dir: string
  /** Undefined for a partition that stands alone, without the checkpoints of a data dir. */
  readonly dataDir: string | undefined
  /** Directory name: topic and number. */
  readonly name: string
  /** What the checkpoints know it by. */
  readonly key: string
}

const PARTITION = /^(.+)-(\d+)$/
const META_PROPERTIES = 'meta.properties'

/** Finds the log that a path means: a data dir, or a partition's directory. Every other kind of path is refused with what to do. */
export function findLog(given: string, topic?: string): FoundLog {
  const dir = path.resolve(given)
  const entries = list(dir, given)
  const names = entries.map(entry => entry.name)
  if (segmentBases(names).length > 0 || names.includes('partition.metadata')) {
    const parent = path.dirname(dir)
    return found(path.basename(dir), dir, isDataDir(parent) ? parent : undefined)
  }
  const partitions = entries.filter(entry => entry.directory && PARTITION.test(entry.name)).map(entry => entry.name)
  if (partitions.length === 0 || !(names.includes(META_PROPERTIES) || partitions.some(name => isPartition(dir, name))))
    throw new OdradekError(
      'FOREIGN_DIR',
      `${pathText(given)} ${nothingIn(names)}; give the directory that openLog was given`,
    )
  const wanted = topic === undefined ? partitions : partitions.filter(name => name === topic || name === `${topic}-0`)
  const [name] = wanted
  if (wanted.length === 1 && name !== undefined) return found(name, `${dir}/${name}`, dir)
  const which = partitions.sort().join(', ')
  throw new UsageError(
    topic === undefined
      ? `${pathText(given)} holds several logs: ${which}; choose one with --topic`
      : `${pathText(given)} holds no log ${topic}; --topic may be one of ${which}`,
  )
}

function found(name: string, dir: string, dataDir: string | undefined): FoundLog {
  const [, topic, partition] = PARTITION.exec(name) ?? [name, name, '0']
  return {dir, dataDir, name, key: checkpointKey(topic!, Number(partition))}
}

function list(dir: string, given: string): readonly DirectoryEntry[] {
  try {
    const status = nodeStorage.stat(dir)
    if (status === undefined)
      throw new OdradekError(
        'NOT_A_DIRECTORY',
        `${pathText(given)} does not exist; give the directory that openLog was given`,
      )
    if (!status.directory)
      throw new OdradekError(
        'NOT_A_DIRECTORY',
        `${pathText(given)} is a file; give the directory that openLog was given`,
      )
    return nodeStorage.list(dir) ?? []
  } catch (error) {
    const failure = storageError(error, `reading ${pathText(given)}`)
    if (failure.code !== 'PERMISSION_DENIED') throw failure
    throw new OdradekError(
      'PERMISSION_DENIED',
      `${pathText(given)} may not be read by this user; run as the user who owns it`,
      {
        cause: error,
      },
    )
  }
}

function isDataDir(dir: string): boolean {
  return nodeStorage.stat(`${dir}/${META_PROPERTIES}`) !== undefined
}

function isPartition(dir: string, name: string): boolean {
  return nodeStorage.stat(`${dir}/${name}/partition.metadata`) !== undefined
}

function nothingIn(names: readonly string[]): string {
  if (names.length === 0) return 'is empty'
  return names.includes(META_PROPERTIES) ? 'has no log in it yet' : 'holds something else, no log'
}

/** The topic of the one log in a data dir; undefined where there is none yet. Several need a word from the user. */
export function onlyTopic(dir: string): string | undefined {
  if (nodeStorage.stat(`${path.resolve(dir)}/${META_PROPERTIES}`) === undefined) return undefined
  const topics = (nodeStorage.list(path.resolve(dir)) ?? [])
    .filter(entry => entry.directory)
    .map(entry => PARTITION.exec(entry.name)?.[1])
    .filter(topic => topic !== undefined)
  if (topics.length > 1)
    throw new UsageError(`${pathText(dir)} holds several logs: ${topics.sort().join(', ')}; choose one with --topic`)
  return topics[0]
}
