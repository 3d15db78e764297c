import type {HostInbox} from '../engine/cluster/host-inbox.ts'
import type {ErrorCode, OdradekError} from '../engine/errors.ts'
import type {Durability} from './log-options.ts'
import type {Taken} from './send.ts'

/** Who must have a record for it to be acknowledged: the leader (1, and 0, which promises less), or the whole ISR (-1). */
export type Acks = -1 | 0 | 1

/** Told once what became of a batch. */
export type BatchSettled = (outcome: Taken | OdradekError) => void

/** What a batch, or a question, is when it is made; the rest is what happens to it. */
export interface Asked {
  /** What is asked: to append, or something that carries no bytes. */
  readonly kind: number
  readonly argument: number
  readonly length: number
  readonly records: number
  readonly settled: readonly BatchSettled[]
  /** Whether it carries records whose failure nobody is told of by `settled`. */
  readonly appended: boolean
  readonly deadlineMs: number
  readonly acks: Acks
  readonly durability: Durability
  readonly bytes: Uint8Array | undefined
}

/**
 * A batch of a producer (Kafka's `ProducerBatch`) from when it was built until it is settled. It lies in a slot of the leader's host or, while
 * it waits for one, in bytes of its own.
 */
export class ProducerBatch {
  readonly kind: number
  readonly argument: number
  readonly length: number
  readonly records: number
  readonly settled: readonly BatchSettled[]
  readonly appended: boolean
  readonly deadlineMs: number
  readonly acks: Acks
  readonly durability: Durability
  /** Bytes of its own, while it is in no slot. */
  bytes: Uint8Array | undefined
  /** Whether `bytes` are a copy that counts as waiting. */
  kept = false
  /** Its first sequence, of those that have any. */
  baseSequence = -1
  /** Counts the batches of its sender. */
  number = 0
  /** How often it was put into a slot. */
  sends = 0
  /** Where it was sent: the slot, the inbox, and the leader epoch known then. */
  slot = -1
  inbox: HostInbox | undefined
  leaderEpoch = -1
  /** The leader's answer, and the offset behind the batch. */
  stored: Taken | undefined
  end = -1
  isSettled = false
  /** Whether a leader it was sent to before may have stored it: that one did not say. */
  mayBeStored = false
  /** Why a leader did not take it for now. */
  refusedAs: ErrorCode | undefined
  /** Its senders were told that it took too long. It stays in its place, for its sequences are taken. */
  isGivenUp = false
  /** Why it will not be stored; it leaves once it is the oldest. */
  refusal: OdradekError | undefined

  constructor(asked: Asked) {
    this.kind = asked.kind
    this.argument = asked.argument
    this.length = asked.length
    this.records = asked.records
    this.settled = asked.settled
    this.appended = asked.appended
    this.deadlineMs = asked.deadlineMs
    this.acks = asked.acks
    this.durability = asked.durability
    this.bytes = asked.bytes
  }

  /** It has been put into a slot. */
  sentTo(inbox: HostInbox, slot: number, leaderEpoch: number): void {
    this.inbox = inbox
    this.slot = slot
    this.leaderEpoch = leaderEpoch
    this.sends++
    this.bytes = undefined
    this.kept = false
  }

  /** Its bytes, a copy, wait for a slot. */
  keep(bytes: Uint8Array): void {
    // a copy: `slice` of a Buffer is none
    this.bytes = new Uint8Array(bytes)
    this.kept = true
  }

  /** It is in no slot any more; whoever gets it next says anew where it stands. */
  leftSlot(): void {
    this.stored = undefined
    this.slot = -1
    this.inbox = undefined
  }
}
