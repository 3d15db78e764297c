/** The words of a measurement: who, what, in which unit. */

/** Ours is exactly this in every row. */
export const OURS = 'odradek'

export type Unit =
  | 'records/s'
  | 'MiB/s'
  | 'GB/s'
  | 'records/sync'
  | 'ns'
  | 'µs'
  | 'ms'
  | 'MiB'
  | 'files'
  | 'threads'
  | '% of a core'
  | 'CPU s/GiB'

/** Of these more is better; of all others less is. */
const MORE_IS_BETTER: ReadonlySet<Unit> = new Set<Unit>(['records/s', 'MiB/s', 'GB/s', 'records/sync'])

export interface Measure {
  readonly what: string
  readonly unit: Unit
  readonly value: number
}

/** Something that is measured: we, a peer, or the machine itself. */
export interface Subject {
  readonly name: string
  /** What a round writes to files, about, where that is much. */
  readonly fileBytes?: number
  /** Prepares, measures, checks what came out, and leaves nothing behind. */
  round(): readonly Measure[] | Promise<readonly Measure[]>
}

/** What a subject reached in one respect: the median of its rounds. */
export interface Result extends Measure {
  readonly subject: string
  /** How far the rounds lie apart: (greatest - least) / median. */
  readonly spread: number
}

/** How many times better `ours` is than `theirs`. */
export function ratioOf(ours: Measure, theirs: Measure): number {
  return MORE_IS_BETTER.has(ours.unit) ? ours.value / theirs.value : theirs.value / ours.value
}

/** Names what was measured, in one word for a row's `metric`. */
export function metricOf({what, unit}: {readonly what: string; readonly unit: Unit}): string {
  return `${what}, ${unit}`
}
