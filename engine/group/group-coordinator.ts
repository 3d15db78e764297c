import type {ErrorCode} from '../errors.ts'
import {Group} from './group.ts'
import {GroupOffsets, refusedCommit} from './group-offsets.ts'
import {groupRecord, type ReadGroupRecord, type StoredGroup} from './group-records.ts'
import {GROUP_CONFIG, type GroupConfig, type GroupSurface, type GroupWorld, type Now} from './group-world.ts'
import {Membership, refusedJoin, refusedSync} from './membership.ts'
import type {
  DescribeGroupsResponse,
  GroupErrorCode,
  HeartbeatRequest,
  JoinGroupRequest,
  JoinGroupResponse,
  LeaveGroupRequest,
  LeaveGroupResponse,
  ListGroupsRequest,
  ListGroupsResponse,
  OffsetCommitRequest,
  OffsetCommitResponse,
  OffsetDeleteRequest,
  OffsetDeleteResponse,
  OffsetFetchRequest,
  OffsetFetchResponse,
  Requester,
  SyncGroupRequest,
  SyncGroupResponse,
} from './requests.ts'
import {tombstones} from './tombstones.ts'

/** As ListGroups names groups of the classic protocol. */
const GROUP_TYPE = 'classic'

/** How a coordinator that has been loaded knows who is who. */
export interface Whereabouts {
  /** A member with this host is a thread of this process. */
  inProcess(clientHost: string): boolean
  /** It was a thread of this process or an earlier one, and has ended. */
  hasEnded(clientHost: string): boolean
}

/**
 * The coordinator of the groups of one partition of `__consumer_offsets`: everything a group is told is told here, by one broker at a time, the
 * partition's leader. What must outlast it is in the partition; `replay` takes that in again. Time, chance and the partition come from outside.
 */
export class GroupCoordinator {
  readonly #world: GroupWorld
  readonly #config: GroupConfig
  readonly #membership: Membership
  readonly #offsets: GroupOffsets
  readonly #groups = new Map<string, Group>()
  /** While it is loaded: the groups of which there is a record. */
  readonly #stored = new Map<string, StoredGroup>()
  /** As the last round had it, which is the one in which what is appended has its outcome. */
  #now: Now = {nowMs: 0, wallMs: 0}
  #dueMs = Number.POSITIVE_INFINITY
  #expiryDueMs = 0

  constructor(world: GroupWorld, config: GroupConfig = GROUP_CONFIG) {
    this.#world = world
    this.#config = config
    const surface: GroupSurface = {
      newMemberId: prefix => world.newMemberId(prefix),
      rebalancing: group => world.rebalancing(group),
      topic: name => world.topic(name),
      append: (group, records, done) =>
        world.append(records, error => {
          done(error, this.#now)
          this.#touched(group)
        }),
    }
    this.#membership = new Membership(surface, config)
    this.#offsets = new GroupOffsets(surface, config)
  }

  /** Takes in a record of the partition, oldest first. */
  replay(record: ReadGroupRecord): void {
    if (record.type === 'group') {
      if (record.value === null) this.#stored.delete(record.group)
      else this.#stored.set(record.group, record.value)
      return
    }
    const {offsets} = this.#group(record.group, -1)
    if (record.value === null) offsets.delete(record.topic, record.partition)
    else offsets.set(record.topic, record.partition, record.value)
  }

  /** All records are taken in: it answers from here on. Members have a session to show that they are there. */
  loaded(now: Now, whereabouts: Whereabouts): void {
    this.#now = now
    // all that was committed for them is taken back, and they have no record
    for (const [id, group] of this.#groups) if (group.isForgotten) this.#groups.delete(id)
    for (const [id, stored] of this.#stored) {
      const group = Group.restore(id, stored, now.nowMs, host => whereabouts.inProcess(host))
      const known = this.#groups.get(id)
      if (known !== undefined) for (const each of known.offsets.all()) group.offsets.set(...each)
      this.#groups.set(id, group)
    }
    this.#stored.clear()
    this.#expiryDueMs = now.nowMs + this.#config.offsetsRetentionCheckMs
    this.threadsEnded(host => whereabouts.hasEnded(host), now)
    this.#look()
  }

  /** The partition is another broker's: whoever waits is to go there. */
  unload(error: ErrorCode): void {
    for (const group of this.#groups.values()) this.#membership.dismiss(group, error)
  }

  /** When `round` has something to do. */
  get dueMs(): number {
    return Math.min(this.#dueMs, this.#expiryDueMs)
  }

  round(now: Now): number {
    this.#now = now
    if (now.nowMs < this.dueMs) return 0
    for (const group of this.#groups.values()) if (now.nowMs >= group.dueMs) this.#membership.round(group, now)
    if (now.nowMs >= this.#expiryDueMs) this.#expire(now)
    this.#look()
    return 1
  }

  /** Has those go whose thread has ended. */
  threadsEnded(hasEnded: (clientHost: string) => boolean, now: Now): void {
    for (const group of this.#groups.values())
      for (const member of [...group.members.values()])
        if (member.inProcess && hasEnded(member.clientHost)) {
          this.#membership.threadEnded(group, member, now)
          this.#touched(group)
        }
  }

  /** Whether threads of this process are in any group. */
  get hasThreads(): boolean {
    for (const group of this.#groups.values())
      for (const {inProcess} of group.members.values()) if (inProcess) return true
    return false
  }

  join(asked: JoinGroupRequest, from: Requester, now: Now, answer: (response: JoinGroupResponse) => void): void {
    const {groupId, memberId, sessionTimeoutMs} = asked
    const {minSessionTimeoutMs, maxSessionTimeoutMs} = this.#config
    if (sessionTimeoutMs < minSessionTimeoutMs || sessionTimeoutMs > maxSessionTimeoutMs) {
      answer(refusedJoin(memberId, 'INVALID_SESSION_TIMEOUT'))
      return
    }
    const group = memberId === '' ? this.#group(groupId, now.wallMs) : this.#groups.get(groupId)
    if (group === undefined) {
      answer(refusedJoin(memberId, 'UNKNOWN_MEMBER_ID'))
      return
    }
    this.#membership.join(group, asked, from, now, answer)
    this.#touched(group)
  }

  sync(asked: SyncGroupRequest, now: Now, answer: (response: SyncGroupResponse) => void): void {
    const group = this.#groups.get(asked.groupId)
    if (group === undefined) {
      answer(refusedSync('UNKNOWN_MEMBER_ID'))
      return
    }
    this.#membership.sync(group, asked, now, answer)
    this.#touched(group)
  }

  heartbeat(asked: HeartbeatRequest, now: Now): GroupErrorCode {
    const group = this.#groups.get(asked.groupId)
    return group === undefined ? 'UNKNOWN_MEMBER_ID' : this.#membership.heartbeat(group, asked, now)
  }

  leave(asked: LeaveGroupRequest, now: Now): LeaveGroupResponse {
    const group = this.#groups.get(asked.groupId)
    if (group === undefined)
      return {
        errorCode: 'NONE',
        members: asked.members.map(({memberId, groupInstanceId = null}) => ({
          ...{memberId, groupInstanceId, errorCode: 'UNKNOWN_MEMBER_ID'},
        })),
      }
    const response = this.#membership.leave(group, asked, now)
    this.#touched(group)
    return response
  }

  commit(asked: OffsetCommitRequest, now: Now, answer: (response: OffsetCommitResponse) => void): void {
    const {groupId, generationIdOrMemberEpoch: generation = -1, memberId = ''} = asked
    const known = this.#groups.get(groupId)
    if (known === undefined && generation >= 0) {
      answer(refusedCommit(asked, 'ILLEGAL_GENERATION'))
      return
    }
    const group = known ?? this.#group(groupId, now.wallMs)
    if (this.#offsets.commit(group, asked, now, answer)) this.#membership.touch(group, memberId, now)
    this.#touched(group)
  }

  fetch(asked: OffsetFetchRequest['groups'][number]): OffsetFetchResponse['groups'][number] {
    return this.#offsets.fetch(this.#groups.get(asked.groupId), asked)
  }

  deleteOffsets(asked: OffsetDeleteRequest, answer: (response: OffsetDeleteResponse) => void): void {
    const group = this.#groups.get(asked.groupId)
    if (group === undefined || group.state === 'Dead') answer({errorCode: 'GROUP_ID_NOT_FOUND', topics: []})
    else this.#offsets.delete(group, asked, answer)
  }

  delete(groupId: string, now: Now, answer: (error: GroupErrorCode) => void): void {
    const group = this.#groups.get(groupId)
    if (group === undefined || group.state === 'Dead') answer('GROUP_ID_NOT_FOUND')
    else if (group.state !== 'Empty') answer('NON_EMPTY_GROUP')
    else this.#end(group, now, answer)
  }

  describe(groupId: string, nowMs: number): DescribeGroupsResponse['groups'][number] {
    const group = this.#groups.get(groupId)
    if (group === undefined || group.state === 'Dead') return undescribed(groupId, 'GROUP_ID_NOT_FOUND')
    const isStable = group.state === 'Stable'
    const protocol = isStable ? group.protocolName : undefined
    return {
      errorCode: 'NONE',
      errorMessage: null,
      groupId,
      groupState: group.state,
      protocolType: group.protocolType ?? '',
      protocolData: protocol ?? '',
      members: [...group.members.values()].map(member => ({
        memberId: member.id,
        groupInstanceId: member.instanceId,
        clientId: member.clientId,
        clientHost: member.clientHost,
        memberMetadata: member.metadata(protocol),
        memberAssignment: member.assignment,
        idleMs: Math.round(nowMs - member.seenMs),
      })),
    }
  }

  list({statesFilter = [], typesFilter = []}: ListGroupsRequest): ListGroupsResponse['groups'][number][] {
    const isAsked = (filter: readonly string[], value: string): boolean =>
      filter.length === 0 || filter.some(each => each.toLowerCase() === value.toLowerCase())
    return [...this.#groups.values()]
      .filter(({state}) => isAsked(statesFilter, state) && isAsked(typesFilter, GROUP_TYPE))
      .map(({id, protocolType, state}) => ({
        ...{groupId: id, protocolType: protocolType ?? '', groupState: state, groupType: GROUP_TYPE},
      }))
  }

  #group(id: string, wallMs: number): Group {
    const known = this.#groups.get(id)
    if (known !== undefined) return known
    const group = new Group(id, wallMs)
    this.#groups.set(id, group)
    return group
  }

  /** What was to be appended before has its outcome by then: no commit comes up behind the end of its group. */
  #end(group: Group, now: Now, answer: (error: GroupErrorCode) => void): void {
    group.transition('Dead', now.wallMs)
    const notEnded = (error: ErrorCode): void => {
      group.transition('Empty', now.wallMs)
      answer(error)
    }
    this.#world.append([], cutOff => {
      if (cutOff !== undefined) {
        notEnded(cutOff)
        return
      }
      const pieces = tombstones(group.id, group.offsets.all())
      const endPiece = (): void => {
        const piece = pieces.shift()
        const records = piece?.records ?? []
        const isLast = pieces.length === 0
        this.#world.append(isLast ? [...records, groupRecord(group.id, null)] : records, error => {
          if (error !== undefined) {
            notEnded(error)
            return
          }
          for (const [topic, partition] of piece?.entries ?? []) group.offsets.delete(topic, partition)
          if (!isLast) {
            endPiece()
            return
          }
          this.#groups.delete(group.id)
          answer('NONE')
        })
      }
      endPiece()
    })
  }

  #expire(now: Now): void {
    this.#expiryDueMs = now.nowMs + this.#config.offsetsRetentionCheckMs
    for (const group of this.#groups.values()) {
      if (group.isForgotten) this.#end(group, now, () => undefined)
      else this.#offsets.expire(group, now.wallMs)
    }
  }

  /** Something may be due sooner in this group. */
  #touched(group: Group): void {
    // what was only looked for, or refused, leaves nothing behind
    if (group.isForgotten && group.generation === 0 && this.#groups.get(group.id) === group)
      this.#groups.delete(group.id)
    this.#dueMs = Math.min(this.#dueMs, group.dueMs)
  }

  #look(): void {
    this.#dueMs = Number.POSITIVE_INFINITY
    for (const group of this.#groups.values()) this.#dueMs = Math.min(this.#dueMs, group.dueMs)
  }
}

export function undescribed(groupId: string, errorCode: ErrorCode): DescribeGroupsResponse['groups'][number] {
  return {
    ...{errorCode, errorMessage: null, groupId, groupState: 'Dead', protocolType: '', protocolData: ''},
    members: [],
  }
}
