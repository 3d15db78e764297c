import {REPLICAS_MAX} from '../limits.ts'
import {struct} from '../memory/struct.ts'
import {WAITER_MASK_BYTES, WaiterMask} from '../memory/waiter-mask.ts'
import {decodeLeadership, encodeLeadership, type Leadership, NO_LEADERSHIP} from './leadership.ts'
import {REPLICA_LINE_BYTES, ReplicaLine} from './replica-line.ts'

const ROW = struct('PartitionRow', {
  // rarely written, so they may share a line
  cluster: ['leadership', 'proposal0', 'proposal1', 'proposal2', 'proposal3', 'proposal4', 'proposal5', 'proposal6'],
})

const WAITERS_AT = ROW.bytes
const REPLICAS_AT = WAITERS_AT + WAITER_MASK_BYTES
export const PARTITION_ROW_BYTES = REPLICAS_AT + REPLICAS_MAX * REPLICA_LINE_BYTES

/**
 * A partition in the cluster map: its leadership word, written by coordinators; for each replica a proposal, written by
 * that replica while it leads, of what the ISR should be; the threads that wait for its ends to move; its replicas' lines.
 */
export class PartitionRow {
  readonly waiters: WaiterMask
  readonly #memory: SharedArrayBuffer
  readonly #byteOffset: number
  readonly #words: BigInt64Array
  readonly #lines: (ReplicaLine | undefined)[] = []
  #decodedWord = 0n
  #decoded: Leadership = NO_LEADERSHIP

  constructor(memory: SharedArrayBuffer, byteOffset: number) {
    this.#memory = memory
    this.#byteOffset = byteOffset
    this.#words = new BigInt64Array(memory, byteOffset, ROW.words)
    this.waiters = new WaiterMask(memory, byteOffset + WAITERS_AT)
  }

  /** The leadership word as it is: to compare, and to expect in an exchange. */
  get word(): bigint {
    return Atomics.load(this.#words, ROW.at.leadership)
  }

  /** The same in parts; the object is the same for as long as the word is. */
  get leadership(): Leadership {
    const word = this.word
    if (word !== this.#decodedWord) {
      this.#decodedWord = word
      this.#decoded = decodeLeadership(word)
    }
    return this.#decoded
  }

  /** Whether there is a leader, and it has taken up its reign: its line is the partition's. */
  get isServed(): boolean {
    const {leader, leaderEpoch} = this.leadership
    return leader >= 0 && this.replica(leader).followedEpoch === leaderEpoch
  }

  /** Changes the leadership from exactly `expected`; false where it is not that any more. */
  exchangeLeadership(expected: bigint, next: Leadership): boolean {
    return Atomics.compareExchange(this.#words, ROW.at.leadership, expected, encodeLeadership(next)) === expected
  }

  /** What the replica in `slot`, as leader, asks the ISR to be: the leadership it knows, with another ISR. */
  proposal(slot: number): Leadership {
    return decodeLeadership(Atomics.load(this.#words, ROW.at.proposal0 + slot))
  }

  propose(slot: number, wanted: Leadership): void {
    Atomics.store(this.#words, ROW.at.proposal0 + slot, encodeLeadership(wanted))
  }

  replica(slot: number): ReplicaLine {
    const line =
      this.#lines[slot] ?? new ReplicaLine(this.#memory, this.#byteOffset + REPLICAS_AT + slot * REPLICA_LINE_BYTES)
    this.#lines[slot] = line
    return line
  }
}
