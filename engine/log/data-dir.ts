import {OdradekError, storageError} from '../errors.ts'
import {readText, replaceFile, syncDirectory} from './files.ts'
import {type OffsetCheckpoint, readCheckpoint, writeCheckpoint} from './offset-checkpoint.ts'
import {isPartitionDirectory} from './segment-files.ts'
import type {Storage} from './storage.ts'

const META_PROPERTIES = 'meta.properties'
const CLEAN_SHUTDOWN = '.kafka_cleanshutdown'
/** What a file system itself puts into a directory. */
const NOT_OURS_BUT_HARMLESS = new Set(['lost+found'])

/** Gives `length` random bytes; from outside, so that a run can be repeated from a seed. */
export type RandomBytes = (length: number) => Uint8Array

/** Who a dir belongs to: the cluster, the broker in it, and the dir itself. */
export interface DirIdentity {
  readonly clusterId: string
  readonly nodeId: number
  readonly directoryId: string
}

/**
 * A broker's directory, one entry of Kafka's `log.dirs`: who it belongs to, whether it was closed cleanly, and the
 * checkpoints that speak of several partitions at once.
 */
export class DataDir {
  readonly path: string
  readonly #storage: Storage

  private constructor(storage: Storage, path: string) {
    this.#storage = storage
    this.path = path
  }

  /** Opens a dir, or makes one of an empty directory. A dir that holds something else is refused and left as it is. */
  static open(
    storage: Storage,
    path: string,
    randomBytes: RandomBytes,
    owner: Partial<Pick<DirIdentity, 'clusterId' | 'nodeId'>> = {},
  ): DataDir {
    const dir = new DataDir(storage, path)
    const entries = storage.list(path)
    if (entries === undefined) throw new OdradekError('NOT_A_DIRECTORY', `${path} is not a directory`)
    const foreign = entries.find(
      entry => entry.directory && !isPartitionDirectory(entry.name) && !NOT_OURS_BUT_HARMLESS.has(entry.name),
    )
    if (foreign !== undefined) {
      throw new OdradekError(
        'FOREIGN_DIR',
        `${path} holds the directory ${foreign.name}, which is not a partition; choose an empty directory or one made by openLog`,
      )
    }
    const properties = readText(storage, `${path}/${META_PROPERTIES}`)
    if (properties !== undefined) {
      checkProperties(properties, path)
      return dir
    }
    const stranger = entries.find(
      entry => !entry.name.startsWith('.') && !NOT_OURS_BUT_HARMLESS.has(entry.name) && !isTemporary(entry.name),
    )
    if (stranger !== undefined) {
      throw new OdradekError(
        'FOREIGN_DIR',
        `${path} has no ${META_PROPERTIES} but holds ${stranger.name}; choose an empty directory or one made by openLog`,
      )
    }
    replaceFile(storage, `${path}/${META_PROPERTIES}`, newProperties(randomBytes, owner))
    return dir
  }

  /** The cluster that a dir belongs to, for someone who does not own it; undefined where it is no broker's. */
  static clusterIdOf(storage: Storage, path: string): string | undefined {
    return propertiesOf(readText(storage, `${path}/${META_PROPERTIES}`) ?? '').get('cluster.id')
  }

  /** Refuses a partition that is here under another spelling: some file systems take `Orders-0` and `orders-0` for one directory. */
  checkSpelling(partition: string): void {
    if (this.#storage.stat(`${this.path}/${partition}`) === undefined) return
    const names = this.#storage.list(this.path)?.map(entry => entry.name)
    if (names === undefined || names.includes(partition)) return
    const here = names.find(name => name.toLowerCase() === partition.toLowerCase())
    throw new OdradekError(
      'INVALID_CONFIG',
      `${this.path} has ${partition} as ${here}; give the topic in that spelling`,
    )
  }

  /** As `meta.properties` has it. A dir of an early version of Kafka has no directory id: then that is empty. */
  identity(): DirIdentity {
    const properties = propertiesOf(readText(this.#storage, `${this.path}/${META_PROPERTIES}`) ?? '')
    return {
      clusterId: properties.get('cluster.id') ?? '',
      nodeId: Number(properties.get('node.id')),
      directoryId: properties.get('directory.id') ?? '',
    }
  }

  /** Whether the last owner closed the dir. */
  get cleanShutdown(): boolean {
    return DataDir.wasClosed(this.#storage, this.path)
  }

  /** The same, for someone who does not own the dir. */
  static wasClosed(storage: Storage, path: string): boolean {
    return storage.stat(`${path}/${CLEAN_SHUTDOWN}`) !== undefined
  }

  /** From here on the dir counts as open: only the next clean close brings the marker back. */
  clearCleanShutdown(): void {
    if (!this.cleanShutdown) return
    this.#storage.remove(`${this.path}/${CLEAN_SHUTDOWN}`)
    syncDirectory(this.#storage, this.path)
  }

  markCleanShutdown(): void {
    replaceFile(this.#storage, `${this.path}/${CLEAN_SHUTDOWN}`, '{"version":0,"brokerEpoch":-1}')
  }

  checkpoint(name: string): OffsetCheckpoint {
    return readCheckpoint(this.#storage, `${this.path}/${name}`)
  }

  /** Sets one partition's line of a checkpoint, or removes it; the other partitions' lines stay. */
  setCheckpoint(name: string, partition: string, offset: number | undefined): void {
    const offsets = this.checkpoint(name)
    if (offset === offsets.get(partition)) return
    if (offset === undefined) offsets.delete(partition)
    else offsets.set(partition, offset)
    try {
      writeCheckpoint(this.#storage, `${this.path}/${name}`, offsets)
    } catch (error) {
      throw storageError(error, `writing ${name}`)
    }
  }
}

function isTemporary(name: string): boolean {
  return name === `${META_PROPERTIES}.tmp`
}

function propertiesOf(text: string): Map<string, string> {
  return new Map(
    text
      .split('\n')
      .filter(line => line.includes('=') && !line.startsWith('#'))
      .map(line => [line.slice(0, line.indexOf('=')).trim(), line.slice(line.indexOf('=') + 1).trim()] as const),
  )
}

function checkProperties(text: string, path: string): void {
  const properties = propertiesOf(text)
  if (
    properties.get('version') !== '1' ||
    !properties.has('cluster.id') ||
    !/^\d+$/.test(properties.get('node.id') ?? '')
  ) {
    throw new OdradekError(
      'FOREIGN_DIR',
      `${path}/${META_PROPERTIES} is corrupt or of another version; restore it from a backup or move the dir away`,
    )
  }
}

function newProperties(randomBytes: RandomBytes, owner: {clusterId?: string; nodeId?: number}): string {
  const {clusterId = base64Url(randomBytes(16)), nodeId = 1} = owner
  const directoryId = base64Url(randomBytes(16))
  return `version=1\ncluster.id=${clusterId}\nnode.id=${nodeId}\ndirectory.id=${directoryId}\n`
}

/** 22 characters for a 16-byte id, as Kafka writes its `Uuid`. */
export function base64Url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url')
}
