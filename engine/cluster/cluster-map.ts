import {assert} from '../assert.ts'
import {BROKERS_MAX, COORDINATORS_MAX, HOSTS_A_BROKER_MAX, ROWS_AT_ONCE, ROWS_MAX, THREADS_MAX} from '../limits.ts'
import {RING} from '../memory/doorbell.ts'
import {struct} from '../memory/struct.ts'
import {LEASE_BYTES, Lease} from './lease.ts'
import {PARTITION_ROW_BYTES, PartitionRow} from './partition-row.ts'
import {THREAD_LINE_BYTES, ThreadLine} from './thread-line.ts'
import {THREAD_SLOTS_BYTES, ThreadSlots} from './thread-slots.ts'

const HEAD = struct('ClusterMap', {
  opener: ['coordinators', 'brokers', 'hostsABroker', 'closing', 'over'],
})

const LEASE_AT = HEAD.bytes
const THREADS_AT = LEASE_AT + LEASE_BYTES
const LINES_AT = THREADS_AT + THREAD_SLOTS_BYTES

/** How many threads a cluster has. Coordinators and brokers have ids from 1, hosts numbers from 0 over all brokers. */
export interface ClusterShape {
  readonly coordinators: number
  readonly brokers: number
  /** Threads of a broker that may host replicas. */
  readonly hostsABroker: number
}

/**
 * The shared words of a cluster: the coordinators' lease, a line for each thread, the application threads' places, and a row for
 * each partition. One memory that grows; views of it have a fixed length and stay good.
 */
export class ClusterMap {
  readonly memory: SharedArrayBuffer
  readonly shape: ClusterShape
  readonly lease: Lease
  /** Application threads, a doorbell each; their places are the bits in waiter masks and in hosts' doorbells. */
  readonly threads: ThreadSlots
  readonly #head: Int32Array
  readonly #lines: (ThreadLine | undefined)[] = []
  readonly #rows: (PartitionRow | undefined)[] = []
  readonly #rowsAt: number

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory
    this.#head = new Int32Array(memory, 0, HEAD.halves)
    this.shape = {
      coordinators: this.#head[HEAD.low.coordinators]!,
      brokers: this.#head[HEAD.low.brokers]!,
      hostsABroker: this.#head[HEAD.low.hostsABroker]!,
    }
    this.#rowsAt = rowsAt(this.shape)
    this.lease = new Lease(memory, LEASE_AT)
    this.threads = new ThreadSlots(memory, THREADS_AT)
  }

  static allocate(shape: ClusterShape): ClusterMap {
    assert(shape.coordinators % 2 === 1 && shape.coordinators <= COORDINATORS_MAX, 'an ensemble is odd and small')
    assert(shape.brokers >= 1 && shape.brokers <= BROKERS_MAX, 'a cluster has brokers')
    assert(shape.hostsABroker >= 1 && shape.hostsABroker <= HOSTS_A_BROKER_MAX, 'a broker has hosts')
    const bytes = rowsAt(shape) + ROWS_AT_ONCE * PARTITION_ROW_BYTES
    const maxByteLength = rowsAt(shape) + ROWS_MAX * PARTITION_ROW_BYTES
    const memory = new SharedArrayBuffer(bytes, {maxByteLength})
    const head = new Int32Array(memory, 0, HEAD.halves)
    head[HEAD.low.coordinators] = shape.coordinators
    head[HEAD.low.brokers] = shape.brokers
    head[HEAD.low.hostsABroker] = shape.hostsABroker
    return new ClusterMap(memory)
  }

  get hosts(): number {
    return this.shape.brokers * this.shape.hostsABroker
  }

  coordinator(id: number): ThreadLine {
    return this.#line(id - 1)
  }

  broker(id: number): ThreadLine {
    return this.#line(this.shape.coordinators + id - 1)
  }

  host(number: number): ThreadLine {
    return this.#line(this.shape.coordinators + this.shape.brokers + number)
  }

  /** Numbers of the hosts of a broker. */
  hostsOf(broker: number): number[] {
    const {hostsABroker} = this.shape
    return Array.from({length: hostsABroker}, (_, i) => (broker - 1) * hostsABroker + i)
  }

  brokerOf(host: number): number {
    return Math.floor(host / this.shape.hostsABroker) + 1
  }

  /** Makes room for rows below `count`; for coordinators, before they publish one. */
  growTo(count: number): void {
    assert(count <= ROWS_MAX, 'a cluster has its bound of partitions')
    const rows = Math.ceil(count / ROWS_AT_ONCE) * ROWS_AT_ONCE
    const bytes = this.#rowsAt + rows * PARTITION_ROW_BYTES
    // somebody else may grow it at the same time
    if (this.memory.byteLength < bytes) this.memory.grow(bytes)
  }

  row(number: number): PartitionRow {
    const row = this.#rows[number] ?? new PartitionRow(this.memory, this.#rowsAt + number * PARTITION_ROW_BYTES)
    this.#rows[number] = row
    return row
  }

  /** Tells a host that something happened in a row. */
  ringHost(host: number, row: number): void {
    const line = this.host(host)
    line.marks.mark(row)
    line.doorbell.ring(RING.control)
  }

  /** Tells whoever holds the lease that a row has a proposal. */
  ringHolder(row: number): void {
    const {holder} = this.lease.read()
    if (holder === 0) return
    const line = this.coordinator(holder)
    line.marks.mark(row)
    line.doorbell.ring(RING.control)
  }

  /** Tells every coordinator to look: a thread has ended, or started. */
  ringCoordinators(): void {
    for (let id = 1; id <= this.shape.coordinators; id++) this.coordinator(id).doorbell.ring(RING.control)
  }

  /** Tells the application threads that wait for something to happen in a row. */
  ringWaiters(row: number): void {
    const {waiters} = this.row(row)
    this.threads.ring(waiters.take(0), waiters.take(1))
  }

  /** Tells every application thread to look. */
  ringThreads(): void {
    for (let thread = 0; thread < THREADS_MAX; thread++)
      if (this.threads.isTaken(thread)) this.threads.doorbell(thread).ring(0)
  }

  /** The cluster is being closed: nobody takes a thread's end for a failure any more. */
  get closing(): boolean {
    return Atomics.load(this.#head, HEAD.low.closing) !== 0
  }

  publishClosing(): void {
    Atomics.store(this.#head, HEAD.low.closing, 1)
  }

  /** Every broker has closed, or all threads have ended: coordinators go, too, and nothing pending is answered any more. */
  get isOver(): boolean {
    return Atomics.load(this.#head, HEAD.low.over) !== 0
  }

  publishOver(): void {
    Atomics.store(this.#head, HEAD.low.over, 1)
  }

  #line(index: number): ThreadLine {
    const line = this.#lines[index] ?? new ThreadLine(this.memory, LINES_AT + index * THREAD_LINE_BYTES)
    this.#lines[index] = line
    return line
  }
}

function rowsAt({coordinators, brokers, hostsABroker}: ClusterShape): number {
  return LINES_AT + (coordinators + brokers + brokers * hostsABroker) * THREAD_LINE_BYTES
}
