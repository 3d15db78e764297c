import {crc32c} from '../../engine/bytes/crc32c.ts'
import {type LoadRequest, loadLog, planLoad, scanHere} from '../../engine/log/load-log.ts'
import type {Log} from '../../engine/log/log.ts'
import {isCompacted, LOG_CONFIG_DEFAULTS, type LogConfig} from '../../engine/log/log-config.ts'
import {LogReader, type LogSource} from '../../engine/log/log-reader.ts'
import type {Verdict} from '../../engine/log/recovery.ts'
import {finishSwap} from '../../engine/log/swap-segments.ts'
import {ArenaReader, type ArenaShape, ArenaWriter, allocateArena} from '../../engine/memory/arena.ts'
import {BatchBuilder} from '../../engine/record/batch-builder.ts'
import {sealBatch} from '../../engine/record/batch-check.ts'
import {
  baseOffset,
  batchSize,
  lastOffset,
  maxTimestamp,
  stampBatch,
  stampProducer,
} from '../../engine/record/record-batch.ts'
import type {MemoryDisk} from './memory-disk.ts'

/** The directory of the partition that tests load. */
export const DIR = '/data/topic-0'

export interface PartitionOptions {
  readonly config?: Partial<LogConfig>
  readonly arena?: ArenaShape
  readonly request?: Partial<LoadRequest>
  /** Whether a reader has asked for the arena before the first append (default true). */
  readonly read?: boolean
}

/** A log that was loaded from a disk in memory, and what reads it. */
export interface Partition {
  readonly log: Log
  readonly verdict: Verdict
  readonly config: LogConfig
  readonly scannedSegments: number
  /** Reads the newest bytes from the arena. */
  readonly source: LogSource
  /** Reads everything from the files. */
  readonly filesOnly: LogSource
}

const SMALL_ARENA: ArenaShape = {windows: 2, windowBytes: 4096, indexEntries: 64}

export function loadPartition(disk: MemoryDisk, options: PartitionOptions = {}): Partition {
  if (disk.stat(DIR) === undefined) disk.makeDirectory(DIR)
  const config: LogConfig = {...LOG_CONFIG_DEFAULTS, ...options.config}
  const request: LoadRequest = {
    clean: false,
    recoveryPoint: 0,
    logStartOffset: 0,
    onDamage: 'refuse',
    isCompacted: isCompacted(config),
    ...options.request,
  }
  const memory = allocateArena(options.arena ?? SMALL_ARENA)
  if (options.read ?? true) new ArenaReader(memory).want()
  finishSwap(disk, DIR)
  const plan = planLoad(disk, DIR, request)
  const scans = scanHere(disk, plan, {indexIntervalBytes: config.indexIntervalBytes, crc32c})
  const world = {storage: disk, dir: DIR, arena: new ArenaWriter(memory), crc32c}
  const {log, verdict} = loadLog(world, config, request, plan, scans)
  const filesOnly: LogSource = {
    storage: disk,
    dir: DIR,
    arena: undefined,
    crc32c,
    logStartOffset: () => log.logStartOffset,
  }
  return {
    log,
    verdict,
    config,
    scannedSegments: plan.scans.length,
    source: {...filesOnly, arena: memory},
    filesOnly,
  }
}

/** Loads the partition again as the next owner of a dir that was closed. */
export function loadClosed(disk: MemoryDisk, end: number, options: PartitionOptions = {}): Partition {
  return loadPartition(disk, {...options, request: {clean: true, recoveryPoint: end, ...options.request}})
}

export interface BatchShape {
  /** One record for each. */
  readonly timestamps: readonly number[]
  /** Bytes of each record's value; they are made of `seed`. */
  readonly valueBytes: number
  readonly seed?: number
}

/** A batch as a sender builds it. */
export function buildBatch({timestamps, valueBytes, seed = 0}: BatchShape): Uint8Array {
  const builder = new BatchBuilder(61 + timestamps.length * (valueBytes + 40))
  for (const [i, timestamp] of timestamps.entries())
    builder.add(null, new Uint8Array(valueBytes).fill(seed + i), timestamp)
  return new Uint8Array(builder.finish())
}

/** A batch with one record of `valueBytes`. */
export function oneRecord(timestamp: number, valueBytes = 20, seed = 0): Uint8Array {
  return buildBatch({timestamps: [timestamp], valueBytes, seed})
}

export interface ProducerStamp {
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
}

/** A batch of one producer, with as many records as it has sequences. */
export function batchOf(stamp: ProducerStamp, records = 1, timestamp = 1000): Uint8Array {
  const batch = buildBatch({
    timestamps: Array<number>(records).fill(timestamp),
    valueBytes: 8,
    seed: stamp.baseSequence,
  })
  stampProducer(viewOf(batch), 0, stamp)
  return batch
}

/** The batch as a leader stores it. */
export function stored(batch: Uint8Array, baseOffset: number, leaderEpoch = 0): Buffer {
  const copy = Buffer.from(batch)
  const view = viewOf(copy)
  stampBatch(view, 0, {baseOffset, leaderEpoch})
  sealBatch(copy, view, 0, crc32c)
  return copy
}

/** One batch that was read. */
export interface StoredBatch {
  readonly baseOffset: number
  /** The first offset behind it. */
  readonly nextOffset: number
  readonly maxTimestamp: number
  readonly bytes: Buffer
}

export function describe(bytes: Buffer): StoredBatch {
  const view = viewOf(bytes)
  return {
    baseOffset: baseOffset(view, 0),
    nextOffset: lastOffset(view, 0) + 1,
    maxTimestamp: maxTimestamp(view, 0),
    bytes,
  }
}

/** What a reader shows now, batch by batch; the bytes are copied. */
export function shown(reader: LogReader): StoredBatch[] {
  const batches: StoredBatch[] = []
  for (let at = reader.start; at < reader.end; ) {
    const size = batchSize(reader.view, at)
    batches.push(describe(Buffer.from(reader.bytes.subarray(at, at + size))))
    at += size
  }
  return batches
}

/** Reads everything from `from` on below `limit`, from one batch to the next. */
export function readAll(source: LogSource, from: number, limit: number, capacity = 4096): StoredBatch[] {
  const reader = new LogReader(source, capacity)
  const batches: StoredBatch[] = []
  try {
    for (let offset = from; reader.read(offset, limit); offset = reader.nextOffset) batches.push(...shown(reader))
    return batches
  } finally {
    reader.close()
  }
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
