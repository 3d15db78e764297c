import {OdradekError} from '../errors.ts'
import {readText, replaceFile} from '../log/files.ts'
import type {Storage} from '../log/storage.ts'
import {QUORUM_STATE, QuorumState} from './quorum-state.ts'

const META_PROPERTIES = 'meta.properties'
/** The metadata log, by the name that Kafka gives it. */
export const METADATA_TOPIC = '__cluster_metadata'

/** Directory of one coordinator's metadata log. */
export function metadataLogDir(dir: string): string {
  return `${dir}/${METADATA_TOPIC}-0`
}

/** Where a coordinator keeps what it knows; ids count from 1. */
export interface CoordinatorDir {
  readonly id: number
  readonly storage: Storage
  readonly path: string
}

/**
 * Makes the dirs of a new ensemble, or looks at those that are there; for whoever starts the coordinators, all of them at once and before any runs.
 * Returns the cluster's id. A dir without a name among others that have worked was lost: its coordinator knows nothing, and must not be
 * taken for one whose log is empty because nothing has happened yet.
 */
export function prepareCoordinators(dirs: readonly CoordinatorDir[], newClusterId: string): string {
  const ids = dirs.map(dir => clusterIdOf(dir))
  const known = new Set(ids.filter(id => id !== undefined))
  if (known.size > 1)
    throw new OdradekError('FOREIGN_DIR', `coordinators of several clusters: ${[...known].join(', ')}`)
  const [clusterId = newClusterId] = known
  const hasWorked = dirs.some(
    ({storage, path}) =>
      storage.stat(`${path}/${QUORUM_STATE}`) !== undefined || storage.stat(metadataLogDir(path)) !== undefined,
  )
  for (const [i, dir] of dirs.entries()) {
    if (ids[i] === undefined) nameDir(dir, clusterId, {isNew: !hasWorked})
  }
  return clusterId
}

/** Names the dir of a coordinator that starts anew, where the name is gone and with it what the dir held. */
export function ensureNamed(dir: CoordinatorDir, clusterId: string): void {
  const found = clusterIdOf(dir)
  if (found === undefined) nameDir(dir, clusterId, {isNew: false})
  else if (found !== clusterId)
    throw new OdradekError('FOREIGN_DIR', `${dir.path} belongs to cluster ${found}, not to ${clusterId}`)
}

function nameDir({id, storage, path}: CoordinatorDir, clusterId: string, {isNew}: {isNew: boolean}): void {
  storage.makeDirectory(path)
  // before the name: one without a name that comes again finds that it has lost its log, again
  if (!isNew) QuorumState.create(storage, path, {epoch: 0, intact: false})
  replaceFile(storage, `${path}/${META_PROPERTIES}`, `version=1\ncluster.id=${clusterId}\nnode.id=${id}\n`)
}

function clusterIdOf({id, storage, path}: CoordinatorDir): string | undefined {
  const text = readText(storage, `${path}/${META_PROPERTIES}`)
  if (text === undefined) return undefined
  const match = /^version=1\ncluster\.id=(\S+)\nnode\.id=(\d+)\n$/.exec(text)
  if (match === null || Number(match[2]) !== id)
    throw new OdradekError(
      'FOREIGN_DIR',
      `${path}/${META_PROPERTIES} is not of coordinator ${id}; restore it from a backup or move the dir away`,
    )
  return match[1]
}
