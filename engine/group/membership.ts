import type {ErrorCode} from '../errors.ts'
import type {Group} from './group.ts'
import {groupRecord} from './group-records.ts'
import type {GroupConfig, GroupSurface, Now} from './group-world.ts'
import {Member, NO_BYTES} from './member.ts'
import type {
  GroupErrorCode,
  HeartbeatRequest,
  JoinGroupRequest,
  JoinGroupResponse,
  LeaveGroupRequest,
  LeaveGroupResponse,
  Requester,
  SyncGroupRequest,
  SyncGroupResponse,
} from './requests.ts'

const NEVER = Number.POSITIVE_INFINITY
/** A member that waits for its first answer cannot tell that it is there: it is forgotten after so long, or those that tried again and again would gather. */
const NEW_MEMBER_JOIN_MS = 300_000

/** Instances of which none has joined are waited for anew, for so long at least. */
const NOBODY_JOINED_MS = 100

type JoinAnswer = (response: JoinGroupResponse) => void
type SyncAnswer = (response: SyncGroupResponse) => void

/** Who is in a group, and how it gets from one generation to the next: Kafka's classic protocol. */
export class Membership {
  readonly #world: GroupSurface
  readonly #config: GroupConfig

  constructor(world: GroupSurface, config: GroupConfig) {
    this.#world = world
    this.#config = config
  }

  join(group: Group, asked: JoinGroupRequest, from: Requester, now: Now, answer: JoinAnswer): void {
    const {memberId, protocolType, protocols} = asked
    const isKnown = group.members.has(memberId) || group.pendingJoins.has(memberId)
    const problem: ErrorCode | undefined =
      group.state === 'Dead'
        ? 'COORDINATOR_NOT_AVAILABLE'
        : !isKnown && group.members.size + group.pendingJoins.size >= this.#config.groupSizeMax
          ? 'GROUP_MAX_SIZE_REACHED'
          : group.supports(protocolType, protocols)
            ? undefined
            : 'INCONSISTENT_GROUP_PROTOCOL'
    if (problem !== undefined) answer(refusedJoin(memberId, problem))
    else if (memberId === '') this.#joinFirst(group, asked, from, now, answer)
    else this.#joinAgain(group, asked, from, now, answer)
  }

  sync(group: Group, asked: SyncGroupRequest, now: Now, answer: SyncAnswer): void {
    const problem = this.#refuseSync(group, asked)
    if (problem !== undefined) {
      answer(refusedSync(problem))
      return
    }
    const member = group.members.get(asked.memberId)!
    member.seenMs = now.nowMs
    group.pendingSyncs.delete(member.id)
    if (group.state === 'Stable') {
      this.#beginSession(member, now)
      answer(assignmentOf(group, member))
      return
    }
    member.answerSync(refusedSync('REBALANCE_IN_PROGRESS'))
    member.waitForSync(answer)
    if (group.leaderId === member.id) this.#assign(group, asked)
  }

  heartbeat(group: Group, asked: HeartbeatRequest, now: Now): GroupErrorCode {
    if (group.state === 'Dead') return 'COORDINATOR_NOT_AVAILABLE'
    const problem = group.refuse(asked.memberId, asked.groupInstanceId)
    if (problem !== undefined) return problem
    if (asked.generationId !== group.generation) return 'ILLEGAL_GENERATION'
    this.touch(group, asked.memberId, now)
    // who has joined and not synced yet may say already that it is there
    return group.state === 'PreparingRebalance' ? 'REBALANCE_IN_PROGRESS' : 'NONE'
  }

  leave(group: Group, {members}: LeaveGroupRequest, now: Now): LeaveGroupResponse {
    return {
      errorCode: group.state === 'Dead' ? 'COORDINATOR_NOT_AVAILABLE' : 'NONE',
      members: members.map(({memberId, groupInstanceId = null}) => ({
        memberId,
        groupInstanceId,
        errorCode: this.#leave(group, memberId, groupInstanceId, now),
      })),
    }
  }

  /** The member has shown that it gets on. */
  touch(group: Group, memberId: string, now: Now): void {
    const member = group.members.get(memberId)
    if (member === undefined) return
    member.seenMs = now.nowMs
    this.#beginSession(member, now)
  }

  /** The thread that a member ran in has ended. An instance may come back within its session. */
  threadEnded(group: Group, member: Member, now: Now): void {
    if (member.isStatic) {
      member.inProcess = false
      member.answerJoin(refusedJoin(member.id, 'UNKNOWN_MEMBER_ID'))
      member.answerSync(refusedSync('UNKNOWN_MEMBER_ID'))
      member.isNew = false
      this.#beginSession(member, now)
    } else this.#remove(group, member, now)
  }

  /** Does what time-outs that are over ask for. */
  round(group: Group, now: Now): void {
    for (const [id, expiresMs] of group.pendingJoins)
      if (now.nowMs >= expiresMs) {
        group.pendingJoins.delete(id)
        this.#completeIfAllJoined(group, now)
      }
    for (const member of [...group.members.values()])
      if (now.nowMs >= member.expiresMs && member.mayExpire && group.members.get(member.id) === member)
        this.#remove(group, member, now)
    if (now.nowMs >= group.syncDueMs) this.#syncIsDue(group, now)
    if (now.nowMs >= group.joinDueMs) this.#joinIsDue(group, now)
  }

  /** Answers whoever waits: the group is another broker's now. */
  dismiss(group: Group, error: ErrorCode): void {
    for (const member of group.members.values()) {
      member.answerJoin(refusedJoin(member.id, error))
      member.answerSync(refusedSync(error))
    }
  }

  #joinFirst(group: Group, asked: JoinGroupRequest, from: Requester, now: Now, answer: JoinAnswer): void {
    const {groupInstanceId: instanceId = null} = asked
    if (instanceId === null) {
      const id = this.#world.newMemberId(from.clientId)
      group.pendingJoins.set(id, now.nowMs + asked.sessionTimeoutMs)
      answer(refusedJoin(id, 'MEMBER_ID_REQUIRED'))
      return
    }
    const id = this.#world.newMemberId(instanceId)
    const known = group.memberOfInstance(instanceId)
    if (known === undefined) this.#add(group, id, asked, from, now, answer)
    else this.#replace(group, known, id, asked, from, now, answer)
  }

  #joinAgain(group: Group, asked: JoinGroupRequest, from: Requester, now: Now, answer: JoinAnswer): void {
    const {memberId, groupInstanceId, protocols} = asked
    if (group.pendingJoins.has(memberId)) {
      this.#add(group, memberId, asked, from, now, answer)
      return
    }
    const problem = group.refuse(memberId, groupInstanceId)
    if (problem !== undefined) {
      answer(refusedJoin(memberId, problem))
      return
    }
    const member = group.members.get(memberId)!
    const isSettled = group.state === 'CompletingRebalance' || (group.state === 'Stable' && group.leaderId !== memberId)
    // what it would be told has not reached it, or it asks anew though nothing has changed
    if (isSettled && member.hasProtocols(protocols)) {
      member.ask(asked, from, now.nowMs)
      answer(this.#generation(group, member))
      return
    }
    member.answerJoin(refusedJoin(memberId, 'REBALANCE_IN_PROGRESS'))
    member.ask(asked, from, now.nowMs)
    member.waitForJoin(answer)
    this.#rebalance(group, now)
  }

  #add(group: Group, id: string, asked: JoinGroupRequest, from: Requester, now: Now, answer: JoinAnswer): void {
    const member = new Member(id, asked, from, now.nowMs)
    member.isNew = true
    member.expiresMs = now.nowMs + NEW_MEMBER_JOIN_MS
    member.waitForJoin(answer)
    if (group.members.size === 0) group.protocolType = asked.protocolType
    group.add(member)
    if (group.state === 'PreparingRebalance') group.newMemberAdded = true
    this.#rebalance(group, now)
  }

  /** An instance comes back under a new id. Where that changes nothing for the others, it goes on with what it had. */
  #replace(
    group: Group,
    member: Member,
    id: string,
    asked: JoinGroupRequest,
    from: Requester,
    now: Now,
    answer: JoinAnswer,
  ): void {
    member.answerJoin(refusedJoin(member.id, 'FENCED_INSTANCE_ID'))
    member.answerSync(refusedSync('FENCED_INSTANCE_ID'))
    group.rename(member, id)
    member.ask(asked, from, now.nowMs)
    this.#beginSession(member, now)
    if (group.state === 'Stable' && group.selectProtocol() === group.protocolName) {
      // the leader is told of all, and that it need not assign anew
      const told = {...this.#generation(group, member), skipAssignment: group.leaderId === id}
      this.#world.append(group, [groupRecord(group.id, group.stored())], error =>
        answer(error === undefined ? told : refusedJoin(id, error)),
      )
      return
    }
    member.waitForJoin(answer)
    this.#rebalance(group, now)
  }

  #rebalance(group: Group, now: Now): void {
    if (group.canRebalance) this.#prepare(group, now)
    else this.#completeIfAllJoined(group, now)
  }

  #prepare(group: Group, now: Now): void {
    if (group.state === 'CompletingRebalance') this.#resetAssignments(group, 'REBALANCE_IN_PROGRESS', now)
    group.syncDueMs = NEVER
    const isInitial = group.state === 'Empty'
    group.transition('PreparingRebalance', now.wallMs)
    if (isInitial) {
      const {initialRebalanceDelayMs} = this.#config
      group.newMemberAdded = false
      group.initialRemainingMs = Math.max(0, group.rebalanceTimeoutMs - initialRebalanceDelayMs)
      // also without a delay it waits for the end of the round: who asks together joins together
      group.joinDueMs = now.nowMs + initialRebalanceDelayMs
      return
    }
    this.#world.rebalancing(group)
    if (group.hasAllJoined) this.#complete(group, now)
    else group.joinDueMs = now.nowMs + group.rebalanceTimeoutMs
  }

  #completeIfAllJoined(group: Group, now: Now): void {
    const isWaiting = group.state === 'PreparingRebalance' && group.initialRemainingMs === undefined
    if (isWaiting && group.hasAllJoined) this.#complete(group, now)
  }

  #joinIsDue(group: Group, now: Now): void {
    const delayMs = Math.min(this.#config.initialRebalanceDelayMs, group.initialRemainingMs ?? 0)
    if (delayMs > 0 && group.newMemberAdded) {
      group.newMemberAdded = false
      group.initialRemainingMs = group.initialRemainingMs! - delayMs
      group.joinDueMs = now.nowMs + delayMs
    } else this.#complete(group, now)
  }

  /** Everybody who has joined is in the next generation; who has not, and is no instance, is left out. */
  #complete(group: Group, now: Now): void {
    group.joinDueMs = NEVER
    group.initialRemainingMs = undefined
    for (const member of [...group.members.values()]) if (!member.awaitsJoin && !member.isStatic) group.remove(member)
    if (group.members.size > 0 && !group.electJoinedLeader()) {
      // where they give each other no time nothing comes of looking at once
      group.joinDueMs = now.nowMs + Math.max(NOBODY_JOINED_MS, group.rebalanceTimeoutMs)
      return
    }
    group.nextGeneration(now.wallMs)
    if (group.state === 'Empty') {
      this.#world.append(group, [groupRecord(group.id, group.stored())], () => undefined)
      return
    }
    for (const member of group.members.values()) {
      group.pendingSyncs.add(member.id)
      this.#beginSession(member, now)
      member.isNew = false
    }
    group.syncDueMs = now.nowMs + group.rebalanceTimeoutMs
    for (const member of [...group.members.values()]) member.answerJoin(this.#generation(group, member))
  }

  #refuseSync(group: Group, asked: SyncGroupRequest): ErrorCode | undefined {
    if (group.state === 'Dead') return 'COORDINATOR_NOT_AVAILABLE'
    const problem = group.refuse(asked.memberId, asked.groupInstanceId)
    if (problem !== undefined) return problem
    if (asked.generationId !== group.generation) return 'ILLEGAL_GENERATION'
    if (isOther(asked.protocolType, group.protocolType) || isOther(asked.protocolName, group.protocolName))
      return 'INCONSISTENT_GROUP_PROTOCOL'
    return group.state === 'PreparingRebalance' ? 'REBALANCE_IN_PROGRESS' : undefined
  }

  /** The leader has dealt: once that is stored, everybody gets his part. */
  #assign(group: Group, {assignments}: SyncGroupRequest): void {
    const {generation} = group
    const parts = new Map(assignments.map(({memberId, assignment}) => [memberId, assignment]))
    this.#world.append(group, [groupRecord(group.id, group.stored(parts))], (error, now) => {
      // somebody may have come or gone meanwhile
      if (group.state !== 'CompletingRebalance' || group.generation !== generation) return
      if (error !== undefined) {
        this.#resetAssignments(group, error, now)
        this.#prepare(group, now)
        return
      }
      group.transition('Stable', now.wallMs)
      for (const member of group.members.values()) member.assignment = parts.get(member.id) ?? NO_BYTES
      for (const member of [...group.members.values()]) {
        if (!member.awaitsSync) continue
        this.#beginSession(member, now)
        member.answerSync(assignmentOf(group, member))
      }
    })
  }

  #resetAssignments(group: Group, error: ErrorCode, now: Now): void {
    for (const member of group.members.values()) {
      member.assignment = NO_BYTES
      if (member.awaitsSync) this.#beginSession(member, now)
      member.answerSync(refusedSync(error))
    }
  }

  #syncIsDue(group: Group, now: Now): void {
    group.syncDueMs = NEVER
    if (group.pendingSyncs.size === 0) return
    for (const id of [...group.pendingSyncs]) group.remove(group.members.get(id)!)
    this.#prepare(group, now)
  }

  #leave(group: Group, memberId: string, instanceId: string | null, now: Now): GroupErrorCode {
    if (group.state === 'Dead') return 'COORDINATOR_NOT_AVAILABLE'
    const instance = instanceId === null ? undefined : group.memberOfInstance(instanceId)
    // an administrator knows the instance, and not what it calls itself now
    const id = memberId === '' && instance !== undefined ? instance.id : memberId
    if (group.pendingJoins.delete(id)) {
      this.#completeIfAllJoined(group, now)
      return 'NONE'
    }
    const problem = group.refuse(id, instanceId)
    if (problem !== undefined) return problem
    this.#remove(group, group.members.get(id)!, now)
    return 'NONE'
  }

  #remove(group: Group, member: Member, now: Now): void {
    group.remove(member)
    // if it is there after all, it joins anew
    member.answerJoin(refusedJoin(member.id, 'UNKNOWN_MEMBER_ID'))
    member.answerSync(refusedSync('UNKNOWN_MEMBER_ID'))
    if (group.state === 'Stable' || group.state === 'CompletingRebalance') this.#prepare(group, now)
    else this.#completeIfAllJoined(group, now)
  }

  #beginSession(member: Member, now: Now): void {
    member.expiresMs = now.nowMs + member.patienceMs
  }

  #generation(group: Group, member: Member): JoinGroupResponse {
    return {
      errorCode: 'NONE',
      generationId: group.generation,
      protocolType: group.protocolType ?? null,
      protocolName: group.protocolName ?? null,
      leader: group.leaderId!,
      skipAssignment: false,
      memberId: member.id,
      members: group.leaderId === member.id ? group.membersForLeader() : [],
    }
  }
}

function isOther(asked: string | null | undefined, own: string | undefined): boolean {
  return asked !== undefined && asked !== null && asked !== own
}

export function refusedJoin(memberId: string, errorCode: ErrorCode): JoinGroupResponse {
  return {
    ...{errorCode, memberId, generationId: -1, protocolType: null, protocolName: null},
    ...{leader: '', skipAssignment: false, members: []},
  }
}

export function refusedSync(errorCode: ErrorCode): SyncGroupResponse {
  return {errorCode, protocolType: null, protocolName: null, assignment: NO_BYTES}
}

function assignmentOf(group: Group, member: Member): SyncGroupResponse {
  return {
    errorCode: 'NONE',
    protocolType: group.protocolType ?? null,
    protocolName: group.protocolName ?? null,
    assignment: member.assignment,
  }
}
