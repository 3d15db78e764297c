import * as assert from 'uvu/assert'
import type {ErrorCode} from '../../engine/errors.ts'
import {GroupCoordinator} from '../../engine/group/group-coordinator.ts'
import {type GroupRecord, readGroupRecord} from '../../engine/group/group-records.ts'
import {GROUP_CONFIG, type GroupConfig, type Now} from '../../engine/group/group-world.ts'
import type {
  DescribeGroupsResponse,
  GroupErrorCode,
  JoinGroupRequest,
  JoinGroupResponse,
  OffsetCommitRequest,
  Requester,
  SyncGroupResponse,
} from '../../engine/group/requests.ts'

/** An answer that may be still to come. */
export interface Pending<Response> {
  response: Response | undefined
}

interface Append {
  readonly records: readonly GroupRecord[]
  readonly done: (error: ErrorCode | undefined) => void
}

export const SESSION_MS = 10_000
export const REBALANCE_MS = 60_000

/** A coordinator by itself: its partition is a list of records, and time passes when it is told to. */
export class GroupBed {
  readonly config: GroupConfig
  coordinator: GroupCoordinator
  /** What every replica has. */
  log: GroupRecord[] = []
  /** What is on its way there; only where `isSlow`. */
  appends: Append[] = []
  isSlow = false
  /** What appends come to instead of being stored. */
  failure: ErrorCode | undefined
  /** Groups whose members were told to join anew, in order. */
  readonly pushed: string[] = []
  readonly topics = new Map([['t', {topicId: 'AAAAAAAAAAAAAAAAAAAAAQ', partitions: 4}]])
  /** Hosts whose threads have ended. */
  readonly ended = new Set<string>()
  nowMs = 1000
  #ids = 0

  constructor(config: Partial<GroupConfig> = {}) {
    this.config = {...GROUP_CONFIG, ...config}
    this.coordinator = this.#make()
    this.#load()
  }

  get now(): Now {
    return {nowMs: this.nowMs, wallMs: 1_000_000 + this.nowMs}
  }

  /** Time passes, and what is due is done. */
  pass(ms: number): void {
    const endMs = this.nowMs + ms
    while (this.coordinator.dueMs <= endMs) {
      this.nowMs = Math.max(this.nowMs, this.coordinator.dueMs)
      this.coordinator.round(this.now)
    }
    this.nowMs = endMs
    this.coordinator.round(this.now)
  }

  /** The oldest append that is on its way is stored, or fails. */
  settle(error?: ErrorCode): void {
    const append = this.appends.shift()
    if (append === undefined) return
    if (error === undefined) this.log.push(...append.records)
    append.done(error)
  }

  settleAll(): void {
    while (this.appends.length > 0) this.settle()
  }

  /** Another broker coordinates from here on, with what is stored. What is on its way may be stored still, the oldest of it first. */
  move(stored = 0): void {
    for (const append of this.appends.splice(0)) {
      if (stored-- > 0) this.log.push(...append.records)
      append.done('NOT_COORDINATOR')
    }
    this.coordinator.unload('NOT_COORDINATOR')
    assert.is(this.appends.length, 0, 'who coordinates no more appends no more')
    this.coordinator = this.#make()
    this.#load()
  }

  join(options: Partial<JoinGroupRequest> & {from?: Partial<Requester>} = {}): Pending<JoinGroupResponse> {
    const {from, ...asked} = options
    const pending: Pending<JoinGroupResponse> = {response: undefined}
    this.coordinator.join(
      {
        groupId: 'g',
        memberId: '',
        protocolType: 'consumer',
        protocols: [{name: 'range', metadata: subscription('t')}],
        sessionTimeoutMs: SESSION_MS,
        rebalanceTimeoutMs: REBALANCE_MS,
        ...asked,
      },
      {clientId: 'c', clientHost: '/h', inProcess: false, ...from},
      this.now,
      response => {
        pending.response = response
      },
    )
    return pending
  }

  /** As `join`, with the id that a new member is given first. */
  enter(
    options: Partial<JoinGroupRequest> & {from?: Partial<Requester>} = {},
  ): Pending<JoinGroupResponse> & {id: string} {
    const id = this.join(options).response!.memberId
    return Object.assign(this.join({...options, memberId: id}), {id})
  }

  sync(
    member: {readonly memberId: string; readonly generationId: number},
    parts: Readonly<Record<string, string>> = {},
    more: object = {},
  ): Pending<SyncGroupResponse> {
    const pending: Pending<SyncGroupResponse> = {response: undefined}
    const assignments = Object.entries(parts).map(([memberId, text]) => ({memberId, assignment: bytesOf(text)}))
    const {memberId, generationId} = member
    this.coordinator.sync({groupId: 'g', memberId, generationId, assignments, ...more}, this.now, response => {
      pending.response = response
    })
    return pending
  }

  beat(memberId: string, generationId: number, more: object = {}): GroupErrorCode {
    return this.coordinator.heartbeat({groupId: 'g', memberId, generationId, ...more}, this.now)
  }

  leave(memberId: string, groupInstanceId: string | null = null): GroupErrorCode {
    return this.coordinator.leave({groupId: 'g', members: [{memberId, groupInstanceId}]}, this.now).members[0]!
      .errorCode
  }

  /** Commits for partition 0 of `t`; undefined until that is settled. */
  commit(offset: number, asked: Partial<OffsetCommitRequest> = {}): Pending<GroupErrorCode> {
    const pending: Pending<GroupErrorCode> = {response: undefined}
    const topics = [{name: 't', partitions: [{partitionIndex: 0, committedOffset: offset}]}]
    this.coordinator.commit({groupId: 'g', topics, ...asked}, this.now, response => {
      pending.response = response.topics[0]!.partitions[0]!.errorCode
    })
    return pending
  }

  committed(groupId = 'g', topic = 't', partition = 0): number {
    const asked = {groupId, topics: [{name: topic, partitionIndexes: [partition]}]}
    return this.coordinator.fetch(asked).topics[0]!.partitions[0]!.committedOffset
  }

  delete(groupId = 'g'): Pending<GroupErrorCode> {
    const pending: Pending<GroupErrorCode> = {response: undefined}
    this.coordinator.delete(groupId, this.now, error => {
      pending.response = error
    })
    return pending
  }

  describe(groupId = 'g'): DescribeGroupsResponse['groups'][number] {
    return this.coordinator.describe(groupId, this.nowMs)
  }

  state(groupId = 'g'): string {
    return this.describe(groupId).groupState
  }

  threadsEnded(): void {
    this.coordinator.threadsEnded(host => this.ended.has(host), this.now)
    this.pass(0)
  }

  #make(): GroupCoordinator {
    return new GroupCoordinator(
      {
        append: (records, done) => this.#append(records, done),
        newMemberId: prefix => `${prefix}-${++this.#ids}`,
        rebalancing: group => this.pushed.push(group.id),
        topic: name => this.topics.get(name),
      },
      this.config,
    )
  }

  #append(records: readonly GroupRecord[], done: Append['done']): void {
    this.appends.push({records, done})
    if (this.failure !== undefined) this.settle(this.failure)
    else if (!this.isSlow) this.settleAll()
  }

  #load(): void {
    for (const {key, value} of this.log) {
      const record = readGroupRecord(key, value)
      if (record !== undefined) this.coordinator.replay(record)
    }
    this.coordinator.loaded(this.now, {
      inProcess: host => host.startsWith('/thread'),
      hasEnded: host => this.ended.has(host),
    })
  }
}

export function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text))
}

export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString()
}

/** As Kafka's consumers subscribe, version 0. */
export function subscription(...topics: readonly string[]): Uint8Array {
  const parts = topics.map(topic => Buffer.concat([Buffer.from([0, topic.length]), Buffer.from(topic)]))
  return new Uint8Array(
    Buffer.concat([Buffer.from([0, 0, 0, 0, 0, topics.length]), ...parts, Buffer.from([0, 0, 0, 0])]),
  )
}
