import {OdradekError} from '../engine/errors.ts'
import {BROKERS_MAX, COORDINATORS_MAX, HOSTS_A_BROKER_MAX, REPLICAS_MAX} from '../engine/limits.ts'
import {describe} from './arguments.ts'
import type {Durability} from './log-options.ts'

/** Options of `openCluster`. */
export interface ClusterOptions {
  /** Where everything is kept: `broker-1/` …, `coordinator-1/` …, `quarantine/`. Without it (and without `dirs`) a temporary one is used and removed at close. */
  dir?: string | URL
  /** The dir of each broker, which may lie on different disks. What coordinators keep is in `dir`, or beside the first of these. */
  dirs?: readonly (string | URL)[]
  /** Brokers, 1 to 64. Default 1, or as many as there are `dirs`. */
  brokers?: number
  /** Coordinators: 1, 3 or 5. Default 1. */
  coordinators?: number
  /** Threads of a broker that host replicas; more replicas share them. Default 64. */
  replicaThreads?: number
  /** How long a thread may be silent before others take its work over, in ms. Default 1000. */
  sessionTimeoutMs?: number
  /** How long a replica may lag before it is out of sync, in ms (`replica.lag.time.max.ms`). Default 30 000. */
  replicaLagTimeMaxMs?: number
  /** What an acknowledgement is worth where a topic does not say. Default `synced`, and `written` in a temporary dir. */
  durability?: Durability
  /** Partitions of a topic that does not say (`num.partitions`). Default 1. */
  numPartitions?: number
  /** Replicas of a topic that does not say (`default.replication.factor`). Default 3, or as many as there are brokers. */
  replicationFactor?: number
  /** Whether a topic is made where it is asked for and missing. Default true. */
  autoCreateTopics?: boolean
  /** Configs of topics that do not set them, by Kafka's names: `{'retention.ms': 60000}`. */
  topicConfigs?: Readonly<Record<string, string | number | boolean>>
  /** How often retention looks, in ms. Default 5 minutes. */
  retentionCheckMs?: number
  /** How often compaction looks, in ms (`log.cleaner.backoff.ms`). Default 15 seconds. */
  cleanerBackoffMs?: number
  /** Bytes that a thread may have waiting for one partition before `append` throws. Default 32 MiB. */
  bufferMemory?: number
  /** How long a send may take, failovers included, in ms (`delivery.timeout.ms`). Default 120 000. */
  deliveryTimeoutMs?: number
  /** How long a call of the admin may take that does not say, in ms (`default.api.timeout.ms`). Default 60 000. */
  defaultApiTimeoutMs?: number
  /** The last resort where no majority of the coordinators' logs is whole: the one that goes furthest counts, and changes that only lost ones had are gone. Default false. */
  forceAgreement?: boolean
  /** The script of the cluster's threads, `odradek/thread`, where it was bundled as an entry of its own. */
  workerEntry?: URL
}

/** The options with every default filled in; paths are still as given. */
export interface ResolvedClusterOptions {
  readonly dir: string | URL | undefined
  readonly dirs: readonly (string | URL)[] | undefined
  readonly brokers: number
  readonly coordinators: number
  readonly replicaThreads: number
  readonly sessionTimeoutMs: number
  readonly replicaLagTimeMaxMs: number
  readonly durability: Durability
  readonly numPartitions: number
  readonly replicationFactor: number
  readonly autoCreateTopics: boolean
  readonly topicConfigs: Readonly<Record<string, string>>
  readonly retentionCheckMs: number
  readonly cleanerBackoffMs: number
  readonly bufferMemory: number
  readonly deliveryTimeoutMs: number
  readonly defaultApiTimeoutMs: number
  readonly forceAgreement: boolean
  readonly workerEntry: string | undefined
}

type Rule = (value: unknown) => string | undefined

const RULES: {readonly [K in keyof Required<ClusterOptions>]: Rule} = {
  dir: value => (isPath(value) ? undefined : 'is a path or a file: URL'),
  dirs: value => (Array.isArray(value) && value.length > 0 && value.every(isPath) ? undefined : 'is a list of paths'),
  brokers: whole(1, BROKERS_MAX),
  coordinators: value =>
    whole(1, COORDINATORS_MAX)(value) === undefined && (value as number) % 2 === 1
      ? undefined
      : `is 1, 3 or ${COORDINATORS_MAX}: an even number has no better majority than the one below it`,
  replicaThreads: whole(1, HOSTS_A_BROKER_MAX),
  sessionTimeoutMs: whole(50, 3_600_000),
  replicaLagTimeMaxMs: whole(1),
  durability: value => (value === 'written' || value === 'synced' ? undefined : "is 'written' or 'synced'"),
  numPartitions: whole(1, 100_000),
  replicationFactor: whole(1, REPLICAS_MAX),
  autoCreateTopics: value => (typeof value === 'boolean' ? undefined : 'is true or false'),
  topicConfigs: value =>
    typeof value === 'object' && value !== null && !Array.isArray(value) ? undefined : 'is an object',
  retentionCheckMs: whole(1),
  cleanerBackoffMs: whole(1),
  bufferMemory: whole(0),
  deliveryTimeoutMs: whole(1, 2 ** 31 - 1),
  defaultApiTimeoutMs: whole(1, 2 ** 31 - 1),
  forceAgreement: value => (typeof value === 'boolean' ? undefined : 'is true or false'),
  workerEntry: value =>
    /^(file|data):/.test((value as Partial<URL> | null)?.href ?? '') ? undefined : 'is a URL, file: or data:',
}

/** Checks names, types and ranges; the error names the option and what it takes. */
export function resolveClusterOptions(options: ClusterOptions): ResolvedClusterOptions {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new OdradekError('INVALID_CONFIG', `options are an object, not ${describe(options)}`)
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(RULES, name))
      throw new OdradekError('INVALID_CONFIG', `there is no option ${name}; there are ${Object.keys(RULES).join(', ')}`)
    const problem = value === undefined ? undefined : RULES[name as keyof ClusterOptions](value)
    if (problem !== undefined) throw new OdradekError('INVALID_CONFIG', `${name} ${problem}, not ${describe(value)}`)
  }
  const {dir, dirs, brokers = dirs?.length ?? 1} = options
  if (dirs !== undefined && dirs.length !== brokers)
    throw new OdradekError('INVALID_CONFIG', `there are ${dirs.length} dirs for ${brokers} brokers`)
  const {replicationFactor = Math.min(3, brokers)} = options
  if (replicationFactor > brokers)
    throw new OdradekError('INVALID_CONFIG', `replicationFactor is ${replicationFactor}, with ${brokers} brokers`)
  const configs = Object.entries(options.topicConfigs ?? {}).map(([name, value]) => [name, String(value)])
  const isTemporary = dir === undefined && dirs === undefined
  const durability = options.durability ?? (isTemporary ? 'written' : 'synced')
  return {
    dir,
    dirs,
    brokers,
    coordinators: options.coordinators ?? 1,
    replicaThreads: options.replicaThreads ?? 64,
    sessionTimeoutMs: options.sessionTimeoutMs ?? 1000,
    replicaLagTimeMaxMs: options.replicaLagTimeMaxMs ?? 30_000,
    durability,
    numPartitions: options.numPartitions ?? 1,
    replicationFactor,
    autoCreateTopics: options.autoCreateTopics ?? true,
    topicConfigs: {durability, ...Object.fromEntries(configs)},
    retentionCheckMs: options.retentionCheckMs ?? 5 * 60_000,
    cleanerBackoffMs: options.cleanerBackoffMs ?? 15_000,
    bufferMemory: options.bufferMemory ?? 32 * 1024 * 1024,
    deliveryTimeoutMs: options.deliveryTimeoutMs ?? 120_000,
    defaultApiTimeoutMs: options.defaultApiTimeoutMs ?? 60_000,
    forceAgreement: options.forceAgreement ?? false,
    workerEntry: options.workerEntry?.href,
  }
}

function isPath(value: unknown): boolean {
  return (typeof value === 'string' && value !== '') || value instanceof URL
}

function whole(least: number, most: number = Number.MAX_SAFE_INTEGER): Rule {
  const range = most === Number.MAX_SAFE_INTEGER ? `from ${least}` : `from ${least} to ${most}`
  return value =>
    Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most
      ? undefined
      : `is a whole number ${range}`
}
