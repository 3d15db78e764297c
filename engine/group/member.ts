import type {GroupProtocol, JoinGroupRequest, JoinGroupResponse, Requester, SyncGroupResponse} from './requests.ts'

export const NO_BYTES = new Uint8Array(0)

/** A member of a group: what it asked for, the answers it waits for, and until when it counts as there without a word. */
export class Member {
  id: string
  readonly instanceId: string | null
  clientId: string
  clientHost: string
  inProcess: boolean
  sessionTimeoutMs: number
  rebalanceTimeoutMs: number
  protocols: readonly GroupProtocol[]
  assignment: Uint8Array = NO_BYTES
  /** Nobody has told it its id yet: it cannot say that it is there. */
  isNew = false
  expiresMs = Number.POSITIVE_INFINITY
  /** When it asked for anything last, or was found in the log. */
  seenMs: number
  #join: ((response: JoinGroupResponse) => void) | undefined
  #sync: ((response: SyncGroupResponse) => void) | undefined

  constructor(
    id: string,
    asked: Pick<JoinGroupRequest, 'groupInstanceId' | 'sessionTimeoutMs' | 'rebalanceTimeoutMs' | 'protocols'>,
    from: Requester,
    nowMs: number,
  ) {
    this.id = id
    this.instanceId = asked.groupInstanceId ?? null
    this.clientId = from.clientId
    this.clientHost = from.clientHost
    this.inProcess = from.inProcess
    this.sessionTimeoutMs = asked.sessionTimeoutMs
    this.rebalanceTimeoutMs = asked.rebalanceTimeoutMs
    this.protocols = asked.protocols
    this.seenMs = nowMs
  }

  get isStatic(): boolean {
    return this.instanceId !== null
  }

  /** How long it may be silent. A thread of this process shows by living that it is there; what it owes is progress. */
  get patienceMs(): number {
    return this.inProcess ? Math.max(this.sessionTimeoutMs, this.rebalanceTimeoutMs) : this.sessionTimeoutMs
  }

  get awaitsJoin(): boolean {
    return this.#join !== undefined
  }

  get awaitsSync(): boolean {
    return this.#sync !== undefined
  }

  /** Whoever waits for an answer need not say that he is there. */
  get mayExpire(): boolean {
    return this.isNew || !(this.awaitsJoin || this.awaitsSync)
  }

  ask(asked: JoinGroupRequest, from: Requester, nowMs: number): void {
    this.seenMs = nowMs
    this.clientId = from.clientId
    this.clientHost = from.clientHost
    this.inProcess = from.inProcess
    this.sessionTimeoutMs = asked.sessionTimeoutMs
    this.rebalanceTimeoutMs = asked.rebalanceTimeoutMs
    this.protocols = asked.protocols
  }

  /** Has it wait for the group to be complete. */
  waitForJoin(answer: (response: JoinGroupResponse) => void): void {
    this.#join = answer
  }

  waitForSync(answer: (response: SyncGroupResponse) => void): void {
    this.#sync = answer
  }

  answerJoin(response: JoinGroupResponse): void {
    const answer = this.#join
    this.#join = undefined
    answer?.(response)
  }

  answerSync(response: SyncGroupResponse): void {
    const answer = this.#sync
    this.#sync = undefined
    answer?.(response)
  }

  metadata(protocol: string | undefined): Uint8Array {
    return this.protocols.find(({name}) => name === protocol)?.metadata ?? NO_BYTES
  }

  /** Whether these are the protocols it has, with the same metadata in the same order. */
  hasProtocols(protocols: readonly GroupProtocol[]): boolean {
    return (
      protocols.length === this.protocols.length &&
      protocols.every(({name, metadata}, i) => {
        const own = this.protocols[i]!
        return own.name === name && Buffer.compare(own.metadata, metadata) === 0
      })
    )
  }
}
