import type {ClusterMap} from '../engine/cluster/cluster-map.ts'
import {slotsOf} from '../engine/cluster/leadership.ts'
import type {CompactionMetrics} from '../engine/cluster/replica-line.ts'
import {THREAD, type ThreadLine} from '../engine/cluster/thread-line.ts'
import type {TopicImage} from '../engine/ensemble/metadata.ts'
import {type ErrorCode, errorCodeOf, OdradekError} from '../engine/errors.ts'
import {REPLICAS_MAX} from '../engine/limits.ts'
import {compactionErrorOf} from './log-report.ts'
import type {Rate, Rates} from './rates.ts'

export interface ThreadMetrics {
  readonly state: 'running' | 'closed' | 'down'
  /** Ms since its last round. */
  readonly idleMs: number
  /** How often it was started. */
  readonly incarnation: number
  /** Requests to describe and list that it has answered; of coordinators. */
  readonly served: number
  /** Why a broker that is down could not open its dir. */
  readonly error?: OdradekError
}

export interface PartitionMetrics extends Rate {
  readonly topic: string
  readonly partition: number
  /** Id of the broker that leads, -1 where none does. */
  readonly leader: number
  readonly leaderEpoch: number
  readonly isr: readonly number[]
  readonly logStartOffset: number
  readonly highWatermark: number
  readonly logEndOffset: number
  /** Of the leader, since its host was started. */
  readonly batches: number
  readonly appendedBytes: number
  readonly syncs: number
  /** Of the leader's log. */
  readonly sizeBytes: number
  readonly compaction: CompactionMetrics
  /** By broker. */
  readonly replicas: readonly {
    readonly broker: number
    readonly logEndOffset: number
    readonly syncedOffset: number
    /** Records behind the leader. */
    readonly lag: number
    /** Why it was not compacted when that was last tried: see `LogMetrics`. */
    readonly compactionError: ErrorCode | undefined
  }[]
}

export interface ClusterMetrics {
  /** Id of the coordinator that writes, 0 where none does; and its lease epoch. */
  readonly coordinator: number
  readonly epoch: number
  readonly coordinators: readonly ThreadMetrics[]
  readonly brokers: readonly (ThreadMetrics & {readonly threads: number})[]
  /** Rates are those since the metrics before, of this thread; 0 in the first. */
  readonly partitions: readonly PartitionMetrics[]
  readonly memory: ClusterMemory
}

/** Bytes of shared memory. */
export interface ClusterMemory {
  readonly mapBytes: number
  /** Of the hosts that run, at most: the system gives a window's memory when it is first filled. */
  readonly arenaBytes: number
  /** This thread's inboxes to hosts. */
  readonly inboxBytes: number
}

/** What the metrics of a cluster are made of, besides its map. */
export interface MetricsSource {
  readonly map: ClusterMap
  readonly rates: Rates
  /** By host. */
  readonly arenas: readonly SharedArrayBuffer[]
  readonly inboxBytes: number
  readonly nowMs: number
}

export function clusterMetrics(source: MetricsSource, topics: Iterable<TopicImage>): ClusterMetrics {
  const {map, arenas, inboxBytes, nowMs} = source
  const {holder, epoch} = map.lease.read()
  const ids = (count: number): number[] => Array.from({length: count}, (_, i) => i + 1)
  return {
    coordinator: holder,
    epoch,
    coordinators: ids(map.shape.coordinators).map(id => threadMetrics(map.coordinator(id), nowMs)),
    brokers: ids(map.shape.brokers).map(id => ({
      ...threadMetrics(map.broker(id), nowMs),
      ...brokerFailure(map.broker(id)),
      threads: map.hostsOf(id).filter(host => !map.host(host).hasEnded).length,
    })),
    partitions: [...topics].flatMap(topic =>
      topic.partitions.flatMap((_, partition) => partitionMetrics(source, topic, partition) ?? []),
    ),
    memory: {
      mapBytes: map.memory.byteLength,
      arenaBytes: arenas.reduce((sum, {byteLength}, host) => sum + (map.host(host).hasEnded ? 0 : byteLength), 0),
      inboxBytes,
    },
  }
}

function threadMetrics(line: ThreadLine, nowMs: number): ThreadMetrics {
  const state = line.hasEnded ? 'down' : line.state === THREAD.closed ? 'closed' : 'running'
  return {state, idleMs: Math.max(0, nowMs - line.beatMs), incarnation: line.incarnation, served: line.served}
}

/** A broker that cannot open its dir is down, also while that is tried again. */
function brokerFailure(line: ThreadLine): {state?: 'down'; error?: OdradekError} {
  const {number = 0, text = ''} = line.failure.last() ?? {}
  return number === 0 ? {} : {state: 'down', error: new OdradekError(errorCodeOf(number), text)}
}

/** One partition, as its leader shows it; undefined where it was deleted. */
export function partitionMetrics(
  {map, rates, nowMs}: Pick<MetricsSource, 'map' | 'rates' | 'nowMs'>,
  topic: TopicImage,
  partition: number,
): PartitionMetrics | undefined {
  const {row: number, slots} = topic.partitions[partition]!
  const row = map.row(number)
  const {leader, leaderEpoch, isr, deleted} = row.leadership
  if (deleted) return undefined
  // replicas may have moved since the topic was asked for: whoever hosts one says where it is
  const brokerAt = (slot: number): number => {
    const {host} = row.replica(slot)
    if (host >= 0) return map.brokerOf(host)
    return (isr & (1 << slot)) === 0 ? -1 : (slots[slot] ?? -1)
  }
  const line = row.replica(Math.max(0, leader))
  const {batches, appendedBytes, syncs, sizeBytes} = line.counters()
  return {
    topic: topic.name,
    partition,
    leader: leader < 0 ? -1 : brokerAt(leader),
    leaderEpoch,
    isr: slotsOf(isr).map(brokerAt),
    logStartOffset: line.logStartOffset,
    highWatermark: line.highWatermark,
    logEndOffset: line.writtenEnd,
    batches,
    appendedBytes,
    syncs,
    sizeBytes,
    compaction: line.compaction(),
    ...rates.rate(number, {records: line.writtenEnd, bytes: appendedBytes}, nowMs),
    replicas: Array.from({length: REPLICAS_MAX}, (_, slot) => slot).flatMap(slot => {
      const broker = brokerAt(slot)
      if (broker < 0) return []
      const {writtenEnd, syncedEnd} = row.replica(slot)
      return [
        {
          broker,
          logEndOffset: writtenEnd,
          syncedOffset: syncedEnd,
          lag: Math.max(0, line.writtenEnd - writtenEnd),
          compactionError: compactionErrorOf(row.replica(slot)),
        },
      ]
    }),
  }
}
