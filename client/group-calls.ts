import {THREAD} from '../engine/cluster/thread-line.ts'
import {OdradekError} from '../engine/errors.ts'
import type {GroupAsk, GroupLetter} from '../engine/group/group-letters.ts'
import {requestProblem} from '../engine/group/request-shape.ts'
import type {
  FindCoordinatorResponse,
  GroupApi,
  GroupErrorCode,
  GroupRequests,
  GroupResponses,
} from '../engine/group/requests.ts'
import {COORDINATORS_FOUND_MAX} from '../engine/limits.ts'
import type {ClusterLink} from './cluster-link.ts'
import {errorsIn, groupIn, partsOf} from './group-parts.ts'

export interface GroupCallOptions {
  /** How long it may take, in ms, until it rejects with REQUEST_TIMED_OUT. Default 60 000, for JoinGroup and SyncGroup the rebalance time-out beside. */
  readonly timeoutMs?: number
  /** For SyncGroup: how long members of the group may take to join. JoinGroup says so itself. */
  readonly rebalanceTimeoutMs?: number
  readonly signal?: AbortSignal
  /** As the group shows its members. Default `odradek`. */
  readonly clientId?: string
}

/** What a group tells its members unasked. */
export interface Rebalance {
  readonly groupId: string
  readonly memberId: string
}

interface Call {
  readonly id: number
  readonly api: GroupApi
  readonly body: GroupRequests[GroupApi]
  readonly clientId: string
  /** The group whose coordinator is asked; undefined where any broker, or one certain broker, answers. */
  readonly groupId: string | undefined
  readonly told: (response: GroupResponses[GroupApi]) => void
  readonly reject: (error: unknown) => void
  readonly deadlineMs: number
  /** No other broker than this one can answer. */
  readonly isBound: boolean
  /** Calls that are made one after the other, this one among them, the oldest first. */
  readonly line: Set<Call> | undefined
  /** The broker that was asked, 0 before that, and which start of it. */
  broker: number
  incarnation: number
  /** When others are asked about it. */
  doubtMs: number
  /** How often it was told to ask again. */
  refusals: number
  /** When it is made, or looked at, again. */
  dueMs: number
}

/** Answers that mean: ask the coordinator again, which may be another broker by then. */
const AGAIN: ReadonlySet<GroupErrorCode> = new Set([
  'COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR',
  'COORDINATOR_LOAD_IN_PROGRESS',
])
const CLIENT_ID = 'odradek'
const TIMEOUT_MS = 60_000
/** No start of a broker. */
const NONE = -1
const AGAIN_MS = 5
/** How often it is looked whether the broker that was asked is there still. */
const LOOK_MS = 100
/** A broker that takes longer may stand still. */
const DOUBT_MS = 1000

/**
 * A thread's requests of consumer groups. Each goes to the broker that coordinates its group, is made again where that one dies, hands the group over or is only being
 * loaded, and resolves to the coordinator's answer, whatever it says.
 */
export class GroupCalls {
  readonly #link: ClusterLink
  readonly #threadId: number
  readonly #monotonicMs: () => number
  readonly #calls = new Map<number, Call>()
  /** Coordinators that were found, by group. */
  readonly #found = new Map<string, number>()
  /** Groups whose coordinator is being looked for, and by which call. */
  readonly #finding = new Map<string, number>()
  /** Commits by group and member: one that is made again must not land behind a newer one. */
  readonly #commits = new Map<string, Set<Call>>()
  readonly #listeners = new Set<(rebalance: Rebalance) => void>()
  #nextId = 1
  #tries = 0
  #timer: NodeJS.Timeout | undefined
  #timerDueMs = 0
  #closed: OdradekError | undefined

  constructor(link: ClusterLink, options: {threadId: number; monotonicMs: () => number}) {
    this.#link = link
    this.#threadId = options.threadId
    this.#monotonicMs = options.monotonicMs
  }

  /** Asks a group's coordinator, or every broker for ListGroups. Rejects with INVALID_REQUEST where the body is none, REQUEST_TIMED_OUT, LOG_CLOSED and the signal's reason only. */
  async request<Api extends GroupApi>(
    api: Api,
    body: GroupRequests[Api],
    options: GroupCallOptions = {},
  ): Promise<GroupResponses[Api]> {
    options.signal?.throwIfAborted()
    const problem = requestProblem(api, body, options.clientId ?? CLIENT_ID)
    if (problem !== undefined) throw new OdradekError('INVALID_REQUEST', problem)
    const parts = partsOf(api, body, this.#link.map.shape.brokers)
    const deadlineMs = this.#monotonicMs() + (options.timeoutMs ?? TIMEOUT_MS)
    for (let timeoutMs = options.timeoutMs; ; timeoutMs = deadlineMs - this.#monotonicMs()) {
      const each = timeoutMs === undefined ? options : {...options, timeoutMs}
      const answers = await Promise.all(
        parts.list.map((part, i) => this.#ask(api, part, each, parts.toBroker ? i + 1 : 0)),
      )
      const response = parts.merge(answers)
      // what one that has ended coordinated others do, who may have answered before
      if (!parts.toBroker || errorsIn(api, response)[0] !== 'COORDINATOR_NOT_AVAILABLE') return response
    }
  }

  /** Has `listener` told when a group that this thread has a member of begins to rebalance. Returns how to stop that. */
  onRebalance(listener: (rebalance: Rebalance) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  take(letter: GroupLetter): void {
    if (letter.type === 'groupRebalance') {
      const {groupId, memberId} = letter
      for (const listener of [...this.#listeners]) listener({groupId, memberId})
      return
    }
    const call = this.#calls.get(letter.id)
    if (call === undefined) return
    if (letter.type === 'groupRefused') {
      this.#end(call)
      call.reject(new OdradekError('INVALID_REQUEST', letter.problem))
      return
    }
    if (errorsIn(call.api, letter.response).some(error => AGAIN.has(error))) {
      if (call.groupId !== undefined) this.#found.delete(call.groupId)
      if (!call.isBound) call.broker = 0
      call.incarnation = NONE
      this.#due(call, Math.min(LOOK_MS, AGAIN_MS * 2 ** call.refusals++))
      return
    }
    this.#told(call, letter.response)
  }

  /** Fails what was not answered, and whatever is asked later. */
  close(error: OdradekError): void {
    this.#closed = error
    for (const call of [...this.#calls.values()]) {
      this.#end(call)
      call.reject(error)
    }
  }

  #ask<Api extends GroupApi>(
    api: Api,
    body: GroupRequests[Api],
    {timeoutMs, rebalanceTimeoutMs = 0, signal, clientId = CLIENT_ID}: GroupCallOptions,
    broker: number,
  ): Promise<GroupResponses[Api]> {
    const nowMs = this.#monotonicMs()
    const usualMs = TIMEOUT_MS + ((body as {rebalanceTimeoutMs?: number}).rebalanceTimeoutMs ?? rebalanceTimeoutMs)
    return new Promise((resolve, reject) => {
      if (this.#closed !== undefined) {
        reject(this.#closed)
        return
      }
      const abort = (): void => {
        this.#end(call)
        reject(signal!.reason)
      }
      const done = (): void => signal?.removeEventListener('abort', abort)
      const call: Call = {
        id: this.#nextId++,
        api,
        body,
        clientId,
        groupId: groupIn(api, body),
        told: response => {
          done()
          resolve(response as GroupResponses[Api])
        },
        reject: error => {
          done()
          reject(error)
        },
        deadlineMs: nowMs + (timeoutMs ?? usualMs),
        isBound: broker > 0,
        line: this.#lineOf(api, body),
        broker,
        incarnation: NONE,
        doubtMs: 0,
        refusals: 0,
        dueMs: nowMs,
      }
      signal?.addEventListener('abort', abort, {once: true})
      if (this.#calls.size === 0) this.#link.parking.hold()
      this.#calls.set(call.id, call)
      call.line?.add(call)
      if (isNext(call)) this.#make(call)
      else {
        call.dueMs = Number.POSITIVE_INFINITY
        this.#startTimer(call.deadlineMs)
      }
    })
  }

  /** Sends it where it belongs, or looks for that first. */
  #make(call: Call): void {
    const {map} = this.#link
    const isFree = call.groupId === undefined
    const broker = isFree ? call.broker || this.#anyBroker() : (this.#found.get(call.groupId!) ?? 0)
    if (broker === 0) {
      if (!isFree) this.#find(call.groupId!)
      this.#due(call, isFree ? AGAIN_MS : LOOK_MS)
      return
    }
    if (call.isBound && !this.#isUp(broker)) {
      this.#told(call, {errorCode: 'NONE', groups: []})
      return
    }
    call.incarnation = map.broker(broker).incarnation
    call.broker = broker
    call.doubtMs = this.#monotonicMs() + DOUBT_MS
    this.#due(call, LOOK_MS)
    const {id, api, body, clientId} = call
    const {mailbox, thread: place} = this.#link
    const ask: GroupAsk = {type: 'group', id, api, body, clientId, place, thread: this.#threadId}
    mailbox.send(`broker-${broker}`, ask)
  }

  /** Asks any broker who coordinates the group. */
  #find(groupId: string): void {
    if (this.#finding.has(groupId)) return
    this.#finding.set(groupId, this.#nextId)
    const found = (broker: number): void => {
      this.#finding.delete(groupId)
      if (broker > 0) this.#remember(groupId, broker)
      for (const call of [...this.#calls.values()]) {
        if (call.groupId !== groupId || call.broker === broker || !isNext(call)) continue
        if (broker > 0) this.#make(call)
        else if (call.broker === 0) this.#due(call, AGAIN_MS)
      }
    }
    this.#ask('FindCoordinator', {coordinatorKeys: [groupId]}, {timeoutMs: TIMEOUT_MS}, 0).then(
      ({coordinators}: FindCoordinatorResponse) => found(coordinators[0]!.nodeId),
      () => found(0),
    )
  }

  #remember(groupId: string, broker: number): void {
    this.#found.delete(groupId)
    if (this.#found.size === COORDINATORS_FOUND_MAX) this.#found.delete(this.#found.keys().next().value!)
    this.#found.set(groupId, broker)
  }

  #lineOf(api: GroupApi, body: GroupRequests[GroupApi]): Set<Call> | undefined {
    if (api !== 'OffsetCommit') return undefined
    const name = commitName(body as GroupRequests['OffsetCommit'])
    const line = this.#commits.get(name) ?? new Set()
    this.#commits.set(name, line)
    return line
  }

  /** Makes what has waited for this call. */
  #makeNext({line, body}: Call): void {
    const next: Call | undefined = line?.values().next().value
    if (next === undefined) {
      if (line !== undefined) this.#commits.delete(commitName(body as GroupRequests['OffsetCommit']))
    } else if (next.dueMs === Number.POSITIVE_INFINITY && this.#closed === undefined) this.#make(next)
  }

  #due(call: Call, ms: number): void {
    call.dueMs = this.#monotonicMs() + ms
    this.#startTimer(call.dueMs)
  }

  #startTimer(dueMs: number): void {
    if (this.#timer !== undefined && this.#timerDueMs <= dueMs) return
    clearTimeout(this.#timer)
    this.#timerDueMs = dueMs
    this.#timer = setTimeout(() => this.#look(), Math.max(1, dueMs - this.#monotonicMs()))
  }

  #look(): void {
    this.#timer = undefined
    const nowMs = this.#monotonicMs()
    for (const call of [...this.#calls.values()]) {
      if (nowMs >= call.deadlineMs) {
        this.#end(call)
        call.reject(new OdradekError('REQUEST_TIMED_OUT', `no coordinator answered ${call.api} in time`))
      } else if (nowMs >= call.dueMs) this.#again(call)
    }
    let dueMs = Number.POSITIVE_INFINITY
    for (const call of this.#calls.values()) dueMs = Math.min(dueMs, call.dueMs, call.deadlineMs)
    if (this.#calls.size > 0) this.#startTimer(dueMs)
  }

  /** Goes on waiting for a broker that is there still; else another one is asked. */
  #again(call: Call): void {
    if (call.broker > 0 && this.#isThere(call)) {
      this.#due(call, LOOK_MS)
      if (this.#monotonicMs() < call.doubtMs) return
      call.doubtMs = this.#monotonicMs() + DOUBT_MS
      // its thread may stand still, and another one coordinate the group by now
      if (call.groupId !== undefined) this.#find(call.groupId)
      else if (!call.isBound) this.#askNext(call)
      return
    }
    if (call.isBound && call.incarnation !== NONE) {
      this.#told(call, {errorCode: 'COORDINATOR_NOT_AVAILABLE', groups: []})
      return
    }
    if (call.groupId !== undefined && this.#found.get(call.groupId) === call.broker) this.#found.delete(call.groupId)
    if (call.groupId === undefined && !call.isBound) {
      this.#askNext(call)
      return
    }
    if (!call.isBound) call.broker = 0
    this.#make(call)
  }

  #askNext(call: Call): void {
    this.#tries++
    call.broker = 0
    this.#make(call)
  }

  #isThere({broker, incarnation}: Call): boolean {
    return this.#isUp(broker) && this.#link.map.broker(broker).incarnation === incarnation
  }

  #isUp(broker: number): boolean {
    const line = this.#link.map.broker(broker)
    return !line.hasEnded && line.state === THREAD.running
  }

  #anyBroker(): number {
    const {brokers} = this.#link.map.shape
    for (let i = 0; i < brokers; i++) {
      const id = 1 + ((this.#tries + i) % brokers)
      if (this.#isUp(id)) return id
    }
    return 0
  }

  /** Nobody waits for that coordinator any more. */
  #endFind(groupId: string | undefined): void {
    if (groupId === undefined || !this.#finding.has(groupId)) return
    for (const call of this.#calls.values()) if (call.groupId === groupId) return
    this.#calls.delete(this.#finding.get(groupId)!)
    this.#finding.delete(groupId)
  }

  #told(call: Call, response: GroupResponses[GroupApi]): void {
    this.#end(call)
    call.told(response)
  }

  #end(call: Call): void {
    if (!this.#calls.delete(call.id)) return
    this.#endFind(call.groupId)
    call.line?.delete(call)
    this.#makeNext(call)
    if (this.#calls.size > 0) return
    this.#link.parking.release()
    clearTimeout(this.#timer)
    this.#timer = undefined
  }
}

function commitName({groupId, memberId = ''}: GroupRequests['OffsetCommit']): string {
  return JSON.stringify([groupId, memberId])
}

/** Whether nothing has to be answered before it. */
function isNext(call: Call): boolean {
  return call.line === undefined || call.line.values().next().value === call
}
