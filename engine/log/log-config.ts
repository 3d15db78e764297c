/** What governs one log: Kafka's topic configs, validated and with defaults, in Kafka's units. -1 in a retention or a flush bound means never. */
export interface LogConfig {
  readonly segmentBytes: number
  readonly segmentMs: number
  readonly segmentIndexBytes: number
  readonly indexIntervalBytes: number
  readonly retentionMs: number
  readonly retentionBytes: number
  readonly maxMessageBytes: number
  readonly messageTimestampType: 'CreateTime' | 'LogAppendTime'
  readonly cleanupPolicy: CleanupPolicy
  readonly minCleanableDirtyRatio: number
  readonly minCompactionLagMs: number
  readonly maxCompactionLagMs: number
  readonly deleteRetentionMs: number
}

/** What becomes of old records: they go with their segment, or only the newest of each key stays, or both. */
export type CleanupPolicy = 'delete' | 'compact' | 'compact,delete'

/** A list in any order, as in Kafka; undefined for what is none. */
export function cleanupPolicyOf(text: string): CleanupPolicy | undefined {
  const policies = new Set(text.split(',').map(policy => policy.trim()))
  if ([...policies].some(policy => policy !== 'compact' && policy !== 'delete')) return undefined
  if (policies.size === 2) return 'compact,delete'
  return policies.has('compact') ? 'compact' : 'delete'
}

const HOUR_MS = 3_600_000

export const LOG_CONFIG_DEFAULTS: LogConfig = {
  segmentBytes: 1024 * 1024 * 1024,
  segmentMs: 7 * 24 * HOUR_MS,
  segmentIndexBytes: 10 * 1024 * 1024,
  indexIntervalBytes: 4096,
  retentionMs: 7 * 24 * HOUR_MS,
  retentionBytes: -1,
  maxMessageBytes: 1_048_588,
  messageTimestampType: 'CreateTime',
  cleanupPolicy: 'delete',
  minCleanableDirtyRatio: 0.5,
  minCompactionLagMs: 0,
  maxCompactionLagMs: Number.MAX_SAFE_INTEGER,
  deleteRetentionMs: 24 * HOUR_MS,
}

export function isCompacted({cleanupPolicy}: Pick<LogConfig, 'cleanupPolicy'>): boolean {
  return cleanupPolicy !== 'delete'
}

/** Whether records go with their age or the log's size. */
export function isDeleted({cleanupPolicy}: Pick<LogConfig, 'cleanupPolicy'>): boolean {
  return cleanupPolicy !== 'compact'
}

/** Age at which a segment ends: only what is rolled can be compacted in time. */
export function segmentMsMax(config: LogConfig): number {
  return isCompacted(config) ? Math.min(config.segmentMs, config.maxCompactionLagMs) : config.segmentMs
}
