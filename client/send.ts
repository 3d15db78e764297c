import {OdradekError} from '../engine/errors.ts'
import type {Reply} from '../engine/memory/inbox.ts'
import type {Bytes, Header} from '../engine/record/batch-builder.ts'
import type {Durability} from './log-options.ts'
import type {Sender} from './sender.ts'

/** What `send` resolves to. */
export interface SendResult {
  /** Offset of the first record sent. */
  readonly baseOffset: number
  /** Offset of the last one. More than one batch of records may have others' records in between. */
  readonly lastOffset: number
  /** Time at which the log took the first of them, in ms since 1970. */
  readonly timestamp: number
  /** How safely they are stored. */
  readonly durability: Durability
}

type Written = Omit<SendResult, 'durability'>

/** One call of `send`: the batches its records went into, until all of them are answered. */
export class Send {
  readonly written: Promise<Written>
  #resolve!: (written: Written) => void
  #reject!: (error: OdradekError) => void
  #place = -1
  #pending = 1
  #part: {first: number; last: number} | undefined
  #result: {baseOffset: number; lastOffset: number; timestamp: number} | undefined
  #error: OdradekError | undefined

  constructor() {
    this.written = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    // a call that throws on its way never hands the promise out
    this.written.catch(() => {})
  }

  add(
    sender: Sender,
    record: {key: Bytes | null; value: Bytes | null; timestamp: number | undefined; headers: readonly Header[]},
  ): void {
    const alone = {first: 0, last: 0}
    const place = sender.add(record.key, record.value, record.timestamp, record.headers, outcome =>
      this.#answered(outcome, alone),
    )
    if (place < 0) {
      this.#pending++
      this.#part = undefined
      return
    }
    if (this.#part === undefined || place !== this.#place + 1) {
      const part = {first: place, last: place}
      this.#part = part
      this.#pending++
      sender.whenSettled(outcome => this.#answered(outcome, part))
    }
    this.#part.last = place
    this.#place = place
  }

  /** No more records follow. */
  complete(): void {
    this.#answered(undefined, undefined)
  }

  #answered(outcome: Reply | OdradekError | undefined, part: {first: number; last: number} | undefined): void {
    if (outcome instanceof OdradekError) this.#error ??= outcome
    else if (outcome !== undefined && part !== undefined) {
      const base = outcome.baseOffset + part.first
      this.#result ??= {baseOffset: base, lastOffset: base, timestamp: outcome.timestamp}
      this.#result.lastOffset = outcome.baseOffset + part.last
    }
    if (--this.#pending > 0) return
    if (this.#error !== undefined || this.#result === undefined)
      this.#reject(this.#error ?? new OdradekError('LOG_CLOSED'))
    else this.#resolve(this.#result)
  }
}
