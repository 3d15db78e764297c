import type {Flight} from './flights.ts'

/** What a run streams: the first `fullSpeed` flights as fast as it goes, then `paced` more at a fixed rate. */
export interface Plan {
  readonly fullSpeed: number
  readonly paced: number
  readonly pacedPerSecond: number
}

const PACED = 40_000
const PACED_PER_SECOND = 20_000

/** With a rate of their own, all records are paced; without one, only so many that the latency can be told. */
export function planOf(records: number, perSecond: number | undefined): Plan {
  if (perSecond !== undefined) return {fullSpeed: 0, paced: records, pacedPerSecond: perSecond}
  const paced = Math.min(PACED, Math.floor(records / 2))
  return {fullSpeed: records - paced, paced, pacedPerSecond: PACED_PER_SECOND}
}

export function recordsOf(plan: Plan): number {
  return plan.fullSpeed + plan.paced
}

export const PRODUCERS = 2

/**
 * The flights are split by airport, about half and half: whatever an airport reports comes from one producer, so the log
 * keeps it in order.
 */
export function producerOf(flight: Flight): number {
  return flight.key <= 'LAX' ? 0 : 1
}
