import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {exposition} from './exposition.ts'
import {metricsText} from './metrics-text.ts'
import type {Snapshot} from './snapshot.ts'

const thread = {state: 'running', idleMs: 0, incarnation: 2, served: 0} as const
const snapshot: Snapshot = {
  metrics: {
    coordinator: 1,
    epoch: 4,
    coordinators: [thread],
    brokers: [
      {...thread, threads: 3},
      {...thread, state: 'down', threads: 0},
    ],
    partitions: [
      {
        topic: 'orders',
        partition: 0,
        leader: 1,
        leaderEpoch: 7,
        isr: [1],
        logStartOffset: 5,
        highWatermark: 20,
        logEndOffset: 22,
        batches: 9,
        appendedBytes: 900,
        syncs: 3,
        sizeBytes: 800,
        compaction: {cleanedBytes: 0, lastRunMs: -1, dirtyRatio: 0},
        recordsPerSecond: 0,
        bytesPerSecond: 0,
        replicas: [{broker: 1, logEndOffset: 22, syncedOffset: 21, lag: 0, compactionError: undefined}],
      },
    ],
    memory: {mapBytes: 1, arenaBytes: 2, inboxBytes: 3},
  },
  addresses: [{broker: 1, address: '127.0.0.1:9092'}],
  partitions: [
    {topic: 'orders', partition: 0, leader: 1, replicas: [2, 1], isr: [1]},
    {topic: 'orders', partition: 1, leader: -1, replicas: [2], isr: [2]},
  ],
  groups: [
    {
      group: 'billing "eu"',
      members: 2,
      committed: [
        {topic: 'orders', partition: 0, offset: 2},
        {topic: 'deleted', partition: 0, offset: 9},
      ],
    },
  ],
}
const use = {version: '1.2.3', cpuSeconds: 1.5, residentBytes: 1024, startSeconds: 100}

test('what kafka_exporter tells, by its names', () => {
  const lines = metricsText(snapshot, use).split('\n')
  for (const line of [
    '# HELP kafka_brokers Number of Brokers in the Kafka Cluster.',
    '# TYPE kafka_brokers gauge',
    'kafka_brokers 1',
    'kafka_broker_info{id="1",address="127.0.0.1:9092"} 1',
    'kafka_topic_partitions{topic="orders"} 2',
    'kafka_topic_partition_current_offset{topic="orders",partition="0"} 20',
    'kafka_topic_partition_oldest_offset{topic="orders",partition="0"} 5',
    'kafka_topic_partition_leader{topic="orders",partition="1"} -1',
    'kafka_topic_partition_leader_is_preferred{topic="orders",partition="0"} 0',
    'kafka_topic_partition_replicas{topic="orders",partition="0"} 2',
    'kafka_topic_partition_in_sync_replica{topic="orders",partition="0"} 1',
    'kafka_topic_partition_under_replicated_partition{topic="orders",partition="0"} 1',
    'kafka_topic_partition_under_replicated_partition{topic="orders",partition="1"} 0',
    'kafka_consumergroup_members{consumergroup="billing \\"eu\\""} 2',
    'kafka_consumergroup_current_offset{consumergroup="billing \\"eu\\"",topic="orders",partition="0"} 2',
    'kafka_consumergroup_lag{consumergroup="billing \\"eu\\"",topic="orders",partition="0"} 15',
    'kafka_consumergroup_lag_sum{consumergroup="billing \\"eu\\"",topic="deleted"} 0',
    '# TYPE odradek_broker_starts_total counter',
    'odradek_broker_starts_total{broker="2"} 2',
    'odradek_broker_up{broker="2"} 0',
    'odradek_replica_synced_offset{topic="orders",partition="0",broker="1"} 21',
    'odradek_replica_compaction_failing{topic="orders",partition="0",broker="1"} 0',
    'odradek_build_info{version="1.2.3"} 1',
    'process_cpu_seconds_total 1.5',
  ])
    assert.ok(lines.includes(line), `${line} is not in\n${lines.join('\n')}`)
})

test('every line is one that Prometheus takes, and each family is said once, with its type before it', () => {
  const text = metricsText(snapshot, use)
  assert.ok(text.endsWith('\n'))
  const seen = new Set<string>()
  let family = ''
  for (const line of text.trimEnd().split('\n')) {
    const [, type] = /^# TYPE (\w+) (?:gauge|counter)$/.exec(line) ?? []
    if (type !== undefined) {
      assert.not(seen.has(type), type)
      seen.add(type)
      family = type
    } else if (!line.startsWith('# HELP ')) {
      assert.match(line, /^[a-z_]+(\{[a-z]+="(?:[^"\\]|\\.)*"(,[a-z]+="(?:[^"\\]|\\.)*")*\})? -?\d+(\.\d+)?$/)
      assert.is(line.split(/[ {]/)[0], family)
    }
  }
})

test('labels and help may hold anything', () => {
  const samples = [{labels: {a: 'x"\\\ny'}, value: 1}]
  assert.is(
    exposition([
      {name: 'm', help: 'two\nlines \\', type: 'gauge', samples},
      {name: 'none', help: '', type: 'gauge', samples: []},
    ]),
    '# HELP m two\\nlines \\\\\n# TYPE m gauge\nm{a="x\\"\\\\\\ny"} 1\n',
  )
})

test.run()
