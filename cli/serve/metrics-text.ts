import {exposition, type Family, type Sample} from './exposition.ts'
import type {Snapshot} from './snapshot.ts'

/** What the process itself has used. */
export interface ProcessUse {
  readonly version: string
  readonly cpuSeconds: number
  readonly residentBytes: number
  readonly startSeconds: number
}

/** A cluster as Prometheus reads it: what kafka_exporter tells, by its names, so that dashboards for that work; then what only we have. */
export function metricsText(snapshot: Snapshot, use: ProcessUse): string {
  return exposition([
    ...brokers(snapshot),
    ...partitions(snapshot),
    ...groups(snapshot),
    ...own(snapshot),
    ...ofProcess(use),
  ])
}

function brokers({metrics, addresses}: Snapshot): Family[] {
  return [
    gauge('kafka_brokers', 'Number of Brokers in the Kafka Cluster.', [
      {value: metrics.brokers.filter(({state}) => state === 'running').length},
    ]),
    gauge(
      'kafka_broker_info',
      'Information about the Kafka Broker.',
      addresses.map(({broker, address}) => ({labels: {id: broker, address}, value: 1})),
    ),
  ]
}

function partitions({metrics, partitions: places}: Snapshot): Family[] {
  const counts = new Map<string, number>()
  for (const {topic} of places) counts.set(topic, (counts.get(topic) ?? 0) + 1)
  const of = (value: (place: Snapshot['partitions'][number]) => number): Sample[] =>
    places.map(place => ({labels: {topic: place.topic, partition: place.partition}, value: value(place)}))
  const shown = metrics.partitions.map(({topic, partition, logStartOffset, highWatermark}) => ({
    labels: {topic, partition},
    low: logStartOffset,
    high: highWatermark,
  }))
  return [
    gauge(
      'kafka_topic_partitions',
      'Number of partitions for this Topic',
      [...counts].map(([topic, value]) => ({labels: {topic}, value})),
    ),
    gauge(
      'kafka_topic_partition_current_offset',
      'Current Offset of a Broker at Topic/Partition',
      shown.map(({labels, high: value}) => ({labels, value})),
    ),
    gauge(
      'kafka_topic_partition_oldest_offset',
      'Oldest Offset of a Broker at Topic/Partition',
      shown.map(({labels, low: value}) => ({labels, value})),
    ),
    gauge(
      'kafka_topic_partition_leader',
      'Leader Broker ID of this Topic/Partition',
      of(({leader}) => leader),
    ),
    gauge(
      'kafka_topic_partition_replicas',
      'Number of Replicas for this Topic/Partition',
      of(({replicas}) => replicas.length),
    ),
    gauge(
      'kafka_topic_partition_in_sync_replica',
      'Number of In-Sync Replicas for this Topic/Partition',
      of(({isr}) => isr.length),
    ),
    gauge(
      'kafka_topic_partition_leader_is_preferred',
      '1 if Topic/Partition is using the Preferred Broker',
      of(({leader, replicas}) => Number(leader === replicas[0])),
    ),
    gauge(
      'kafka_topic_partition_under_replicated_partition',
      '1 if Topic/Partition is under Replicated',
      of(({replicas, isr}) => Number(isr.length < replicas.length)),
    ),
  ]
}

function groups({groups: all, metrics}: Snapshot): Family[] {
  const offsets = all.flatMap(({group, committed}) =>
    committed.map(({topic, partition, offset}) => {
      const ends = metrics.partitions.find(each => each.topic === topic && each.partition === partition)
      const lag = ends === undefined ? 0 : Math.max(0, ends.highWatermark - Math.max(offset, ends.logStartOffset))
      return {group, topic, partition, offset, lag}
    }),
  )
  const each = (value: (one: (typeof offsets)[number]) => number): Sample[] =>
    offsets.map(one => ({
      labels: {consumergroup: one.group, topic: one.topic, partition: one.partition},
      value: value(one),
    }))
  return [
    gauge(
      'kafka_consumergroup_members',
      'Amount of members in a consumer group',
      all.map(({group, members}) => ({labels: {consumergroup: group}, value: members})),
    ),
    gauge(
      'kafka_consumergroup_current_offset',
      'Current Offset of a ConsumerGroup at Topic/Partition',
      each(({offset}) => offset),
    ),
    gauge(
      'kafka_consumergroup_current_offset_sum',
      'Current Offset of a ConsumerGroup at Topic for all partitions',
      summed(each(({offset}) => offset)),
    ),
    gauge(
      'kafka_consumergroup_lag',
      'Current Approximate Lag of a ConsumerGroup at Topic/Partition',
      each(({lag}) => lag),
    ),
    gauge(
      'kafka_consumergroup_lag_sum',
      'Current Approximate Lag of a ConsumerGroup at Topic for all partitions',
      summed(each(({lag}) => lag)),
    ),
  ]
}

/** The same without the partition. */
function summed(samples: readonly Sample[]): Sample[] {
  const sums = new Map<string, {labels: Record<string, string | number>; value: number}>()
  for (const {labels, value} of samples) {
    const {consumergroup, topic} = labels as {consumergroup: string; topic: string}
    const name = JSON.stringify([consumergroup, topic])
    const sum = sums.get(name) ?? {labels: {consumergroup, topic}, value: 0}
    sum.value += value
    sums.set(name, sum)
  }
  return [...sums.values()]
}

function own({metrics}: Snapshot): Family[] {
  const {coordinator, epoch, coordinators, brokers: all, partitions: shown, memory} = metrics
  const of = (value: (one: (typeof shown)[number]) => number): Sample[] =>
    shown.map(one => ({labels: {topic: one.topic, partition: one.partition}, value: value(one)}))
  const replicas = (value: (one: (typeof shown)[number]['replicas'][number]) => number): Sample[] =>
    shown.flatMap(({topic, partition, replicas: list}) =>
      list.map(one => ({labels: {topic, partition, broker: one.broker}, value: value(one)})),
    )
  const threads = (list: typeof coordinators, label: string, value: (one: (typeof list)[number]) => number): Sample[] =>
    list.map((one, i) => ({labels: {[label]: i + 1}, value: value(one)}))
  const isUp = ({state}: {readonly state: string}) => Number(state === 'running')
  return [
    gauge('odradek_broker_up', '1 while the broker runs', threads(all, 'broker', isUp)),
    counter(
      'odradek_broker_starts_total',
      'How often the broker was started',
      threads(all, 'broker', one => one.incarnation),
    ),
    gauge(
      'odradek_broker_host_threads',
      'Threads of the broker that hold replicas',
      all.map(({threads: value}, i) => ({labels: {broker: i + 1}, value})),
    ),
    gauge('odradek_coordinator_up', '1 while the coordinator runs', threads(coordinators, 'coordinator', isUp)),
    gauge('odradek_coordinator_holder', 'Id of the coordinator that writes, 0 where none does', [{value: coordinator}]),
    gauge('odradek_coordinator_epoch', 'Epoch of its lease', [{value: epoch}]),
    gauge(
      'odradek_partition_leader_epoch',
      'Epoch of the leader',
      of(one => one.leaderEpoch),
    ),
    gauge(
      'odradek_partition_log_end_offset',
      'Offset behind the last record, visible or not',
      of(one => one.logEndOffset),
    ),
    gauge(
      'odradek_partition_log_bytes',
      "Bytes of the leader's log, 0 until it is opened",
      of(one => one.sizeBytes),
    ),
    counter(
      'odradek_partition_appended_batches_total',
      'Batches the leader has taken since its thread started',
      of(one => one.batches),
    ),
    counter(
      'odradek_partition_appended_bytes_total',
      'Their bytes',
      of(one => one.appendedBytes),
    ),
    counter(
      'odradek_partition_syncs_total',
      "Syncs of the leader's log since its thread started",
      of(one => one.syncs),
    ),
    gauge(
      'odradek_replica_lag',
      'Records that the replica is behind the leader',
      replicas(one => one.lag),
    ),
    gauge(
      'odradek_replica_synced_offset',
      'Offset behind what the replica has synced',
      replicas(one => one.syncedOffset),
    ),
    gauge(
      'odradek_replica_compaction_failing',
      '1 while the log of the replica cannot be compacted',
      replicas(one => Number(one.compactionError !== undefined)),
    ),
    gauge('odradek_shared_memory_bytes', 'Bytes of shared memory', [
      {labels: {kind: 'map'}, value: memory.mapBytes},
      {labels: {kind: 'arena'}, value: memory.arenaBytes},
      {labels: {kind: 'inbox'}, value: memory.inboxBytes},
    ]),
  ]
}

/** By the names that every client library of Prometheus has for them. */
function ofProcess({version, cpuSeconds, residentBytes, startSeconds}: ProcessUse): Family[] {
  return [
    gauge('odradek_build_info', 'Which odradek this is', [{labels: {version}, value: 1}]),
    counter('process_cpu_seconds_total', 'Total user and system CPU time spent in seconds.', [{value: cpuSeconds}]),
    gauge('process_resident_memory_bytes', 'Resident memory size in bytes.', [{value: residentBytes}]),
    gauge('process_start_time_seconds', 'Start time of the process since unix epoch in seconds.', [
      {value: startSeconds},
    ]),
  ]
}

function gauge(name: string, help: string, samples: readonly Sample[]): Family {
  return {name, help, type: 'gauge', samples}
}

function counter(name: string, help: string, samples: readonly Sample[]): Family {
  return {name, help, type: 'counter', samples}
}
