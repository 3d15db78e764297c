import {assert} from '../assert.ts'
import type {ErrorCode} from '../errors.ts'
import {CommittedOffsets} from './committed-offsets.ts'
import type {StoredGroup} from './group-records.ts'
import {Member, NO_BYTES} from './member.ts'
import type {GroupProtocol, JoinGroupResponse} from './requests.ts'

/** Kafka's names, as DescribeGroups gives them. */
export type GroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable' | 'Dead'

const NEVER = Number.POSITIVE_INFINITY

/** From which states a state may be reached. */
const FROM: Readonly<Record<GroupState, readonly GroupState[]>> = {
  // a group is Dead while its end is being stored, and as it was where that fails
  Empty: ['PreparingRebalance', 'Dead'],
  PreparingRebalance: ['Stable', 'CompletingRebalance', 'Empty'],
  CompletingRebalance: ['PreparingRebalance'],
  Stable: ['CompletingRebalance'],
  Dead: ['Empty'],
}

/** A group as its coordinator has it: who is in it, in which generation and state, and what it has committed. */
export class Group {
  readonly id: string
  readonly offsets = new CommittedOffsets()
  readonly members = new Map<string, Member>()
  /** Ids that were given out and not joined with yet, and until when they are good. */
  readonly pendingJoins = new Map<string, number>()
  /** Members that have not asked for their assignment in this generation. */
  readonly pendingSyncs = new Set<string>()
  generation = 0
  protocolType: string | undefined
  protocolName: string | undefined
  leaderId: string | undefined
  /** When those that have not joined by then are left out. */
  joinDueMs = NEVER
  /** When those that have not asked for their assignment by then are left out. */
  syncDueMs = NEVER
  /** Commits that are on their way to the log. */
  commits = 0
  /** How much longer the first rebalance of an empty group may wait for more members; undefined in every other one. */
  initialRemainingMs: number | undefined
  /** Somebody has joined since the wait began. */
  newMemberAdded = false
  #state: GroupState = 'Empty'
  /** Time of day of the last change of state. */
  #stateSinceMs: number
  readonly #staticIds = new Map<string, string>()

  constructor(id: string, wallMs: number) {
    this.id = id
    this.#stateSinceMs = wallMs
  }

  /** As its record tells it; everybody in it has `nowMs` for the start of a session. */
  static restore(id: string, stored: StoredGroup, nowMs: number, inProcess: (clientHost: string) => boolean): Group {
    const group = new Group(id, stored.currentStateTimestamp)
    group.generation = stored.generation
    group.protocolType = stored.protocolType === '' ? undefined : stored.protocolType
    group.protocolName = stored.protocol ?? undefined
    for (const each of stored.members) {
      const protocols = stored.protocol === null ? [] : [{name: stored.protocol, metadata: each.subscription}]
      const from = {clientId: each.clientId, clientHost: each.clientHost, inProcess: inProcess(each.clientHost)}
      const member = new Member(each.memberId, {...each, protocols}, from, nowMs)
      member.assignment = each.assignment
      member.expiresMs = nowMs + member.patienceMs
      group.add(member)
    }
    group.leaderId = stored.leader ?? undefined
    if (group.members.size > 0) group.#state = 'Stable'
    return group
  }

  get state(): GroupState {
    return this.#state
  }

  get stateSinceMs(): number {
    return this.#stateSinceMs
  }

  transition(state: GroupState, wallMs: number): void {
    assert(FROM[state].includes(this.#state), 'a group goes from one state to the next as Kafka has it')
    this.#state = state
    this.#stateSinceMs = wallMs
  }

  get canRebalance(): boolean {
    return FROM.PreparingRebalance.includes(this.#state)
  }

  add(member: Member): void {
    this.leaderId ??= member.id
    this.members.set(member.id, member)
    this.pendingJoins.delete(member.id)
    if (member.instanceId !== null) this.#staticIds.set(member.instanceId, member.id)
  }

  remove(member: Member): void {
    this.members.delete(member.id)
    this.pendingSyncs.delete(member.id)
    if (member.instanceId !== null) this.#staticIds.delete(member.instanceId)
    if (this.leaderId === member.id) this.leaderId = this.members.keys().next().value
  }

  /** The member of that instance goes on under another id, in the same place. */
  rename(member: Member, id: string): void {
    const all = [...this.members.values()]
    const wasPending = this.pendingSyncs.delete(member.id)
    if (this.leaderId === member.id) this.leaderId = id
    member.id = id
    this.members.clear()
    for (const each of all) this.members.set(each.id, each)
    this.#staticIds.set(member.instanceId!, id)
    if (wasPending) this.pendingSyncs.add(id)
  }

  memberOfInstance(instanceId: string): Member | undefined {
    const id = this.#staticIds.get(instanceId)
    return id === undefined ? undefined : this.members.get(id)
  }

  /** Why whoever calls himself so is not in the group; undefined where he is. */
  refuse(memberId: string, instanceId: string | null | undefined): ErrorCode | undefined {
    if (instanceId !== undefined && instanceId !== null) {
      const known = this.memberOfInstance(instanceId)
      if (known === undefined) return 'UNKNOWN_MEMBER_ID'
      if (known.id !== memberId) return 'FENCED_INSTANCE_ID'
    }
    return this.members.has(memberId) ? undefined : 'UNKNOWN_MEMBER_ID'
  }

  /** Whether somebody with these protocols can be in the group: there must be one that everybody has. */
  supports(protocolType: string, protocols: readonly GroupProtocol[]): boolean {
    if (this.members.size === 0) return protocolType !== '' && protocols.length > 0
    const common = this.#commonProtocols()
    return protocolType === this.protocolType && protocols.some(({name}) => common.has(name))
  }

  /** Each member votes for the first of its protocols that all of them have. */
  selectProtocol(): string {
    const common = this.#commonProtocols()
    const votes = new Map<string, number>()
    for (const {protocols} of this.members.values()) {
      const choice = protocols.find(({name}) => common.has(name))
      assert(choice !== undefined, 'the members of a group have a protocol in common')
      votes.set(choice.name, (votes.get(choice.name) ?? 0) + 1)
    }
    let best = ''
    for (const [name, count] of votes) if (count > (votes.get(best) ?? 0)) best = name
    return best
  }

  get hasAllJoined(): boolean {
    if (this.pendingJoins.size > 0) return false
    for (const member of this.members.values()) if (!member.awaitsJoin) return false
    return true
  }

  /** The leader stays if it has joined, else somebody takes its place who has. False where nobody has. */
  electJoinedLeader(): boolean {
    if (this.leaderId !== undefined && this.members.get(this.leaderId)?.awaitsJoin) return true
    for (const member of this.members.values()) {
      if (!member.awaitsJoin) continue
      this.leaderId = member.id
      return true
    }
    return false
  }

  nextGeneration(wallMs: number): void {
    this.generation++
    this.pendingSyncs.clear()
    if (this.members.size === 0) {
      this.protocolName = undefined
      this.transition('Empty', wallMs)
    } else {
      this.protocolName = this.selectProtocol()
      this.transition('CompletingRebalance', wallMs)
    }
  }

  /** As long as the slowest of its members may take. */
  get rebalanceTimeoutMs(): number {
    let most = 0
    for (const member of this.members.values()) most = Math.max(most, member.rebalanceTimeoutMs)
    return most
  }

  membersForLeader(): JoinGroupResponse['members'] {
    return [...this.members.values()].map(member => ({
      memberId: member.id,
      groupInstanceId: member.instanceId,
      metadata: member.metadata(this.protocolName),
    }))
  }

  /** As it is stored, with these assignments. */
  stored(assignments?: ReadonlyMap<string, Uint8Array>): StoredGroup {
    return {
      protocolType: this.protocolType ?? '',
      generation: this.generation,
      protocol: this.protocolName ?? null,
      leader: this.leaderId ?? null,
      currentStateTimestamp: this.#stateSinceMs,
      members: [...this.members.values()].map(member => ({
        memberId: member.id,
        groupInstanceId: member.instanceId,
        clientId: member.clientId,
        clientHost: member.clientHost,
        rebalanceTimeoutMs: member.rebalanceTimeoutMs,
        sessionTimeoutMs: member.sessionTimeoutMs,
        subscription: member.metadata(this.protocolName),
        assignment: assignments === undefined ? member.assignment : (assignments.get(member.id) ?? NO_BYTES),
      })),
    }
  }

  /** Nobody is in it, or about to be, and it has nothing that was committed. */
  get isForgotten(): boolean {
    return this.#state === 'Empty' && this.pendingJoins.size === 0 && this.offsets.isEmpty && this.commits === 0
  }

  /** When the next time-out is over. */
  get dueMs(): number {
    let due = Math.min(this.joinDueMs, this.syncDueMs)
    for (const member of this.members.values()) if (member.mayExpire) due = Math.min(due, member.expiresMs)
    for (const expiresMs of this.pendingJoins.values()) due = Math.min(due, expiresMs)
    return due
  }

  #commonProtocols(): ReadonlySet<string> {
    let common: Set<string> | undefined
    for (const {protocols} of this.members.values()) {
      const names = new Set(protocols.map(({name}) => name))
      common = common === undefined ? names : new Set([...common].filter(name => names.has(name)))
    }
    return common ?? new Set()
  }
}
