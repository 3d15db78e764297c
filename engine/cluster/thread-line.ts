import {DOORBELL_BYTES, Doorbell} from '../memory/doorbell.ts'
import {struct} from '../memory/struct.ts'
import {FAILURE_NOTE_BYTES, FailureNote} from './failure-note.ts'
import {ROW_MARKS_BYTES, RowMarks} from './row-marks.ts'

const LINE = struct('ThreadLine', {
  thread: ['beatMs', 'state', 'applied', 'served', 'workingOn', 'sleepsOn', 'sleepsUntilMs', 'port'],
  starter: ['incarnation', 'diedIncarnation'],
})

const DOORBELL_AT = LINE.bytes
const MARKS_AT = DOORBELL_AT + DOORBELL_BYTES
const NOTE_AT = MARKS_AT + ROW_MARKS_BYTES
export const THREAD_LINE_BYTES = NOTE_AT + FAILURE_NOTE_BYTES

/** What a thread of the cluster is doing. `absent`: it starts, or was never started; `closed`: it has ended its work in order. */
export const THREAD = {absent: 0, running: 1, closed: 2} as const

const FOR_EVER_MS = Number.MAX_SAFE_INTEGER

/**
 * A thread of the cluster (coordinator, broker, host of replicas) in the map: its beat and state, written by itself; which incarnation
 * of it runs, and which one is known to have ended, written by whoever starts it; its doorbell, its row marks, its last failure.
 */
export class ThreadLine {
  readonly doorbell: Doorbell
  readonly marks: RowMarks
  readonly failure: FailureNote
  readonly #words: BigInt64Array

  constructor(memory: SharedArrayBuffer, byteOffset: number) {
    this.#words = new BigInt64Array(memory, byteOffset, LINE.words)
    this.doorbell = new Doorbell(memory, byteOffset + DOORBELL_AT)
    this.marks = new RowMarks(memory, byteOffset + MARKS_AT)
    this.failure = new FailureNote(memory, byteOffset + NOTE_AT)
  }

  /** Monotonic ms of its last round. */
  get beatMs(): number {
    return Number(Atomics.load(this.#words, LINE.at.beatMs))
  }

  beat(nowMs: number): void {
    Atomics.store(this.#words, LINE.at.beatMs, BigInt(Math.floor(nowMs)))
  }

  /**
   * The thread is about to sleep on this count of its doorbell, until then at the latest: unless it is rung, no beat is owed before. What
   * cannot hang need not beat.
   */
  lieDown(count: number, untilMs: number): void {
    Atomics.store(this.#words, LINE.at.sleepsUntilMs, BigInt(Math.min(Math.ceil(untilMs), FOR_EVER_MS)))
    Atomics.store(this.#words, LINE.at.sleepsOn, BigInt(count >>> 0) + 1n)
  }

  /** It is awake: that is said last, for who is awake has beaten. */
  getUp(nowMs: number): void {
    this.beat(nowMs)
    Atomics.store(this.#words, LINE.at.sleepsOn, 0n)
  }

  /** The count of its doorbell on which it sleeps, -1 while it is awake. */
  get sleepsOn(): number {
    return Number(Atomics.load(this.#words, LINE.at.sleepsOn)) - 1
  }

  get sleepsUntilMs(): number {
    return Number(Atomics.load(this.#words, LINE.at.sleepsUntilMs))
  }

  /** Whether somebody rang while it slept on `count`: it is to wake. */
  isRungOn(count: number): boolean {
    return this.doorbell.count() >>> 0 !== count
  }

  get state(): number {
    return Number(Atomics.load(this.#words, LINE.at.state))
  }

  publishState(state: number): void {
    Atomics.store(this.#words, LINE.at.state, BigInt(state))
  }

  /** End of the metadata log that this thread has taken in. */
  get applied(): number {
    return Number(Atomics.load(this.#words, LINE.at.applied))
  }

  publishApplied(end: number): void {
    Atomics.store(this.#words, LINE.at.applied, BigInt(end))
  }

  /** Requests that this thread has answered by itself. */
  get served(): number {
    return Number(Atomics.load(this.#words, LINE.at.served))
  }

  publishServed(count: number): void {
    Atomics.store(this.#words, LINE.at.served, BigInt(count))
  }

  /** Where a broker listens for clients, 0 where it does not. Of one that has ended it is where it did. */
  get port(): number {
    return Number(Atomics.load(this.#words, LINE.at.port))
  }

  publishPort(port: number): void {
    Atomics.store(this.#words, LINE.at.port, BigInt(port))
  }

  /** Row that a host is at work on, -1 where none: when it dies there, that is what it died of. */
  get workingOn(): number {
    return Number(Atomics.load(this.#words, LINE.at.workingOn)) - 1
  }

  publishWorkingOn(row: number): void {
    Atomics.store(this.#words, LINE.at.workingOn, BigInt(row + 1))
  }

  /** Which start of this thread is the current one, from 1; 0 before the first. */
  get incarnation(): number {
    return Number(Atomics.load(this.#words, LINE.at.incarnation))
  }

  /** The starter is about to start it anew; the one before has ended. Returns the new incarnation. */
  startAnew(nowMs: number): number {
    this.publishPort(0)
    Atomics.store(this.#words, LINE.at.state, BigInt(THREAD.absent))
    Atomics.store(this.#words, LINE.at.workingOn, 0n)
    // the one before may have ended in its sleep
    this.getUp(nowMs)
    return Number(Atomics.add(this.#words, LINE.at.incarnation, 1n)) + 1
  }

  /** Whether the current incarnation has ended, or there has been none. */
  get hasEnded(): boolean {
    return Atomics.load(this.#words, LINE.at.diedIncarnation) === Atomics.load(this.#words, LINE.at.incarnation)
  }

  publishEnded(incarnation: number): void {
    Atomics.store(this.#words, LINE.at.diedIncarnation, BigInt(incarnation))
  }
}
