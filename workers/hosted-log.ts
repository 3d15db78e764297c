import {AssertionFailed} from '../engine/assert.ts'
import type {Crc32c} from '../engine/bytes/crc32c.ts'
import type {ReplicaLine} from '../engine/cluster/replica-line.ts'
import {OdradekError, storageError} from '../engine/errors.ts'
import {syncDirectory} from '../engine/log/files.ts'
import {readEpochs} from '../engine/log/leader-epoch-checkpoint.ts'
import {loadLog, planLoad, scanHere} from '../engine/log/load-log.ts'
import type {Log} from '../engine/log/log.ts'
import {isCompacted} from '../engine/log/log-config.ts'
import {LogReader, type LogSource} from '../engine/log/log-reader.ts'
import {ensureTopicId} from '../engine/log/partition-metadata.ts'
import {partitionDirectory} from '../engine/log/segment-files.ts'
import type {Storage} from '../engine/log/storage.ts'
import {finishSwap} from '../engine/log/swap-segments.ts'
import type {ArenaWriter} from '../engine/memory/arena.ts'
import type {Decompress} from '../engine/record/repack.ts'
import {Replica} from '../engine/replica/replica.ts'
import type {ReplicaPeer} from '../engine/replica/replica-peer.ts'
import type {HostOrder} from './host-orders.ts'

/** The disk and the checksum a host's logs stand on. */
export interface HostDisk {
  readonly storage: Storage
  readonly crc32c: Crc32c
  readonly decompress?: Decompress
  /** The dir of each broker, by its id; 0 is nobody's. */
  readonly brokerDirs: readonly string[]
}

/** A partition's directory in a broker's dir. */
export function directoryOf(dir: string, order: Pick<HostOrder, 'topic' | 'partition'>): string {
  return `${dir}/${partitionDirectory(order.topic, order.partition)}`
}

/** Opens the log that an order names on this thread, making its directory where there is none. */
export function openHostedLog(
  disk: HostDisk,
  order: HostOrder,
  place: {broker: number; arena: ArenaWriter},
  nowMs: number,
): Replica {
  const {storage, crc32c, decompress} = disk
  const {recovery, config, options} = order
  const {arena} = place
  const brokerDir = disk.brokerDirs[place.broker]!
  const dir = directoryOf(brokerDir, order)
  storage.makeDirectory(dir)
  // also where it was there: the process that made it may have died before its name lasted
  syncDirectory(storage, brokerDir)
  const topicId = ensureTopicId(storage, dir, () => Buffer.from(order.topicId, 'base64url'))
  if (topicId !== order.topicId)
    throw new OdradekError('FOREIGN_DIR', `${dir} belongs to another topic of that name, with the id ${topicId}`)
  const request = {
    ...recovery,
    isCompacted: isCompacted(config),
    onDamage: 'refuse' as const,
    exactProducers: true,
  }
  finishSwap(storage, dir)
  const plan = planLoad(storage, dir, request)
  const scans = scanHere(storage, plan, {indexIntervalBytes: config.indexIntervalBytes, crc32c})
  const {log} = loadLog({storage, dir, arena, crc32c, ...(decompress && {decompress})}, config, request, plan, scans)
  return new Replica(log, options, nowMs)
}

/** Whether what the files of a log have at `offset` fails its check. What cannot be looked at now is not known to. */
export function isDamaged(disk: HostDisk, dir: string, log: Log, offset: number): boolean {
  const {storage, crc32c} = disk
  const {logStartOffset, logEndOffset} = log
  const reader = new LogReader({storage, dir, arena: undefined, crc32c, logStartOffset: () => logStartOffset})
  try {
    reader.read(offset, logEndOffset)
    return false
  } catch (error) {
    if (error instanceof AssertionFailed) throw error
    return storageError(error, `reading ${dir}`).code === 'CORRUPT_MESSAGE'
  } finally {
    reader.close()
  }
}

/** Another replica of the partition, as this thread reads it. */
export function peerOf(
  disk: HostDisk,
  order: HostOrder,
  place: {broker: number; line: ReplicaLine; arena: SharedArrayBuffer | undefined},
): ReplicaPeer {
  const {storage, crc32c} = disk
  const {broker, line, arena} = place
  const dir = directoryOf(disk.brokerDirs[broker]!, order)
  const source: LogSource = {storage, dir, arena, row: order.row, crc32c, logStartOffset: () => line.logStartOffset}
  return {source, epochs: () => readEpochs(storage, dir)}
}
