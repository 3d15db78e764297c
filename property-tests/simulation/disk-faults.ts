import {type DiskCallKind, type Interception, systemError} from './memory-disk.ts'

/** One call that goes wrong: the `nth` (from 1) of a kind whose path ends so. */
export interface DiskFault {
  readonly kind: DiskCallKind | 'any'
  readonly nth: number
  readonly suffix?: string
  /** The system's error, or how many bytes of the write are done before the disk is full. */
  readonly fails: string | number
  /** How many calls fail, counted from the nth; a full disk stays full. Default 1. */
  readonly times?: number
}

/** Fails calls by plan. `happened` tells how many it failed, `last` which one of them last. */
export class DiskFaults {
  happened = 0
  last: {readonly kind: DiskCallKind; readonly path: string} | undefined
  readonly #fault: DiskFault
  #seen = 0

  constructor(fault: DiskFault) {
    this.#fault = fault
  }

  readonly intercept: Interception = (kind, path) => {
    const {kind: wanted, nth, suffix = '', fails, times = 1} = this.#fault
    if ((wanted !== 'any' && kind !== wanted) || !path.endsWith(suffix)) return undefined
    this.#seen++
    if (this.#seen < nth || this.#seen >= nth + times) return undefined
    this.happened++
    this.last = {kind, path}
    if (typeof fails === 'number') return fails
    throw systemError(fails, path)
  }
}
