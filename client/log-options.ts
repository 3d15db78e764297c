import {OdradekError} from '../engine/errors.ts'
import {INT32_MAX, MAX_MESSAGE_BYTES_MAX} from '../engine/limits.ts'
import {cleanupPolicyOf, LOG_CONFIG_DEFAULTS, type LogConfig} from '../engine/log/log-config.ts'
import {isTopicName} from '../engine/log/segment-files.ts'
import {describe} from './arguments.ts'

export type Durability = 'written' | 'synced'

/** Options of `openLog`. Those that govern the log are Kafka's topic configs in camelCase, with Kafka's units and defaults. */
export interface LogOptions {
  /** Topic the log belongs to; its directory is `TOPIC-0`. Default `log`. */
  topic?: string
  /** What an append is worth by default: `synced` survives power loss, `written` the end of the process. Default `synced`. */
  durability?: Durability
  /** Size at which a new segment starts, in bytes, 1 KiB to 2 GiB - 1. Default 1 GiB. */
  segmentBytes?: number
  /** Age at which a new segment starts, in ms between timestamps. Default 7 days. */
  segmentMs?: number
  /** Greatest size of an index file in bytes; a full one starts a new segment. Default 10 MiB. */
  segmentIndexBytes?: number
  /** Bytes between two index entries. Default 4096. */
  indexIntervalBytes?: number
  /** Age after which a segment is deleted, in ms; -1 keeps all. Default 7 days. */
  retentionMs?: number
  /** Size the log may have before its oldest segments go, in bytes; -1 sets no bound. Default -1. */
  retentionBytes?: number
  /** How often retention looks, in ms. Default 5 minutes. */
  retentionCheckMs?: number
  /** Greatest size of a record batch, and so of a record, in bytes, up to 128 MiB. Default 1 048 588. */
  maxMessageBytes?: number
  /** Whose clock stamps records: the sender's or the log's. Default `CreateTime`. */
  messageTimestampType?: 'CreateTime' | 'LogAppendTime'
  /** What becomes of old records: `delete`, or `compact`, which keeps the newest of each key and wants every record to have one, or both, in any order. Default `delete`. */
  cleanupPolicy?: 'delete' | 'compact' | `compact,${'' | ' '}delete` | `delete,${'' | ' '}compact`
  /** Part of the log, by bytes, that must not have been compacted yet for that to be done; 0 to 1. Default 0.5. */
  minCleanableDirtyRatio?: number
  /** Age before which a record is not compacted, in ms. Default 0. */
  minCompactionLagMs?: number
  /** Age at which what is dirty is compacted, however little it is, in ms. Default: never. */
  maxCompactionLagMs?: number
  /** How long a record without a value, which deletes its key, can still be read once it is compacted, in ms. Default 24 hours. */
  deleteRetentionMs?: number
  /** How often compaction looks, in ms. Default 15 seconds. */
  cleanerBackoffMs?: number
  /** Sync after this many records; -1 never, which leaves it to the operating system. Default -1. Under `synced` everything is synced anyway. */
  flushMessages?: number
  /** Sync what is older than this, in ms; -1 never. Default -1. */
  flushMs?: number
  /** Bytes a thread may append ahead of the replica thread before `append` throws. Default 256 MiB. */
  bufferMemory?: number
  /** Damage to data that had been synced: refuse to open (the default), or open and leave it, so that what is intact can be read. */
  onDamage?: 'refuse' | 'keep'
  /** The script of the log's threads, `odradek/thread`, where it was bundled as an entry of its own. By default it is found, also in a bundle. */
  workerEntry?: URL
}

/** The options with every default filled in. */
export interface ResolvedOptions {
  readonly topic: string
  readonly durability: Durability
  readonly config: LogConfig
  readonly flushMessages: number
  readonly flushMs: number
  readonly retentionCheckMs: number
  readonly cleanerBackoffMs: number
  readonly bufferMemory: number
  readonly onDamage: 'refuse' | 'keep'
  readonly workerEntry: string | undefined
}

type Rule = (value: unknown) => string | undefined

const MIB = 1024 * 1024

const RULES: {readonly [K in keyof Required<LogOptions>]: Rule} = {
  topic: value =>
    typeof value === 'string' && isTopicName(value)
      ? undefined
      : 'is 1 to 249 letters, digits, dots, underscores or hyphens',
  durability: oneOf('written', 'synced'),
  segmentBytes: whole(1024, INT32_MAX),
  segmentMs: whole(1),
  segmentIndexBytes: whole(24, INT32_MAX),
  indexIntervalBytes: whole(0, INT32_MAX),
  retentionMs: whole(-1),
  retentionBytes: whole(-1),
  retentionCheckMs: whole(1),
  maxMessageBytes: whole(128, MAX_MESSAGE_BYTES_MAX),
  messageTimestampType: oneOf('CreateTime', 'LogAppendTime'),
  cleanupPolicy: value =>
    typeof value === 'string' && cleanupPolicyOf(value) !== undefined
      ? undefined
      : 'is delete, compact, or compact,delete',
  minCleanableDirtyRatio: value =>
    typeof value === 'number' && value >= 0 && value <= 1 ? undefined : 'is a number from 0 to 1',
  minCompactionLagMs: whole(0),
  maxCompactionLagMs: whole(1),
  deleteRetentionMs: whole(0),
  cleanerBackoffMs: whole(1),
  flushMessages: value =>
    value === -1 || whole(1)(value) === undefined ? undefined : 'is a whole number from 1, or -1',
  flushMs: whole(-1),
  bufferMemory: whole(0),
  onDamage: oneOf('refuse', 'keep'),
  workerEntry: value =>
    /^(file|data):/.test((value as Partial<URL> | null)?.href ?? '') ? undefined : 'is a URL, file: or data:',
}

/** Checks names, types and ranges; the error names the option and what it takes. */
export function resolveOptions(options: LogOptions): ResolvedOptions {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new OdradekError('INVALID_CONFIG', `options are an object, not ${describe(options)}`)
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(RULES, name))
      throw new OdradekError('INVALID_CONFIG', `there is no option ${name}; there are ${Object.keys(RULES).join(', ')}`)
    const problem = value === undefined ? undefined : RULES[name as keyof LogOptions](value)
    if (problem !== undefined) throw new OdradekError('INVALID_CONFIG', `${name} ${problem}, not ${describe(value)}`)
  }
  const {
    topic = 'log',
    durability = 'synced',
    flushMessages = -1,
    flushMs = -1,
    retentionCheckMs = 5 * 60_000,
    cleanerBackoffMs = 15_000,
    bufferMemory = 256 * MIB,
    onDamage = 'refuse',
    workerEntry,
    ...given
  } = withoutUndefined(options)
  const {cleanupPolicy = LOG_CONFIG_DEFAULTS.cleanupPolicy} = given
  const config: LogConfig = {...LOG_CONFIG_DEFAULTS, ...given, cleanupPolicy: cleanupPolicyOf(cleanupPolicy)!}
  if (config.minCompactionLagMs > config.maxCompactionLagMs) {
    const {minCompactionLagMs, maxCompactionLagMs} = config
    throw new OdradekError(
      'INVALID_CONFIG',
      `minCompactionLagMs is at most maxCompactionLagMs, ${maxCompactionLagMs}, not ${minCompactionLagMs}`,
    )
  }
  return {
    topic,
    durability,
    config,
    flushMessages,
    flushMs,
    retentionCheckMs,
    cleanerBackoffMs,
    bufferMemory,
    onDamage,
    workerEntry: workerEntry?.href,
  }
}

function withoutUndefined<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T
}

function oneOf(...choices: readonly string[]): Rule {
  return value =>
    choices.includes(value as string) ? undefined : `is ${choices.map(choice => `'${choice}'`).join(' or ')}`
}

function whole(least: number, most: number = Number.MAX_SAFE_INTEGER): Rule {
  const range = most === Number.MAX_SAFE_INTEGER ? `from ${least}` : `from ${least} to ${most}`
  return value =>
    Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most
      ? undefined
      : `is a whole number ${range}`
}
