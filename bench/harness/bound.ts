import type {Measure, Result} from './measure.ts'

/** Stands as a peer where we promise a number, not a ratio. */
export const BOUND = 'the bound'

export function bound(what: Measure['what'], unit: Measure['unit'], value: number): Result {
  return {subject: BOUND, what, unit, value, spread: 0}
}
