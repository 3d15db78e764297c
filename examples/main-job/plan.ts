import type {Flight} from './flights.ts'

export const TOPIC = 'flights'
export const PARTITIONS = 6
export const BROKERS = 3
export const COORDINATORS = 3
export const REPLICAS = 3
export const PRODUCERS = 2

/** What a run streams: the first `fullSpeed` flights as fast as it goes, then `paced` more at a fixed rate. */
export interface Plan {
  readonly fullSpeed: number
  readonly paced: number
  readonly pacedPerSecond: number
}

const PACED = 150_000
const PACED_PER_SECOND = 20_000

/** With a rate of their own, all records are paced; without one, so many that there is time for things to fail meanwhile. */
export function planOf(records: number, perSecond: number | undefined): Plan {
  if (perSecond !== undefined) return {fullSpeed: 0, paced: records, pacedPerSecond: perSecond}
  const paced = Math.min(PACED, Math.floor(records / 2))
  return {fullSpeed: records - paced, paced, pacedPerSecond: PACED_PER_SECOND}
}

export function recordsOf(plan: Plan): number {
  return plan.fullSpeed + plan.paced
}

/** How many records are acknowledged when something is done to the cluster: all of it while records stream at their rate. */
export function momentsOf(plan: Plan): {killBroker: number; killCoordinator: number; restart: number} {
  const at = (share: number) => plan.fullSpeed + Math.floor(plan.paced * share)
  return {killBroker: at(0.25), killCoordinator: at(0.45), restart: at(0.65)}
}

/** All of an airport goes to one partition, which keeps it in order. The hash (FNV-1a) is the same in every thread and every run. */
export function partitionOf(key: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193)
  return (hash >>> 0) % PARTITIONS
}

/**
 * The flights are split by airport, about half and half: whatever an airport reports comes from one producer, and each producer has
 * airports in every partition.
 */
export function producerOf(flight: Flight): number {
  return flight.key <= 'LAX' ? 0 : 1
}
