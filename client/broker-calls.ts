import {THREAD} from '../engine/cluster/thread-line.ts'
import {type ErrorCode, OdradekError} from '../engine/errors.ts'
import type {ClusterLink} from './cluster-link.ts'

/** A request as brokers take it; what there is to ask they say themselves. */
interface Request {
  readonly type: string
}

interface Call {
  readonly id: number
  readonly request: Request
  readonly resolve: (result: unknown) => void
  readonly reject: (error: OdradekError) => void
  /** Nobody is to abort it any more. */
  readonly leave: () => void
  readonly deadlineMs: number
  /** When it is made, or looked at, again. */
  dueMs: number
}

export interface CallOptions {
  /** How long it may take until it rejects with REQUEST_TIMED_OUT, in ms. By itself the cluster's `defaultApiTimeoutMs`. */
  readonly timeoutMs?: number
  /** Ends the wait: the call rejects with the signal's reason. What was asked for may be done still. */
  readonly signal?: AbortSignal
}

/** What a broker answers. */
export interface Told {
  readonly type: 'told'
  readonly id: number
  readonly result?: unknown
  readonly error?: ErrorCode
  readonly message?: string
}

/** A call without an answer goes to the next broker after so long. */
const AGAIN_MS = 400
/** While no broker runs, as at the start of a cluster, it is looked for one that often. */
const LOOK_MS = 2

/** A thread's calls to brokers: to one that runs, and to another one where no answer comes. Coordinators it never talks to. */
export class BrokerCalls {
  readonly #link: ClusterLink
  readonly #monotonicMs: () => number
  readonly #timeoutMs: number
  readonly #calls = new Map<number, Call>()
  #nextId = 1
  #tries = 0
  #timer: NodeJS.Timeout | undefined
  #closed: OdradekError | undefined

  constructor(link: ClusterLink, monotonicMs: () => number, timeoutMs: number) {
    this.#link = link
    this.#monotonicMs = monotonicMs
    this.#timeoutMs = timeoutMs
  }

  call<Result>(request: Request, {timeoutMs = this.#timeoutMs, signal}: CallOptions = {}): Promise<Result> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed)
    if (signal?.aborted) return Promise.reject(signal.reason)
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        this.#end(call)
        reject(signal!.reason)
      }
      signal?.addEventListener('abort', abort, {once: true})
      const call: Call = {
        id: this.#nextId++,
        request,
        resolve: resolve as (result: unknown) => void,
        reject,
        leave: () => signal?.removeEventListener('abort', abort),
        deadlineMs: this.#monotonicMs() + timeoutMs,
        dueMs: 0,
      }
      if (this.#calls.size === 0) this.#link.parking.hold()
      this.#calls.set(call.id, call)
      this.#make(call)
      this.#startTimer()
    })
  }

  told({id, result, error, message}: Told): void {
    const call = this.#calls.get(id)
    if (call === undefined) return
    this.#end(call)
    if (error === undefined) call.resolve(result)
    else call.reject(new OdradekError(error, message))
  }

  /** Tells a broker something that needs no answer. */
  tell(body: object): void {
    const broker = this.#liveBroker()
    if (broker > 0) this.#link.mailbox.send(`broker-${broker}`, body)
  }

  /** Fails what was not answered, and whatever is asked later. */
  close(error: OdradekError): void {
    this.#closed = error
    for (const call of [...this.#calls.values()]) {
      this.#end(call)
      call.reject(error)
    }
  }

  #make(call: Call): void {
    const {id, request, deadlineMs} = call
    const broker = this.#liveBroker()
    call.dueMs = this.#monotonicMs() + (broker > 0 ? AGAIN_MS : LOOK_MS)
    if (broker > 0) this.#link.mailbox.send(`broker-${broker}`, {type: 'ask', id, request, deadlineMs})
  }

  #again(): void {
    const nowMs = this.#monotonicMs()
    for (const call of [...this.#calls.values()]) {
      if (nowMs >= call.deadlineMs) {
        this.#end(call)
        call.reject(new OdradekError('REQUEST_TIMED_OUT', `no broker answered ${call.request.type} in time`))
      } else if (nowMs >= call.dueMs) {
        this.#tries++
        this.#make(call)
      }
    }
    this.#startTimer()
  }

  #startTimer(): void {
    clearTimeout(this.#timer)
    let dueMs = Number.POSITIVE_INFINITY
    for (const call of this.#calls.values()) dueMs = Math.min(dueMs, call.dueMs)
    if (this.#calls.size > 0) this.#timer = setTimeout(() => this.#again(), Math.max(1, dueMs - this.#monotonicMs()))
  }

  #liveBroker(): number {
    const {map} = this.#link
    for (let i = 0; i < map.shape.brokers; i++) {
      const id = 1 + ((this.#tries + i) % map.shape.brokers)
      if (!map.broker(id).hasEnded && map.broker(id).state === THREAD.running) return id
    }
    return 0
  }

  #end(call: Call): void {
    call.leave()
    this.#calls.delete(call.id)
    if (this.#calls.size > 0) return
    this.#link.parking.release()
    clearTimeout(this.#timer)
  }
}
