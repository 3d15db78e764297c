import {assert} from '../assert.ts'
import {CACHE_LINE_BYTES, QUEUE_LAPS, SLOT_BYTES} from '../limits.ts'
import {copyBytes} from './copy-bytes.ts'
import {struct} from './struct.ts'

/**
 * The way from one sending thread to one replica thread: a slab of slots and a queue of slot numbers (io_uring's shape).
 *
 * The sender fills a slot with plain stores and publishes it by one store of `submitted`; the replica reads it,
 * writes its reply into the slot's header and publishes that by one store of `done`; the sender then owns the slot again.
 * One word, one writer, no compare-exchange: a sender that dies in the middle leaves a slot nobody ever looks at.
 * The queue cannot overflow, because a slot stands in it once and there are as many places as slots.
 */
const HEAD = struct('Inbox', {allocator: ['slots'], sender: ['submitted']})
const SLOT = struct('InboxSlot', {
  sender: ['kind', 'length', 'argument', 'row'],
  replica: ['done', 'status', 'baseOffset', 'timestamp'],
})

/**
 * What a slot asks for. An append carries a batch; the others only an argument. `flush` is answered with the end of what is
 * written by then, `sync` also sees to it that all of that is synced.
 */
export const REQUEST = {append: 0, flush: 1, sync: 2, deleteRecords: 3, close: 4} as const

/** Bits of an append's argument, in a cluster: its sender waits for the whole ISR, or for a sync that the topic does not ask for. */
export const APPEND_NEEDS = {minIsr: 1, sync: 2} as const

const SUBMITTED = HEAD.low.submitted
const SLOTS = HEAD.low.slots
const QUEUE = HEAD.halves

function layout(slots: number): {headers: number; slab: number; bytes: number} {
  const queueBytes = Math.ceil((slots * 4) / CACHE_LINE_BYTES) * CACHE_LINE_BYTES
  const headers = HEAD.bytes + queueBytes
  const slab = headers + slots * SLOT.bytes
  return {headers, slab, bytes: slab + slots * SLOT_BYTES}
}

export function allocateInbox(slots: number): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(layout(slots).bytes)
  const ints = new Int32Array(memory, 0, HEAD.halves)
  ints[SLOTS] = slots
  return memory
}

/** The views both ends share. */
class InboxMemory {
  readonly slots: number
  readonly ints: Int32Array
  readonly longs: BigInt64Array
  readonly slab: Buffer
  readonly #headers: number

  constructor(memory: SharedArrayBuffer) {
    const slots = new Int32Array(memory)[SLOTS]!
    const {headers, slab, bytes} = layout(slots)
    assert(memory.byteLength === bytes, 'an inbox has the size its slots take')
    this.slots = slots
    this.ints = new Int32Array(memory, 0, slab / 4)
    this.longs = new BigInt64Array(memory, 0, slab / 8)
    this.slab = Buffer.from(memory, slab)
    this.#headers = headers / 8
  }

  /** The 64-bit word of a field of a slot's header. */
  word(slot: number, field: keyof typeof SLOT.at): number {
    return this.#headers + slot * SLOT.words + SLOT.at[field]
  }

  /** Its low half, in 32-bit words. */
  low(slot: number, field: keyof typeof SLOT.at): number {
    return this.word(slot, field) * 2
  }
}

/** The answer to one request. `status` 0 is success, else an error's number. */
export interface Reply {
  status: number
  baseOffset: number
  timestamp: number
}

/** The sending end. Which slots are free is known to the sender alone. */
export class InboxSender {
  readonly #memory: InboxMemory
  readonly #busy: Uint8Array
  #next = 0
  #submitted: number

  constructor(memory: SharedArrayBuffer) {
    this.#memory = new InboxMemory(memory)
    this.#busy = new Uint8Array(this.#memory.slots)
    this.#submitted = this.#memory.ints[SUBMITTED]!
  }

  get slots(): number {
    return this.#memory.slots
  }

  /** Whether no slot is claimed. */
  get isIdle(): boolean {
    return !this.#busy.includes(1)
  }

  /** How far it has sent: where a receiving end that is made now, or later, begins. */
  get submitted(): number {
    return this.#submitted
  }

  /** Claims room for `length` bytes, as many slots in a row as that takes; -1 when there is none now. */
  claim(length: number): number {
    const wanted = slotsFor(length)
    const {slots} = this.#memory
    let start = this.#next
    let free = 0
    for (let tried = 0; tried < slots + wanted; tried++) {
      const at = start + free
      if (at >= slots) {
        start = 0
        free = 0
        continue
      }
      if (this.#busy[at] === 1) {
        start = at + 1
        free = 0
        continue
      }
      if (++free === wanted) {
        this.#busy.fill(1, start, start + wanted)
        this.#next = start + wanted
        return start
      }
    }
    return -1
  }

  /** Fills a claimed slot and hands it to the replica. The bytes stay until `free`. */
  submit(slot: number, request: {kind: number; bytes?: Uint8Array; argument?: number; row?: number}): void {
    const {ints, longs, slab} = this.#memory
    const {bytes, kind, argument = 0, row = 0} = request
    if (bytes !== undefined) copyBytes(bytes, slab, slot * SLOT_BYTES)
    ints[this.#memory.low(slot, 'kind')] = kind
    ints[this.#memory.low(slot, 'length')] = bytes?.length ?? 0
    longs[this.#memory.word(slot, 'argument')] = BigInt(argument)
    ints[this.#memory.low(slot, 'row')] = row
    ints[this.#memory.low(slot, 'done')] = 0
    ints[QUEUE + ((this.#submitted >>> 0) % this.#memory.slots)] = slot
    this.#submitted = nextCount(this.#submitted, this.#memory.slots)
    Atomics.store(ints, SUBMITTED, this.#submitted)
  }

  /** Whether the replica has answered. */
  isDone(slot: number): boolean {
    return Atomics.load(this.#memory.ints, this.#memory.low(slot, 'done')) !== 0
  }

  /** Reads the answer of a slot that is done. */
  readReply(slot: number, reply: Reply): void {
    reply.status = this.#memory.ints[this.#memory.low(slot, 'status')]!
    reply.baseOffset = Number(this.#memory.longs[this.#memory.word(slot, 'baseOffset')])
    reply.timestamp = Number(this.#memory.longs[this.#memory.word(slot, 'timestamp')])
  }

  /** The bytes of a request that was not answered, to be sent elsewhere: they stay until `free`. */
  bytes(slot: number, length: number): Uint8Array {
    return this.#memory.slab.subarray(slot * SLOT_BYTES, slot * SLOT_BYTES + length)
  }

  /** Takes back the room of a request of `length` bytes. */
  free(slot: number, length: number): void {
    this.#busy.fill(0, slot, slot + slotsFor(length))
  }
}

/** The replica's end. */
export class InboxReceiver {
  readonly #memory: InboxMemory
  #taken: number

  /**
   * Starts behind whatever an earlier pair of threads left: nothing of theirs is ever consumed. Where the sender may have sent
   * before this end is made, `from` is its count at the start.
   */
  constructor(memory: SharedArrayBuffer, from?: number) {
    this.#memory = new InboxMemory(memory)
    this.#taken = from ?? Atomics.load(this.#memory.ints, SUBMITTED)
  }

  /** The next submitted slot, or -1. */
  take(): number {
    const {ints, slots} = this.#memory
    if (this.#taken === Atomics.load(ints, SUBMITTED)) return -1
    const slot = ints[QUEUE + ((this.#taken >>> 0) % slots)]!
    this.#taken = nextCount(this.#taken, slots)
    assert(slot >= 0 && slot < slots, 'a submitted slot exists')
    return slot
  }

  kind(slot: number): number {
    return this.#memory.ints[this.#memory.low(slot, 'kind')]!
  }

  /** Which of the thread's partitions is asked, by its row in the cluster map; a log that stands by itself has only 0. */
  row(slot: number): number {
    return this.#memory.ints[this.#memory.low(slot, 'row')]!
  }

  argument(slot: number): number {
    return Number(this.#memory.longs[this.#memory.word(slot, 'argument')])
  }

  /** The request's bytes, in place: they are the replica's until `reply`. */
  bytes(slot: number): Uint8Array {
    const length = this.#memory.ints[this.#memory.low(slot, 'length')]!
    assert(length >= 0 && slot * SLOT_BYTES + length <= this.#memory.slab.length, 'a request lies in the slab')
    return this.#memory.slab.subarray(slot * SLOT_BYTES, slot * SLOT_BYTES + length)
  }

  /** Answers; the slot is the sender's from here on. */
  reply(slot: number, reply: Reply): void {
    const {ints, longs} = this.#memory
    ints[this.#memory.low(slot, 'status')] = reply.status
    longs[this.#memory.word(slot, 'baseOffset')] = BigInt(reply.baseOffset)
    longs[this.#memory.word(slot, 'timestamp')] = BigInt(reply.timestamp)
    Atomics.store(ints, this.#memory.low(slot, 'done'), 1)
  }
}

/** Slots in a row that a request of `length` bytes takes. */
export function slotsFor(length: number): number {
  return Math.max(1, Math.ceil(length / SLOT_BYTES))
}

/** Counts in a range that the queue's length divides, so that the place in the queue stays right across the wrap. */
function nextCount(count: number, slots: number): number {
  const next = count + 1
  return next >= slots * QUEUE_LAPS ? 0 : next
}
