import type {DiskCall} from '../../engine/cluster/disk-fault.ts'

/** One thing that goes wrong, for `ms`; after that it is put right again, and after `pauseMs` more comes the next. */
export type FaultStep = {readonly ms: number; readonly pauseMs: number} & (
  | {readonly type: 'kill' | 'stall'; readonly broker: number}
  | {
      readonly type: 'disk'
      readonly broker: number
      readonly call: DiskCall
      readonly error: string
      readonly probability: number
    }
  | {readonly type: 'slow disk'; readonly broker: number; readonly latencyMs: number}
  | {readonly type: 'kill coordinator'; readonly coordinator: number}
)

export type FaultPlan = readonly FaultStep[]

/** What a plan is about. */
export interface PlanShape {
  readonly brokers: number
  /** None are killed where it is missing, or 1: nobody would elect. */
  readonly coordinators?: number
  readonly steps?: number
  /** How long one fault lasts at most, 300 where it is missing. */
  readonly msMax?: number
}

export const STEPS = 5
export const MS_MAX = 300
/** What disks do that fail. A sync that failed once is final for that log, as it has to be, so it is for those who ask for it. */
export const DISK_ERRORS = [
  {call: 'write', error: 'EIO'},
  {call: 'write', error: 'ENOSPC'},
  {call: 'open', error: 'EMFILE'},
] as const satisfies readonly {call: DiskCall; error: string}[]

/** A plan out of a seed: the same one each time. One fault at a time; whoever had the last one may not have caught up yet. */
export function faultPlan(shape: PlanShape & {seed: number}): FaultPlan {
  const {brokers, coordinators = 1, steps = STEPS, msMax = MS_MAX, seed} = shape
  const below = diceOf(seed)
  return Array.from({length: steps}, (): FaultStep => {
    const broker = 1 + below(brokers)
    const times = {ms: 1 + below(msMax), pauseMs: below(msMax)}
    switch (below(coordinators > 1 ? 5 : 4)) {
      case 0:
        return {type: 'kill', broker, ...times}
      case 1:
        return {type: 'stall', broker, ...times}
      case 2:
        return {
          type: 'disk',
          broker,
          ...DISK_ERRORS[below(DISK_ERRORS.length)]!,
          probability: (1 + below(10)) / 10,
          ...times,
        }
      case 3:
        return {type: 'slow disk', broker, latencyMs: 1 + below(20), ...times}
      default:
        return {type: 'kill coordinator', coordinator: 1 + below(coordinators), ...times}
    }
  })
}

function diceOf(seed: number): (bound: number) => number {
  let state = seed >>> 0
  return bound => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound
  }
}
