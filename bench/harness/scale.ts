/** How much is measured: `full` for numbers to publish, `quick` for a look, `tiny` for the tests, whose numbers mean nothing. */
export type ScaleName = 'full' | 'quick' | 'tiny'

export interface Scale {
  readonly name: ScaleName
  /** Rounds of every subject that count. */
  readonly rounds: number
  /** Whether a round that does not count goes before them. */
  readonly warmsUp: boolean
  pick<T>(by: Readonly<Record<ScaleName, T>>): T
}

const ROUNDS = {full: 5, quick: 3, tiny: 1} as const

export function scaleOf(name: ScaleName): Scale {
  return {name, rounds: ROUNDS[name], warmsUp: name !== 'tiny', pick: by => by[name]}
}
