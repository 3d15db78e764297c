import {type Result, ratioOf, type Unit} from './measure.ts'
import type {Share} from './row.ts'

/** The limits of this machine that results are held against, measured at the start of every run. */
export class Yardsticks {
  readonly results: readonly Result[]

  constructor(results: readonly Result[]) {
    this.results = results
  }

  /** How much of each named limit `value` is; nothing of one that was not measured. */
  shares(value: number, unit: Unit, ...limits: readonly string[]): Share[] {
    return limits.flatMap(what => {
      const limit = this.results.find(result => result.what === what && result.unit === unit)
      return limit === undefined ? [] : [{of: what, share: ratioOf({what, unit, value}, limit)}]
    })
  }
}
