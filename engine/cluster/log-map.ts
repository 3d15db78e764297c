import {DOORBELL_BYTES, Doorbell} from '../memory/doorbell.ts'
import {struct} from '../memory/struct.ts'
import {WAITER_MASK_BYTES, WaiterMask} from '../memory/waiter-mask.ts'
import {FAILURE_NOTE_BYTES, FailureNote} from './failure-note.ts'
import {REPLICA_LINE_BYTES, ReplicaLine} from './replica-line.ts'
import {THREAD_SLOTS_BYTES, ThreadSlots} from './thread-slots.ts'

const OWNER = struct('LogOwner', {owner: ['replicaDied']})

const REPLICA_AT = OWNER.bytes
const WAITERS_AT = REPLICA_AT + REPLICA_LINE_BYTES
const DOORBELL_AT = WAITERS_AT + WAITER_MASK_BYTES
const SLOTS_AT = DOORBELL_AT + DOORBELL_BYTES

const FAILURE_AT = SLOTS_AT + THREAD_SLOTS_BYTES

export const LOG_MAP_BYTES = FAILURE_AT + FAILURE_NOTE_BYTES

/**
 * The shared words of a log that stands by itself: what the thread that opened it knows (`owner`), the replica's line, who
 * waits for it to change, the replica thread's doorbell, the attached threads, and what went wrong last.
 */
export class LogMap {
  readonly memory: SharedArrayBuffer
  readonly replica: ReplicaLine
  readonly waiters: WaiterMask
  readonly doorbell: Doorbell
  readonly threads: ThreadSlots
  readonly failure: FailureNote
  readonly #owner: Int32Array

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(LOG_MAP_BYTES)) {
    this.memory = memory
    this.#owner = new Int32Array(memory, 0, OWNER.halves)
    this.replica = new ReplicaLine(memory, REPLICA_AT)
    this.waiters = new WaiterMask(memory, WAITERS_AT)
    this.doorbell = new Doorbell(memory, DOORBELL_AT)
    this.threads = new ThreadSlots(memory, SLOTS_AT)
    this.failure = new FailureNote(memory, FAILURE_AT)
  }

  /** Set by the thread that hears the replica thread's exit, when nobody had asked for it. */
  get replicaDied(): boolean {
    return Atomics.load(this.#owner, OWNER.low.replicaDied) !== 0
  }

  publishReplicaDied(): void {
    Atomics.store(this.#owner, OWNER.low.replicaDied, 1)
  }
}
