import type {Chance} from '../../faults/chance.ts'

/** How large a simulated cluster is, and what its topics are like. */
export interface SimShape {
  readonly brokers: number
  readonly coordinators: number
  readonly hostsABroker: number
  readonly clients: number
  readonly sessionTimeoutMs: number
  readonly replicaLagTimeMaxMs: number
  readonly segmentBytes: number
}

export const DELIVERY_TIMEOUT_MS = 8000
export const BATCH_BYTES = 4096

export function anyShape(chance: Chance): SimShape {
  return {
    brokers: chance.pick([1, 2, 3, 3, 3, 4]),
    coordinators: chance.pick([1, 3, 3]),
    hostsABroker: chance.pick([1, 2, 3]),
    clients: chance.pick([1, 2]),
    sessionTimeoutMs: 1000,
    replicaLagTimeMaxMs: chance.pick([500, 2000]),
    segmentBytes: chance.pick([4096, 16_384]),
  }
}
