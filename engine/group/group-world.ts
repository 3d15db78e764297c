import type {ErrorCode} from '../errors.ts'
import type {Group} from './group.ts'
import type {GroupRecord} from './group-records.ts'

/** The time, in ms: of a clock that never jumps, for time-outs, and of day, for what is stored. */
export interface Now {
  readonly nowMs: number
  readonly wallMs: number
}

/** What a coordinator has around it. */
export interface GroupWorld {
  /** Appends records to the partition; `done` hears once every replica in sync has them, or why that will not be. */
  append(records: readonly GroupRecord[], done: (error: ErrorCode | undefined) => void): void
  /** An id that no member has had; it begins with `prefix`. */
  newMemberId(prefix: string): string
  /** The members of the group are to join it anew. */
  rebalancing(group: Group): void
  /** A topic as it is now, or undefined. */
  topic(name: string): {readonly topicId: string; readonly partitions: number} | undefined
}

/** What the parts of a coordinator have around them: an append is for one group, and `done` hears the time at which it has its outcome. */
export interface GroupSurface extends Omit<GroupWorld, 'append'> {
  append(group: Group, records: readonly GroupRecord[], done: (error: ErrorCode | undefined, now: Now) => void): void
}

export interface GroupConfig {
  /** How long an empty group waits for more members before its first rebalance (`group.initial.rebalance.delay.ms`). */
  readonly initialRebalanceDelayMs: number
  readonly minSessionTimeoutMs: number
  readonly maxSessionTimeoutMs: number
  /** How long what an empty group has committed is kept (`offsets.retention.minutes`). */
  readonly offsetsRetentionMs: number
  /** How often that is looked after (`offsets.retention.check.interval.ms`). */
  readonly offsetsRetentionCheckMs: number
  /** Characters of the metadata of a committed offset (`offset.metadata.max.bytes`). */
  readonly offsetMetadataMax: number
  readonly groupSizeMax: number
}

/** Kafka's defaults, but for the initial delay: threads that start together need not be waited for seconds. */
export const GROUP_CONFIG: GroupConfig = {
  initialRebalanceDelayMs: 0,
  minSessionTimeoutMs: 6000,
  maxSessionTimeoutMs: 1_800_000,
  offsetsRetentionMs: 7 * 24 * 3_600_000,
  offsetsRetentionCheckMs: 600_000,
  offsetMetadataMax: 4096,
  groupSizeMax: 10_000,
}
