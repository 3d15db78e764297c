import {constants} from 'node:os'
import {DISK_CALLS, type DiskFault, type DiskFaultOrder} from '../engine/cluster/disk-fault.ts'
import {OdradekError} from '../engine/errors.ts'
import {checkOptions, describe} from './arguments.ts'

const FIELDS = ['call', 'error', 'probability', 'count', 'latencyMs'] as const

/**
 * Faults of the disks under a cluster's brokers, for those who want to see their program through them. They hit what a broker does with its
 * own dir, come with the thread that asked for them, and are over with `clear` or when the cluster is closed.
 */
export class ClusterFaults {
  readonly #brokers: () => readonly number[]
  readonly #send: (broker: number, order: DiskFaultOrder) => void
  readonly #faults = new Map<number, DiskFault[]>()
  #seed = 1

  /** @internal */
  constructor(brokers: () => readonly number[], send: (broker: number, order: DiskFaultOrder) => void) {
    this.#brokers = brokers
    this.#send = send
  }

  /** Adds a fault to a broker's disk; it begins within some milliseconds. Throws INVALID_ARGUMENT. */
  disk(broker: number, fault: DiskFault): void {
    this.#check(broker)
    checkFault(fault)
    this.#faults.set(broker, [...(this.#faults.get(broker) ?? []), {...fault}])
    this.#order(broker)
  }

  /** Ends the faults of a broker, or of all. What a disk has done to a log by then stays done. */
  clear(broker?: number): void {
    if (broker !== undefined) this.#check(broker)
    for (const each of broker === undefined ? [...this.#faults.keys()] : [broker]) {
      if (this.#faults.delete(each)) this.#order(each)
    }
  }

  /** Where chance begins, for faults that are less than certain; holds for those that follow. */
  seed(seed: number): void {
    if (!Number.isSafeInteger(seed))
      throw new OdradekError('INVALID_ARGUMENT', `a seed is a whole number, not ${describe(seed)}`)
    this.#seed = seed
  }

  /** @internal A broker was started anew, and its disk is the same. */
  brokerUp(broker: number): void {
    if (this.#faults.has(broker)) this.#order(broker)
  }

  #check(broker: number): void {
    if (!this.#brokers().includes(broker))
      throw new OdradekError('INVALID_ARGUMENT', `brokers are 1 to ${this.#brokers().length}, not ${describe(broker)}`)
  }

  #order(broker: number): void {
    this.#send(broker, {faults: this.#faults.get(broker) ?? [], seed: this.#seed})
  }
}

function checkFault(fault: DiskFault): void {
  checkOptions('disk', fault, FIELDS)
  const {call, error, probability = 1, count = 1, latencyMs = 0} = fault
  const refuse = (name: string, what: string, value: unknown): never => {
    throw new OdradekError('INVALID_ARGUMENT', `${name} is ${what}, not ${describe(value)}`)
  }
  if (call !== undefined && !DISK_CALLS.includes(call)) refuse('call', `one of ${DISK_CALLS.join(', ')}`, call)
  if (error !== undefined && !Object.hasOwn(constants.errno, error))
    refuse('error', 'the name of a system error', error)
  if (error === undefined && latencyMs === 0)
    throw new OdradekError('INVALID_ARGUMENT', 'a fault has an error, or latencyMs, or both')
  if (!(probability >= 0 && probability <= 1)) refuse('probability', 'a number from 0 to 1', probability)
  if (!Number.isSafeInteger(count) || count < 1) refuse('count', 'a whole number from 1', count)
  if (!(latencyMs >= 0 && latencyMs <= 60_000)) refuse('latencyMs', 'a number from 0 to 60000', latencyMs)
}
