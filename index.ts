import {randomUUID} from 'node:crypto'
import type {Link} from './client/link.ts'
import {Log} from './client/log.ts'
import type {LogHandle} from './client/log-handle.ts'
import type {LogHome} from './client/log-home.ts'
import {type LogOptions, type ResolvedOptions, resolveOptions} from './client/log-options.ts'
import {Parking} from './client/parking.ts'
import type {Sender} from './client/sender.ts'
import type {Crc32c} from './engine/bytes/crc32c.ts'
import {LOG_MAP_BYTES, LogMap} from './engine/cluster/log-map.ts'
import {OdradekError} from './engine/errors.ts'
import {SLOT_BYTES, SLOTS_MIN, WINDOW_BYTES, WINDOW_INDEX_ENTRIES, WINDOWS} from './engine/limits.ts'
import {partitionDirectory} from './engine/log/segment-files.ts'
import {allocateArena} from './engine/memory/arena.ts'
import {allocateInbox, InboxSender, REQUEST} from './engine/memory/inbox.ts'
import {attachThread} from './workers/attach-thread.ts'
import {loadCrc32c} from './workers/checksum.ts'
import {systemClock} from './workers/clock.ts'
import {DirLock} from './workers/dir-lock.ts'
import {keepAlive} from './workers/keep-alive.ts'
import {makeDirectory} from './workers/make-directory.ts'
import type {RecoveryReport, ReplicaData} from './workers/replica-data.ts'
import {ReplicaHost} from './workers/replica-host.ts'
import {resolveDir} from './workers/resolve-dir.ts'
import {nodeStorage} from './workers/storage.ts'
import {threadEntry} from './workers/thread-entry.ts'
import {nativeThreadId} from './workers/thread-id.ts'

export type {BrokerDoor, Cluster, CoordinatorDoor} from './client/cluster.ts'
export type {ClusterAdmin} from './client/cluster-admin.ts'
export type {ClusterFaults} from './client/cluster-faults.ts'
export type {ClusterHandle} from './client/cluster-handle.ts'
export type {ClusterMetrics, PartitionMetrics} from './client/cluster-metrics.ts'
export type {ClusterOptions} from './client/cluster-options.ts'
export type {GroupDescription, GroupMember, ListedGroup} from './client/group-descriptions.ts'
export type {Listening, ListenOptions} from './client/listening.ts'
export type {Log} from './client/log.ts'
export type {LogHandle} from './client/log-handle.ts'
export type {Durability, LogOptions} from './client/log-options.ts'
export type {HeaderOutput, LogRecord, RecordView} from './client/log-record.ts'
export type {LogMetrics, SegmentReport, VerifyReport} from './client/log-report.ts'
export type {Partition, PartitionSendOptions, PartitionSendResult} from './client/partition.ts'
export type {Reader, ReaderOptions, ReadFrom} from './client/reader.ts'
export type {HeaderInput, HeadersInput, RecordInput} from './client/record.ts'
export type {SendResult} from './client/send.ts'
export {attachCluster, openCluster} from './doors/open-cluster.ts'
export type {DiskCall, DiskFault} from './engine/cluster/disk-fault.ts'
export type {ClientImage, ConnectionImage} from './engine/coordinator/client-registry.ts'
export {type ErrorCode, OdradekError} from './engine/errors.ts'
export type {RecoveryReport} from './workers/replica-data.ts'

/** A log as its opener has it: with what recovery found. */
export type OpenLog = Log & {readonly recovered: RecoveryReport}

/**
 * Opens the log in `dir`, a path or a `file:` URL, which is made where it does not exist, and starts its replica thread. One process owns a dir
 * at a time; other threads of this process attach with `log.handle`.
 *
 * Throws INVALID_CONFIG, LOG_IN_USE (with the owner), FOREIGN_DIR, NOT_A_DIRECTORY, PERMISSION_DENIED, LOG_DAMAGED or KAFKA_STORAGE_ERROR.
 */
export async function openLog(dir: string | URL, options: LogOptions = {}): Promise<OpenLog> {
  const absolute = resolveDir(dir)
  const resolved = resolveOptions(options)
  makeDirectory(absolute)
  const lock = await DirLock.take(absolute)
  try {
    return await openLocked(absolute, resolved, lock)
  } catch (error) {
    lock.release()
    throw error
  }
}

/** Gives the calling thread doors of its own to a log that another thread of this process has open. */
export async function attachLog(handle: LogHandle): Promise<Log> {
  if (!isHandle(handle)) throw new OdradekError('INVALID_HANDLE', 'attachLog takes the handle of an open log')
  const map = new LogMap(handle.map)
  const attachment = await attachThread(map, handle.channel)
  const link = linkTo(map, attachment.thread, handle.dir, () => undefined)
  const {inbox, ended} = attachment
  return new Log(homeOf(handle, {link, inbox, crc32c: loadCrc32c(), ended, shutDown: async () => attachment.detach()}))
}

async function openLocked(dir: string, options: ResolvedOptions, lock: DirLock): Promise<OpenLog> {
  const {config, topic, durability} = options
  const map = new LogMap()
  const maxBatchBytes = Math.min(config.maxMessageBytes, config.segmentBytes)
  const arena = allocateArena({
    windows: WINDOWS,
    windowBytes: Math.max(WINDOW_BYTES, maxBatchBytes),
    indexEntries: WINDOW_INDEX_ENTRIES,
  })
  const inbox = allocateInbox(Math.max(SLOTS_MIN, 2 * Math.ceil(maxBatchBytes / SLOT_BYTES)))
  const handle: LogHandle = {
    odradek: 'log',
    dir,
    topic,
    map: map.memory,
    arena,
    channel: `odradek-${randomUUID()}`,
    durability,
    maxBatchBytes,
    bufferMemory: options.bufferMemory,
    indexIntervalBytes: config.indexIntervalBytes,
    workerEntry: options.workerEntry,
  }
  const thread = map.threads.claim(nativeThreadId())
  const data: ReplicaData = {
    dir,
    topic,
    config,
    options: {
      durability,
      flushMessages: options.flushMessages,
      flushMs: options.flushMs,
      retentionCheckMs: options.retentionCheckMs,
      cleanerBackoffMs: options.cleanerBackoffMs,
    },
    onDamage: options.onDamage,
    map: map.memory,
    arena,
    inbox,
    channel: handle.channel,
    entry: await threadEntry(options.workerEntry),
  }
  const starting = ReplicaHost.start(data, map, {released: () => lock.release()})
  // while the thread comes up this one has nothing else to do
  const crc32c = loadCrc32c()
  const host = await starting
  const shutDown = async (sender: Sender): Promise<void> => {
    const failure = await new Promise<OdradekError | undefined>(resolve => {
      sender.request(REQUEST.close, 0, outcome => resolve(outcome instanceof OdradekError ? outcome : undefined))
    })
    await host.join()
    if (failure !== undefined) throw failure
  }
  const link = linkTo(map, thread, dir, host.failure)
  const home = homeOf(handle, {link, inbox, crc32c, ended: host.exited, shutDown})
  return Object.assign(new Log(home), {recovered: host.recovered})
}

/** What an opener and an attached thread have each of their own. */
interface Tie extends Pick<LogHome, 'link' | 'ended' | 'shutDown'> {
  readonly inbox: SharedArrayBuffer
  readonly crc32c: Crc32c
}

function homeOf(handle: LogHandle, tie: Tie): LogHome {
  const {link, inbox, crc32c, ended, shutDown} = tie
  const dir = `${handle.dir}/${partitionDirectory(handle.topic, 0)}`
  const {replica} = link.map
  return {
    link,
    handle,
    inbox: new InboxSender(inbox),
    source: {
      storage: nodeStorage,
      dir,
      arena: handle.arena,
      crc32c,
      logStartOffset: () => replica.logStartOffset,
    },
    sender: {
      maxBatchBytes: handle.maxBatchBytes,
      bufferMemory: handle.bufferMemory,
      crc32c,
      holdsUntilSynced: handle.durability === 'synced',
    },
    nowMs: systemClock.wallMs,
    monotonicMs: systemClock.monotonicMs,
    verify: async end => {
      const {verifyLog} = await import('./workers/verify-log.ts')
      const entry = await threadEntry(handle.workerEntry)
      return verifyLog({dir, end, indexIntervalBytes: handle.indexIntervalBytes, entry})
    },
    ended,
    shutDown,
  }
}

function isHandle(handle: LogHandle | undefined): handle is LogHandle {
  return (
    handle?.odradek === 'log' &&
    handle.map instanceof SharedArrayBuffer &&
    handle.map.byteLength === LOG_MAP_BYTES &&
    handle.arena instanceof SharedArrayBuffer &&
    [handle.dir, handle.topic, handle.channel].every(text => typeof text === 'string')
  )
}

function linkTo(map: LogMap, thread: number, dir: string, deathCause: Link['deathCause']): Link {
  return {map, thread, dir, deathCause, parking: new Parking(map.threads.doorbell(thread), keepAlive())}
}
