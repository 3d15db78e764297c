/**
 * What programs did to a log, as they saw it: the input of the checkers. Any Kafka-like cluster can be checked with it; partitions go by
 * any name, as `orders-0`, and each value is sent once to its partition, so that it says where it came from.
 */
export type Value = string | number

/** `info`: nobody knows whether it happened, as after a time-out. */
export type Outcome = 'ok' | 'fail' | 'info'

export interface SendStep {
  readonly type: 'send'
  readonly partition: string
  readonly value: Value
  /** Where it was stored, as far as the sender was told. */
  readonly offset?: number | undefined
}

export interface PollStep {
  readonly type: 'poll'
  readonly partition: string
  readonly records: readonly {readonly offset: number; readonly value: Value}[]
}

/** One call of a program's, or one transaction; what it consists of stands in order. */
export interface Operation {
  /** Who did it; a process does one thing after another. */
  readonly process: Value
  readonly outcome: Outcome
  readonly steps: readonly (SendStep | PollStep)[]
  /** The process was given other partitions, or a position of its choice, before: its polls begin anew. */
  readonly reassigned?: boolean | undefined
}

export const ANOMALIES = [
  'inconsistent-offsets',
  'G1a',
  'lost-write',
  'duplicate',
  'poll-skip',
  'nonmonotonic-poll',
  'nonmonotonic-send',
  'int-poll-skip',
  'int-send-skip',
  'int-nonmonotonic-poll',
  'int-nonmonotonic-send',
  'precommitted-read',
  'unseen',
] as const

export type AnomalyKind = (typeof ANOMALIES)[number]

export interface Anomaly {
  readonly kind: AnomalyKind
  readonly partition: string
  /** Who met it, where it is somebody's own. */
  readonly process?: Value | undefined
  /** The values, or the offsets (`3 -> 7`), that are wrong. */
  readonly what: string
}
