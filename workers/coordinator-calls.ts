import type {ClusterMap} from '../engine/cluster/cluster-map.ts'
import type {Mailbox} from '../engine/cluster/mail.ts'
import {type AdminRequest, type AnswerBody, isRead} from '../engine/coordinator/requests.ts'

type Answered = (answer: AnswerBody) => void

interface Call {
  readonly id: number
  readonly request: AdminRequest
  readonly answered: Answered
  dueMs: number
  tries: number
}

/** A broker's calls to the coordinators: writes to the holder of the lease, reads to each in turn; made again until one answers. */
export class CoordinatorCalls {
  readonly #map: ClusterMap
  readonly #mailbox: Mailbox
  readonly #againMs: number
  readonly #calls = new Map<number, Call>()
  #nextId: number
  #nextReader = 0
  /** The latest lease epoch in which a coordinator has told that it serves. */
  #servedEpoch = 0

  /** An answer to what an earlier incarnation asked may still come; it must not be taken for one to this one. */
  constructor(map: ClusterMap, mailbox: Mailbox, {incarnation, againMs}: {incarnation: number; againMs: number}) {
    this.#nextId = incarnation * CALLS_MAX
    this.#map = map
    this.#mailbox = mailbox
    this.#againMs = againMs
  }

  ask(request: AdminRequest, nowMs: number, answered: Answered): void {
    const call: Call = {id: this.#nextId++, request, answered, dueMs: 0, tries: 0}
    this.#calls.set(call.id, call)
    this.#make(call, nowMs)
  }

  /** A letter came back; one to a call that was answered already is nothing. */
  answered(answer: AnswerBody): void {
    const call = this.#calls.get(answer.id)
    if (call === undefined) return
    // whoever was asked does not hold the lease, or not yet: the next round asks again
    if ('error' in answer && answer.error === 'NOT_CONTROLLER') return
    this.#calls.delete(answer.id)
    call.answered(answer)
  }

  /** A coordinator tells that it serves: what was asked before nobody may have heard, or everybody refused. */
  serves(epoch: number, nowMs: number): void {
    if (epoch <= this.#servedEpoch) return
    this.#servedEpoch = epoch
    for (const call of this.#calls.values()) {
      call.dueMs = nowMs
      call.tries = 0
    }
  }

  round(nowMs: number): number {
    let made = 0
    for (const call of this.#calls.values()) {
      if (nowMs < call.dueMs) continue
      made++
      this.#make(call, nowMs)
    }
    return made
  }

  dueInMs(nowMs: number): number {
    let due = Number.POSITIVE_INFINITY
    for (const {dueMs} of this.#calls.values()) due = Math.min(due, Math.max(0, dueMs - nowMs))
    return due
  }

  #make(call: Call, nowMs: number): void {
    const {id, request} = call
    const coordinator = isRead(request) ? this.#nextCoordinator() : this.#map.lease.read().holder
    // without a holder, or with one that is about to be, nothing comes back for a while
    call.dueMs =
      nowMs + (coordinator === 0 ? SOON_MS : Math.min(this.#againMs, FIRST_MS * 2 ** Math.min(5, call.tries)))
    call.tries++
    if (coordinator > 0) this.#mailbox.send(`coordinator-${coordinator}`, {type: 'request', id, request})
  }

  #nextCoordinator(): number {
    const {coordinators} = this.#map.shape
    for (let tried = 0; tried < coordinators; tried++) {
      const id = 1 + (this.#nextReader++ % coordinators)
      if (!this.#map.coordinator(id).hasEnded) return id
    }
    return 0
  }
}

/** Calls of one incarnation: their ids are not those of any other. */
const CALLS_MAX = 2 ** 32
const SOON_MS = 2
/** The first try of all is made while coordinators still start. */
const FIRST_MS = 8
