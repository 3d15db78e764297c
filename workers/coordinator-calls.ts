import type {ClusterMap} from '../engine/cluster/cluster-map.ts'
import type {Mailbox} from '../engine/cluster/mail.ts'
import {type AdminRequest, type AnswerBody, isRead, type RequestBody} from '../engine/coordinator/requests.ts'

type Answered = (answer: AnswerBody) => void

interface Call {
  readonly id: number
  readonly request: AdminRequest
  readonly answered: Answered
  /** What a client calls it, where it comes from one. */
  readonly name: string | undefined
  /** Given up then. */
  readonly deadlineMs: number
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

  /** An answer to what an earlier incarnation asked may still come; it must not be taken for one to this one. */
  constructor(map: ClusterMap, mailbox: Mailbox, {incarnation, againMs}: {incarnation: number; againMs: number}) {
    this.#nextId = incarnation * CALLS_MAX
    this.#map = map
    this.#mailbox = mailbox
    this.#againMs = againMs
  }

  ask(
    request: AdminRequest,
    nowMs: number,
    answered: Answered,
    {name, deadlineMs = Number.POSITIVE_INFINITY}: {name?: string; deadlineMs?: number} = {},
  ): void {
    const call: Call = {id: this.#nextId++, request, answered, name, deadlineMs, dueMs: 0, tries: 0}
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

  round(nowMs: number): number {
    let made = 0
    for (const call of this.#calls.values()) {
      if (nowMs < Math.min(call.dueMs, call.deadlineMs)) continue
      made++
      if (nowMs < call.deadlineMs) this.#make(call, nowMs)
      else this.#giveUp(call)
    }
    return made
  }

  dueInMs(nowMs: number): number {
    let due = Number.POSITIVE_INFINITY
    for (const {dueMs, deadlineMs} of this.#calls.values())
      due = Math.min(due, Math.max(0, Math.min(dueMs, deadlineMs) - nowMs))
    return due
  }

  #giveUp({id, request, answered}: Call): void {
    this.#calls.delete(id)
    answered({
      type: 'answer',
      id,
      error: 'REQUEST_TIMED_OUT',
      message: `no coordinator answered ${request.type} in time`,
    })
  }

  #make(call: Call, nowMs: number): void {
    const {id, request, name, deadlineMs} = call
    const coordinator = isRead(request) ? this.#nextCoordinator() : this.#map.lease.read().holder
    // without a holder, or with one that is about to be, nothing comes back for a while
    call.dueMs =
      nowMs + (coordinator === 0 ? SOON_MS : Math.min(this.#againMs, FIRST_MS * 2 ** Math.min(5, call.tries)))
    call.tries++
    if (coordinator > 0)
      this.#mailbox.send(`coordinator-${coordinator}`, {
        ...{type: 'request', id, request, deadlineMs},
        ...(name === undefined ? {} : {name}),
      } satisfies RequestBody)
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
