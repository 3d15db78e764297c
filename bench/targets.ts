import type {Unit} from './harness/measure.ts'
import {APACHE_KAFKA} from './wire/servers.ts'

/** What we promised ourselves: at least so many times the peer. */
export interface Target {
  readonly case: string
  readonly what: string
  readonly unit: Unit
  /** It must hold against every one of them, and so against the best. */
  readonly peers: readonly string[]
  readonly least: number
}

const BOUNDED = {peers: ['the bound'], least: 1} as const
const RECORDS = 'records/s'
const BYTES = 'MiB/s'

export const TARGETS: readonly Target[] = [
  {case: 'append', what: '100 B', unit: RECORDS, peers: ['lmdb put', 'lmdb transaction'], least: 10},
  {case: 'append', what: '100 B', unit: BYTES, peers: ['raw writeSync'], least: 0.3},
  {case: 'append', what: '1 KiB', unit: BYTES, peers: ['raw writeSync'], least: 0.5},
  {case: 'append', what: '10 KiB', unit: BYTES, peers: ['raw writeSync'], least: 0.5},
  {case: 'append-threads', what: '100 B', unit: RECORDS, peers: ['odradek, one sender'], least: 0.85},
  {case: 'read', what: 'poll from the arena', unit: RECORDS, peers: ['lmdb getRange'], least: 15},
  {case: 'read', what: 'poll from files', unit: RECORDS, peers: ['lmdb getRange'], least: 15},
  {case: 'read', what: 'batches(), offsets', unit: RECORDS, peers: ['lmdb getRange'], least: 3},
  {case: 'read', what: 'batches(), values', unit: RECORDS, peers: ['lmdb getRange'], least: 3},
  ...[1, 10, 100, 1000].map(senders => ({
    case: 'sync',
    what: `${senders} sender${senders === 1 ? '' : 's'}`,
    unit: RECORDS as 'records/s',
    peers: ['lmdb put, flushed'],
    least: 1,
  })),
  {case: 'sync', what: 'append while syncing', unit: RECORDS, peers: ['odradek, not syncing'], least: 0.5},
  ...['10 k', '100 k'].flatMap(rate => [
    {case: 'latency', what: `${rate} records/s, p50`, unit: 'µs' as const, ...BOUNDED},
    {case: 'latency', what: `${rate} records/s, p99`, unit: 'µs' as const, ...BOUNDED},
    {case: 'latency', what: `${rate} records/s, p50`, unit: 'µs' as const, peers: ['postMessage'], least: 1},
    {case: 'latency', what: `${rate} records/s, p99`, unit: 'µs' as const, peers: ['postMessage'], least: 1},
  ]),
  {case: 'compaction', what: 'acknowledgement, p99', unit: 'µs', peers: ['odradek, not compacted'], least: 1 / 1.5},
  ...['until in a file', 'the calls'].map(what => ({
    case: 'pino',
    what,
    unit: RECORDS as 'records/s',
    peers: ['pino.destination, sync', 'pino.destination, 4 KiB'],
    least: 1,
  })),
  {case: 'open', what: 'import the package', unit: 'ms', ...BOUNDED},
  {case: 'open', what: 'open an existing dir, to the first synced acknowledgement', unit: 'ms', ...BOUNDED},
  {case: 'recover', what: 'an unsynced tail', unit: 'MiB/s', ...BOUNDED},
  {case: 'memory', what: 'one idle log, over a bare process', unit: 'MiB', ...BOUNDED},
  {case: 'memory', what: 'growth after the first GiB appended', unit: 'MiB', ...BOUNDED},
  {case: 'boot', what: '1 broker, 1 coordinator', unit: 'ms', ...BOUNDED},
  {case: 'boot', what: '3 brokers, 3 coordinators', unit: 'ms', ...BOUNDED},
  {case: 'replicate', what: '1 KiB, written', unit: BYTES, peers: ['odradek, one replica'], least: 0.3},
  ...['the thread dies', 'the broker is killed', 'the broker stalls'].flatMap(fault =>
    ['p50', 'p99'].map(what => ({
      case: 'failover',
      what: `${fault}, ${what}`,
      unit: 'ms' as const,
      ...BOUNDED,
    })),
  ),
  {case: 'kafkajs', what: 'send, 1 000 a call', unit: RECORDS, peers: ['openLog append'], least: 0.2},
  ...['send, 1 000 a call', 'send, 1 a call, 100 under way', 'eachBatch', 'eachMessage', 'messages()'].map(what => ({
    case: 'kafkajs',
    what,
    unit: RECORDS as 'records/s',
    ...BOUNDED,
  })),
  ...['p50', 'p99'].map(what => ({
    case: 'kafkajs',
    what: `10 k messages/s, send to eachMessage, ${what}`,
    unit: 'µs' as const,
    ...BOUNDED,
  })),
  ...['run() to the first message', '10 consumers share 100 partitions anew'].map(what => ({
    case: 'kafkajs',
    what,
    unit: 'ms' as const,
    ...BOUNDED,
  })),
  ...['wire', 'wire-synced'].flatMap(wireTargets),
  {case: 'partitions', what: 'creating the topic, at most', unit: 'ms', ...BOUNDED},
  {case: 'partitions', what: 'resident memory, at most', unit: 'MiB', ...BOUNDED},
  {case: 'partitions', what: 'open files, at most', unit: 'files', ...BOUNDED},
  {case: 'partitions', what: 'idle, at most', unit: '% of a core', ...BOUNDED},
]

/** Beside Apache Kafka, with the same client on the same two cores. */
function wireTargets(name: string): Target[] {
  const peers = [APACHE_KAFKA]
  const loads = ['100 B, 1 partition', '100 B, 8 partitions', '1024 B, 1 partition', '1024 B, 8 partitions']
  const does = ['Java', '@platformatic/kafka'].flatMap(client => [`${client} produces`, `${client} consumes`])
  return [
    ...does.flatMap(doing =>
      loads.flatMap(load => [
        {case: name, what: `${doing}, ${load}`, unit: RECORDS as 'records/s', peers, least: 1},
        {case: name, what: `${doing}, ${load}`, unit: 'CPU s/GiB' as const, peers, least: 2},
      ]),
    ),
    {case: name, what: 'Java produces at 10 k records/s, p99', unit: 'ms', peers, least: 2},
    {case: name, what: 'resident after all of it', unit: 'MiB', peers, least: 4},
    {case: name, what: 'start of the process to the first accepted record', unit: 'ms', peers, least: 10},
  ]
}
