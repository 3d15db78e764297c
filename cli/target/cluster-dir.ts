import path from 'node:path'
import {OdradekError, storageError} from '../../engine/errors.ts'
import type {ClusterOptions} from '../../index.ts'
import {nodeStorage} from '../../workers/storage.ts'
import {pathText} from '../text.ts'

/** How a cluster's dir is opened again: as many brokers and coordinators as were there. */
export type ClusterShape = Pick<ClusterOptions, 'dir' | 'dirs' | 'brokers' | 'coordinators'>

/** The cluster in a directory; undefined where there is nothing yet. Throws for a directory with something else in it. */
export function clusterIn(given: string): ClusterShape | undefined {
  const dir = path.resolve(given)
  const names = namesIn(dir, given)
  if (names.length === 0) return undefined
  // a log's dir is the dir of one broker
  if (names.includes('meta.properties')) return {dirs: [dir]}
  const brokers = greatest(names, /^broker-(\d+)$/)
  const coordinators = greatest(names, /^coordinator-(\d+)$/)
  if (coordinators === 0)
    throw new OdradekError('FOREIGN_DIR', `${pathText(given)} holds something else, no cluster; give the dir of one`)
  return {dir, brokers, coordinators}
}

function greatest(names: readonly string[], pattern: RegExp): number {
  return Math.max(0, ...names.map(name => Number(pattern.exec(name)?.[1] ?? 0)))
}

function namesIn(dir: string, given: string): string[] {
  try {
    const status = nodeStorage.stat(dir)
    if (status !== undefined && !status.directory)
      throw new OdradekError('NOT_A_DIRECTORY', `${pathText(given)} is a file; give the dir of a cluster`)
    return (nodeStorage.list(dir) ?? []).map(({name}) => name).filter(name => !name.startsWith('.'))
  } catch (error) {
    throw storageError(error, `reading ${pathText(given)}`)
  }
}
