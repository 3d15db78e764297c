import type {TopicConfigs} from '../ensemble/metadata.ts'
import {INT32_MAX, MAX_MESSAGE_BYTES_MAX} from '../limits.ts'
import {cleanupPolicyOf, LOG_CONFIG_DEFAULTS, type LogConfig} from '../log/log-config.ts'
import type {Refusal} from './topic-names.ts'

/** As Kafka's DescribeConfigs names types. */
export type ConfigType = 'boolean' | 'string' | 'int' | 'long' | 'double' | 'list'

interface Rule {
  readonly type: ConfigType
  readonly default: string
  /** What is wrong with a value, as the end of a sentence that begins with its name. */
  refuse(text: string): string | undefined
}

/** Kafka's int64 of no bound, for which our engine has -1. */
const LONG_MAX = '9223372036854775807'
const NEVER = -1
const D = LOG_CONFIG_DEFAULTS

/** Topic configs by their dotted names. Those of Kafka have Kafka's meaning, unit and default. */
const RULES = {
  'cleanup.policy': {
    type: 'list',
    default: 'delete',
    refuse: text => (cleanupPolicyOf(text) === undefined ? 'is delete, compact, or compact,delete' : undefined),
  },
  'delete.retention.ms': long(0, {default: String(D.deleteRetentionMs)}),
  // not Kafka's: what an ack says about power loss
  durability: choice('synced', 'written'),
  'flush.messages': long(1, {default: LONG_MAX}),
  'flush.ms': long(0, {default: LONG_MAX}),
  'index.interval.bytes': int(0, D.indexIntervalBytes),
  'max.compaction.lag.ms': long(1, {default: LONG_MAX}),
  'max.message.bytes': int(128, D.maxMessageBytes, MAX_MESSAGE_BYTES_MAX),
  'message.timestamp.type': choice('CreateTime', 'LogAppendTime'),
  'min.cleanable.dirty.ratio': {
    type: 'double',
    default: String(D.minCleanableDirtyRatio),
    refuse: text => (/^\d*\.?\d+$/.test(text) && Number(text) <= 1 ? undefined : 'is a number from 0 to 1'),
  },
  'min.compaction.lag.ms': long(0, {default: String(D.minCompactionLagMs)}),
  'min.insync.replicas': int(1, 1),
  'retention.bytes': long(NEVER, {default: String(D.retentionBytes)}),
  'retention.ms': long(NEVER, {default: String(D.retentionMs)}),
  'segment.bytes': int(1024, D.segmentBytes),
  'segment.index.bytes': int(24, D.segmentIndexBytes),
  'segment.ms': long(1, {default: String(D.segmentMs)}),
  'unclean.leader.election.enable': {
    type: 'boolean',
    default: 'false',
    refuse: text => (text === 'true' || text === 'false' ? undefined : 'is true or false'),
  },
} as const satisfies Record<string, Rule>

export type TopicConfigName = keyof typeof RULES

export const TOPIC_CONFIG_NAMES = Object.keys(RULES) as TopicConfigName[]

/** Topic configs of Kafka that nothing here acts on, with the value that asks for nothing; only that is taken. */
const WITHOUT_EFFECT: TopicConfigs = {
  'compression.type': 'producer',
  'file.delete.delay.ms': '60000',
  'follower.replication.throttled.replicas': '',
  'leader.replication.throttled.replicas': '',
  'local.retention.bytes': '-2',
  'local.retention.ms': '-2',
  'message.timestamp.after.max.ms': LONG_MAX,
  'message.timestamp.before.max.ms': LONG_MAX,
  preallocate: 'false',
  'remote.storage.enable': 'false',
  'segment.jitter.ms': '0',
}

export function refuseTopicConfigs(configs: TopicConfigs): Refusal | undefined {
  for (const [name, text] of Object.entries(configs)) {
    const problem = problemOf(name, text)
    if (problem !== undefined) return {error: 'INVALID_CONFIG', message: `${name} ${problem}`}
  }
  const least = Number(valueIn('min.compaction.lag.ms', configs, {}))
  const most = Number(valueIn('max.compaction.lag.ms', configs, {}))
  if (least <= most) return undefined
  const message = `min.compaction.lag.ms is at most max.compaction.lag.ms, ${most}, not ${least}`
  return {error: 'INVALID_CONFIG', message}
}

export function isTopicConfig(name: string): boolean {
  return Object.hasOwn(RULES, name) || Object.hasOwn(WITHOUT_EFFECT, name)
}

function problemOf(name: string, text: unknown): string | undefined {
  if (!isTopicConfig(name)) return 'is no config of a topic'
  if (typeof text !== 'string') return 'is given as text'
  if (Object.hasOwn(RULES, name)) {
    const problem = RULES[name as TopicConfigName].refuse(text)
    return problem === undefined ? undefined : `${problem}, not '${text}'`
  }
  const only = WITHOUT_EFFECT[name]!
  return text === only ? undefined : `has no effect here, so it is '${only}', not '${text}'`
}

export interface DescribedConfig {
  readonly name: string
  readonly value: string
  readonly type: ConfigType
  /** Where the value comes from: set for the topic, for the cluster, or nowhere. */
  readonly source: 'topic' | 'cluster' | 'default'
}

/** All configs of a topic, with what `cluster` says where the topic says nothing. */
export function describeTopicConfigs(topic: TopicConfigs, cluster: TopicConfigs): DescribedConfig[] {
  return TOPIC_CONFIG_NAMES.map(name => {
    const source = topic[name] !== undefined ? 'topic' : cluster[name] !== undefined ? 'cluster' : 'default'
    return {name, value: valueIn(name, topic, cluster), type: RULES[name].type, source}
  })
}

/** What a topic's configs come to for who hosts it. */
export interface TopicSettings {
  readonly log: LogConfig
  readonly durability: 'written' | 'synced'
  /** -1 means never. */
  readonly flushMessages: number
  readonly flushMs: number
  readonly minInsyncReplicas: number
  readonly uncleanLeaderElection: boolean
}

/** Of configs that were not refused. */
export function topicSettings(topic: TopicConfigs, cluster: TopicConfigs): TopicSettings {
  const text = (name: TopicConfigName) => valueIn(name, topic, cluster)
  const number = (name: TopicConfigName) => (text(name) === LONG_MAX ? NEVER : Number(text(name)))
  const bound = (name: TopicConfigName) => Math.min(Number(text(name)), Number.MAX_SAFE_INTEGER)
  return {
    log: {
      segmentBytes: number('segment.bytes'),
      segmentMs: bound('segment.ms'),
      segmentIndexBytes: number('segment.index.bytes'),
      indexIntervalBytes: number('index.interval.bytes'),
      retentionMs: number('retention.ms'),
      retentionBytes: number('retention.bytes'),
      maxMessageBytes: number('max.message.bytes'),
      messageTimestampType: text('message.timestamp.type') as LogConfig['messageTimestampType'],
      cleanupPolicy: cleanupPolicyOf(text('cleanup.policy'))!,
      minCleanableDirtyRatio: Number(text('min.cleanable.dirty.ratio')),
      minCompactionLagMs: bound('min.compaction.lag.ms'),
      maxCompactionLagMs: bound('max.compaction.lag.ms'),
      deleteRetentionMs: bound('delete.retention.ms'),
    },
    durability: text('durability') as TopicSettings['durability'],
    flushMessages: number('flush.messages'),
    flushMs: number('flush.ms'),
    minInsyncReplicas: number('min.insync.replicas'),
    uncleanLeaderElection: isUnclean(topic, cluster),
  }
}

export function isUnclean(topic: TopicConfigs, cluster: TopicConfigs): boolean {
  return valueIn('unclean.leader.election.enable', topic, cluster) === 'true'
}

function valueIn(name: TopicConfigName, topic: TopicConfigs, cluster: TopicConfigs): string {
  return topic[name] ?? cluster[name] ?? RULES[name].default
}

function choice(first: string, second: string): Rule {
  return {
    type: 'string',
    default: first,
    refuse: text => (text === first || text === second ? undefined : `is ${first} or ${second}`),
  }
}

function int(least: number, preset: number, most = INT32_MAX): Rule {
  return {type: 'int', default: String(preset), refuse: text => refuseWhole(text, least, most)}
}

function long(least: number, {default: preset}: {default: string}): Rule {
  return {
    type: 'long',
    default: preset,
    refuse: text => (text === LONG_MAX ? undefined : refuseWhole(text, least, Number.MAX_SAFE_INTEGER)),
  }
}

function refuseWhole(text: string, least: number, most: number): string | undefined {
  const value = Number(text)
  // a value beyond what is exact would be another one than was asked for
  const isFine = /^-?\d{1,16}$/.test(text) && value >= least && value <= most
  return isFine ? undefined : `is a whole number from ${least} to ${most}`
}
