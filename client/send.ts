import {OdradekError} from '../engine/errors.ts'
import type {Durability} from './log-options.ts'
import type {RecordParts} from './record.ts'
import type {SyncedWaiter} from './synced-waiters.ts'

/** What `send` resolves to. */
export interface SendResult {
  /** Offset of the first record sent; -1 where it is known to be stored, but not where any more: the leader was started anew before it could answer. */
  readonly baseOffset: number
  /** Offset of the last one, or -1 likewise. More than one batch of records may have others' records in between. */
  readonly lastOffset: number
  /** Time at which the log took the first of them, in ms since 1970. */
  readonly timestamp: number
  /** How safely they are stored. */
  readonly durability: Durability
}

/** Where a batch is stored, -1 where nobody knows any more, and when the log took it. */
export interface Taken {
  readonly baseOffset: number
  readonly timestamp: number
}

/** What a send's records are handed to: it tells what becomes of the batch that a record went into. */
export interface SendingEnd {
  add(
    key: RecordParts['key'],
    value: RecordParts['value'],
    timestamp: number | undefined,
    headers: RecordParts['headers'],
    settled?: (outcome: Taken | OdradekError) => void,
  ): number
  whenSettled(settled: (outcome: Taken | OdradekError) => void): void
}

/** Places of records in a batch, next to each other. */
interface Part {
  readonly first: number
  last: number
}

/** What a call of `send` needs of its log. */
export interface SendHome {
  readonly resolve: (result: SendResult) => void
  readonly reject: (error: OdradekError) => void
  /** Has a waiter told when everything below its end is synced. */
  readonly awaitSynced: (waiter: SyncedWaiter) => void
}

/** One call of `send`: the batches its records went into, until all of them are answered, and synced where that was asked for. */
export class Send implements SyncedWaiter {
  readonly #home: SendHome
  readonly #durability: Durability
  #place = -1
  #pending = 1
  #part: Part | undefined
  /** Whether nothing is stored yet. */
  #isFirst = true
  #base = -1
  #last = -1
  #timestamp = -1
  #error: OdradekError | undefined
  readonly #alone = (outcome: Taken | OdradekError): void => this.#answered(outcome, ALONE)

  constructor(durability: Durability, home: SendHome) {
    this.#durability = durability
    this.#home = home
  }

  add(sender: SendingEnd, {key, value, timestamp, headers}: RecordParts): void {
    try {
      this.addRecord(sender, key, value, timestamp, headers)
    } catch (error) {
      // one that is not taken is the end of the whole send
      this.#error ??= error as OdradekError
      throw error
    }
  }

  /**
   * The same for one that is not put together: an object a record costs a tenth of a send of many. Where it is not taken, what was added before
   * stays, and others may follow.
   */
  addRecord(
    sender: SendingEnd,
    key: RecordParts['key'],
    value: RecordParts['value'],
    timestamp: number | undefined,
    headers: RecordParts['headers'],
  ): void {
    // counted first: a record in a batch of its own may be answered before this returns
    this.#pending++
    let place: number
    try {
      place = sender.add(key, value, timestamp, headers, this.#alone)
    } catch (error) {
      // it was not taken, and the send may go on without it
      this.#pending--
      throw error
    }
    if (place < 0) {
      this.#part = undefined
      return
    }
    if (this.#part !== undefined && place === this.#place + 1) this.#pending--
    else {
      const part = {first: place, last: place}
      this.#part = part
      sender.whenSettled(outcome => this.#answered(outcome, part))
    }
    this.#part.last = place
    this.#place = place
  }

  /** No more records follow. */
  complete(): void {
    this.#countDown()
  }

  /** Where the records end: what the synced end has to reach. */
  get end(): number {
    return this.#last + 1
  }

  reached(): void {
    this.#home.resolve({
      baseOffset: this.#base,
      lastOffset: this.#last,
      timestamp: this.#timestamp,
      durability: this.#durability,
    })
  }

  failed(error: OdradekError): void {
    this.#home.reject(error)
  }

  #answered(outcome: Taken | OdradekError, part: Part): void {
    if (outcome instanceof OdradekError) this.#error ??= outcome
    else {
      const {baseOffset, timestamp} = outcome
      if (this.#isFirst) {
        this.#isFirst = false
        this.#base = baseOffset < 0 ? -1 : baseOffset + part.first
        this.#timestamp = timestamp
      }
      this.#last = baseOffset < 0 ? -1 : baseOffset + part.last
    }
    this.#countDown()
  }

  #countDown(): void {
    if (--this.#pending > 0) return
    if (this.#error !== undefined || this.#isFirst) this.failed(this.#error ?? new OdradekError('LOG_CLOSED'))
    else if (this.#durability === 'synced') this.#home.awaitSynced(this)
    else this.reached()
  }
}

/** A record in a batch of its own. */
const ALONE: Part = {first: 0, last: 0}
