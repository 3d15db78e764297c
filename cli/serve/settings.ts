import {isTopicConfig, refuseTopicConfigs} from '../../engine/coordinator/topic-configs.ts'
import type {ClusterOptions} from '../../index.ts'
import {UsageError} from '../failure.ts'
import type {Property} from './properties.ts'

/** What a broker's properties come to here. */
export interface Settings {
  readonly options: Pick<ClusterOptions, ClusterOption | 'topicConfigs'>
  /** From `log.dirs`. */
  readonly dir: string | undefined
  /** From `listeners`. */
  readonly host: string | undefined
  readonly port: number | undefined
  /** From `advertised.listeners`. */
  readonly advertisedHost: string | undefined
  /** Names that nothing here acts on, in their order. */
  readonly unused: readonly string[]
}

type ClusterOption =
  | 'numPartitions'
  | 'replicationFactor'
  | 'autoCreateTopics'
  | 'retentionCheckMs'
  | 'cleanerBackoffMs'
  | 'replicaLagTimeMaxMs'
  | 'sessionTimeoutMs'

/** Kafka's properties of a broker that are options of a cluster here. */
const OPTIONS: Readonly<Record<string, ClusterOption>> = {
  'num.partitions': 'numPartitions',
  'default.replication.factor': 'replicationFactor',
  'auto.create.topics.enable': 'autoCreateTopics',
  'log.retention.check.interval.ms': 'retentionCheckMs',
  'log.cleaner.backoff.ms': 'cleanerBackoffMs',
  'replica.lag.time.max.ms': 'replicaLagTimeMaxMs',
  'broker.session.timeout.ms': 'sessionTimeoutMs',
}

/** Kafka's properties of a broker that say what topics have which do not say it themselves: the topic's config, and its unit in ours. */
const TOPIC_DEFAULTS: Readonly<Record<string, readonly [config: string, factor?: number]>> = {
  'log.retention.hours': ['retention.ms', 3_600_000],
  'log.retention.minutes': ['retention.ms', 60_000],
  'log.retention.ms': ['retention.ms'],
  'log.retention.bytes': ['retention.bytes'],
  'log.segment.bytes': ['segment.bytes'],
  'log.roll.hours': ['segment.ms', 3_600_000],
  'log.roll.ms': ['segment.ms'],
  'log.roll.jitter.ms': ['segment.jitter.ms'],
  'log.index.interval.bytes': ['index.interval.bytes'],
  'log.index.size.max.bytes': ['segment.index.bytes'],
  'log.cleanup.policy': ['cleanup.policy'],
  'log.cleaner.delete.retention.ms': ['delete.retention.ms'],
  'log.cleaner.min.compaction.lag.ms': ['min.compaction.lag.ms'],
  'log.cleaner.max.compaction.lag.ms': ['max.compaction.lag.ms'],
  'log.cleaner.min.cleanable.ratio': ['min.cleanable.dirty.ratio'],
  'log.flush.interval.messages': ['flush.messages'],
  'log.flush.interval.ms': ['flush.ms'],
  'log.message.timestamp.type': ['message.timestamp.type'],
  'log.message.timestamp.before.max.ms': ['message.timestamp.before.max.ms'],
  'log.message.timestamp.after.max.ms': ['message.timestamp.after.max.ms'],
  'log.segment.delete.delay.ms': ['file.delete.delay.ms'],
  'log.preallocate': ['preallocate'],
  'message.max.bytes': ['max.message.bytes'],
}

/**
 * Reads properties as Kafka does: of one that is given twice the last counts, and of several that mean the same the one with the finest unit, a topic
 * config by its own name before all. Throws UsageError for a value that is wrong.
 */
export function settingsOf(properties: readonly Property[]): Settings {
  const last = [...new Map(properties.map(property => [property.name, property])).values()]
  const options: Partial<Record<ClusterOption, number | boolean>> = {}
  const defaults: {config: string; value: string; factor: number}[] = []
  const unused: string[] = []
  let dir: string | undefined
  let listener: Listener | undefined
  let advertised: Listener | undefined
  for (const property of last) {
    const {name, value, where} = property
    const option = Object.hasOwn(OPTIONS, name) ? OPTIONS[name] : undefined
    const [config, factor = 1] = Object.hasOwn(TOPIC_DEFAULTS, name) ? TOPIC_DEFAULTS[name]! : [name, 0]
    if (option !== undefined) options[option] = option === 'autoCreateTopics' ? truth(property) : whole(property)
    else if (name === 'log.dirs' || name === 'log.dir') dir = onlyDir(property)
    else if (name === 'listeners') listener = listenerOf(property)
    else if (name === 'advertised.listeners') advertised = listenerOf(property)
    else if (isTopicConfig(config)) {
      const inOurUnit = factor > 1 ? scaled(property, factor) : value
      const problem = refuseTopicConfigs({[config]: inOurUnit})
      if (problem !== undefined) throw new UsageError(`${where}: ${name}: ${problem.message}`)
      defaults.push({config, value: inOurUnit, factor})
    } else unused.push(name)
  }
  defaults.sort((one, other) => other.factor - one.factor)
  const topicConfigs = Object.fromEntries(defaults.map(({config, value}) => [config, value]))
  return {
    options: {...options, ...(defaults.length === 0 ? {} : {topicConfigs})} as Settings['options'],
    dir,
    host: listener?.host,
    port: listener?.port,
    advertisedHost: advertised?.host,
    unused,
  }
}

function whole({name, value, where}: Property): number {
  if (!/^-?\d{1,15}$/.test(value)) throw new UsageError(`${where}: ${name} is a whole number, not '${value}'`)
  return Number(value)
}

/** -1 means without end in any unit. */
function scaled(property: Property, factor: number): string {
  const number = whole(property)
  return String(number < 0 ? number : number * factor)
}

function truth({name, value, where}: Property): boolean {
  if (!/^(true|false)$/i.test(value)) throw new UsageError(`${where}: ${name} is true or false, not '${value}'`)
  return value.toLowerCase() === 'true'
}

function onlyDir({name, value, where}: Property): string {
  const dirs = value.split(',').map(dir => dir.trim())
  if (dirs.length !== 1 || dirs[0] === '')
    throw new UsageError(`${where}: ${name} is one directory here, in which each broker has its own, not '${value}'`)
  return dirs[0]!
}

interface Listener {
  readonly host: string | undefined
  readonly port: number
}

/** The first plain one. Controllers do not listen here: what is said of them is passed over. */
function listenerOf({name: property, value, where}: Property): Listener {
  for (const each of value.split(',')) {
    const [, name, host, port] = /^\s*(\w+):\/\/(\[[^\]]*\]|[^:/\s]*):(\d+)\s*$/.exec(each) ?? []
    if (port === undefined)
      throw new UsageError(`${where}: ${property} is a list like PLAINTEXT://127.0.0.1:9092, not '${value}'`)
    if (name === 'CONTROLLER') continue
    if (name !== 'PLAINTEXT') throw new UsageError(`${where}: ${property}: only PLAINTEXT is served, not ${name}`)
    return {host: host === '' ? undefined : host, port: Number(port)}
  }
  throw new UsageError(`${where}: ${property} names no PLAINTEXT://HOST:PORT`)
}
