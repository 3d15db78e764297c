/** A broker's dir on a disk in memory, opened by what opens it in a replica thread. */
import {crc32c} from '../../engine/bytes/crc32c.ts'
import {scanHere} from '../../engine/log/load-log.ts'
import {LOG_CONFIG_DEFAULTS, type LogConfig} from '../../engine/log/log-config.ts'
import type {LogSource} from '../../engine/log/log-reader.ts'
import {allocateArena} from '../../engine/memory/arena.ts'
import {OpenPartition} from '../../workers/open-partition.ts'
import type {MemoryDisk} from './memory-disk.ts'

export const DATA_DIR = '/data'
export const TOPIC = 'topic'
export const PARTITION_DIR = `${DATA_DIR}/${TOPIC}-0`

const ARENA = {windows: 2, windowBytes: 4096, indexEntries: 64}

export interface WholeDirOptions {
  readonly config?: Partial<LogConfig>
  readonly onDamage?: 'refuse' | 'keep'
}

export interface WholeDir {
  readonly partition: OpenPartition
  readonly config: LogConfig
  /** Reads everything from the files. */
  readonly files: LogSource
  /** Reads the newest bytes from the arena. */
  readonly source: LogSource
}

export async function openWholeDir(disk: MemoryDisk, options: WholeDirOptions = {}): Promise<WholeDir> {
  const {onDamage = 'refuse'} = options
  if (disk.intercept === undefined && disk.stat(DATA_DIR) === undefined) disk.makeDirectory(DATA_DIR)
  const config: LogConfig = {...LOG_CONFIG_DEFAULTS, ...options.config}
  const arena = allocateArena(ARENA)
  const policy = {
    durability: 'written',
    flushMessages: -1,
    flushMs: -1,
    retentionCheckMs: 0,
    cleanerBackoffMs: 15_000,
  } as const
  const data = {dir: DATA_DIR, topic: TOPIC, config, options: policy, onDamage, arena}
  const partition = await OpenPartition.open(data, {
    storage: disk,
    randomBytes: length => new Uint8Array(length).fill(7),
    crc32c,
    clock: {monotonicMs: () => 0, wallMs: () => 0},
    scan: async (plan, indexIntervalBytes) => scanHere(disk, plan, {indexIntervalBytes, crc32c}),
    identityOf: () => 'this one',
  })
  const {log} = partition.replica
  const logStartOffset = () => log.logStartOffset
  const files = {storage: disk, dir: PARTITION_DIR, arena: undefined, crc32c, logStartOffset}
  return {partition, config, files, source: {...files, arena}}
}
