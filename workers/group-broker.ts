import type {GroupDesk, GroupHandler} from '../engine/broker/group-desk.ts'
import {GROUP_HANDLERS} from '../engine/broker/group-handlers.ts'
import {LeftSlots} from '../engine/cluster/left-slots.ts'
import type {Address} from '../engine/cluster/mail.ts'
import {hasThreadEnded, memberHost, memberThread} from '../engine/cluster/member-host.ts'
import {THREAD, type ThreadLine} from '../engine/cluster/thread-line.ts'
import type {MetadataImage} from '../engine/coordinator/metadata-image.ts'
import {topicSettings} from '../engine/coordinator/topic-configs.ts'
import type {TopicImage} from '../engine/ensemble/metadata.ts'
import type {ErrorCode} from '../engine/errors.ts'
import type {Group} from '../engine/group/group.ts'
import type {GroupCoordinator} from '../engine/group/group-coordinator.ts'
import type {GroupAsk, GroupLetter} from '../engine/group/group-letters.ts'
import {OFFSETS_TOPIC, partitionOfGroup} from '../engine/group/group-partition.ts'
import type {Now} from '../engine/group/group-world.ts'
import {requestProblem} from '../engine/group/request-shape.ts'
import type {Requester} from '../engine/group/requests.ts'
import type {LogSource} from '../engine/log/log-reader.ts'
import {partitionDirectory} from '../engine/log/segment-files.ts'
import type {BrokerWorld} from './broker-world.ts'
import type {CoordinatorCalls} from './coordinator-calls.ts'
import {coordinatingBroker, GroupPartitionHost, isReign} from './group-partition-host.ts'
import type {GroupSurroundings} from './group-surroundings.ts'
import {offsetsTopic} from './offsets-topic.ts'
import type {OwnPlace} from './own-place.ts'

/** Somebody who looks for the coordinator of a group, and until when. */
interface Search {
  readonly groupId: string
  readonly answer: (found: number | ErrorCode) => void
  readonly deadlineMs: number
}

/** How long it may take until a group has a coordinator, before whoever looks for it is told to try again. */
const SEARCH_MS = 5000
/** How often it is looked whether the threads of members still run. */
const ATTENDANCE_MS = 250
/** While a host has not answered it is told again of the inbox after so long. */
const ATTACH_AGAIN_MS = 100
/** What came to nothing, as while brokers for its replicas are missing, is tried again after so long. */
const MAKE_AGAIN_MS = 250
/** Who looks for what nobody rings for looks that often. */
const LOOK_MS = 2
/** Rings wake this thread for what hosts answer; if one were lost, this is how long that stays unseen. */
const UNRUNG_MS = 20
const START_ID_LENGTH = 8

/** A broker's part in consumer groups: it coordinates those whose partition of `__consumer_offsets` it leads. */
export class GroupBroker implements GroupDesk {
  readonly #world: BrokerWorld
  readonly #around: GroupSurroundings
  readonly #calls: CoordinatorCalls
  readonly #start: string
  readonly #left = new LeftSlots()
  /** Partitions that this broker leads, by their number. */
  readonly #led = new Map<number, GroupPartitionHost>()
  #image: MetadataImage | undefined
  #topic: TopicImage | undefined
  #now: Now = {nowMs: 0, wallMs: 0}
  readonly #own: OwnPlace
  #asks: {readonly from: Address; readonly ask: GroupAsk}[] = []
  /** What was asked and is not answered yet: asked again meanwhile, it is the same. */
  readonly #open = new Set<string>()
  #searches: Search[] = []
  #isMaking = false
  #makeAgainMs = 0
  #attendanceMs = 0
  #attachMs = 0

  constructor(world: BrokerWorld & {readonly groups: GroupSurroundings}, calls: CoordinatorCalls, own: OwnPlace) {
    this.#own = own
    this.#world = world
    this.#around = world.groups
    this.#calls = calls
    this.#start = world.config.startId.slice(0, START_ID_LENGTH)
  }

  /** Where hosts ring for what this waits for: its place among the threads, or undefined while it waits for nothing. */
  get ringPlace(): number | undefined {
    const {place} = this.#own
    if (place < 0 || (this.#left.isEmpty && ![...this.#led.values()].some(({isPending}) => isPending))) return undefined
    return place
  }

  ask(from: Address, ask: GroupAsk): void {
    const name = `${from} ${ask.id}`
    if (this.#open.has(name)) return
    this.#open.add(name)
    this.#asks.push({from, ask})
  }

  round(image: MetadataImage, nowMs: number): number {
    this.#now = {nowMs, wallMs: this.#around.wallMs()}
    this.#image = image
    this.#topic = image.topicNamed(OFFSETS_TOPIC)
    this.#left.free()
    this.#followLeadership()
    const asks = this.#asks
    this.#asks = []
    for (const each of asks) this.#handle(each.from, each.ask)
    this.#attend()
    let work = asks.length + this.#search()
    const attaches = nowMs >= this.#attachMs
    if (attaches) {
      this.#attachMs = nowMs + ATTACH_AGAIN_MS
      this.#left.attach()
    }
    for (const partition of this.#led.values()) {
      work += partition.round(this.#now)
      if (attaches) partition.attach()
    }
    return work
  }

  dueInMs(nowMs: number): number {
    let due = this.#searches.length > 0 ? LOOK_MS : this.ringPlace === undefined ? Number.POSITIVE_INFINITY : UNRUNG_MS
    for (const partition of this.#led.values()) due = Math.min(due, partition.dueInMs(nowMs))
    return due
  }

  close(): void {
    for (const partition of this.#led.values()) partition.close()
    this.#led.clear()
    for (const {answer} of this.#searches) answer('COORDINATOR_NOT_AVAILABLE')
    this.#searches = []
  }

  coordinatorOf(groupId: string): GroupCoordinator | ErrorCode {
    if (this.#topic === undefined) return 'NOT_COORDINATOR'
    const index = partitionOfGroup(groupId, this.#topic.partitions.length)
    const {map, id} = this.#world
    // without a place among the threads it leads, and coordinates nothing
    const isAbsent = (): boolean =>
      this.#own.place < 0 && coordinatingBroker(map, map.row(this.#topic!.partitions[index]!.row)) === id
    return this.#led.get(index)?.coordinator ?? (isAbsent() ? 'COORDINATOR_NOT_AVAILABLE' : 'NOT_COORDINATOR')
  }

  coordinators(): readonly GroupCoordinator[] | ErrorCode {
    const {map, id} = this.#world
    const all: GroupCoordinator[] = []
    for (const [index, {row}] of this.#topic?.partitions.entries() ?? []) {
      const broker = coordinatingBroker(map, map.row(row))
      // its groups would be in nobody's list
      if (broker === 0 || !isRunning(map.broker(broker))) return 'COORDINATOR_NOT_AVAILABLE'
      if (broker !== id) continue
      const coordinator = this.#led.get(index)?.coordinator ?? 'COORDINATOR_LOAD_IN_PROGRESS'
      if (typeof coordinator === 'string') return coordinator
      all.push(coordinator)
    }
    return all
  }

  findCoordinator(groupId: string, answer: (found: number | ErrorCode) => void): void {
    this.#searches.push({groupId, answer, deadlineMs: this.#now.nowMs + SEARCH_MS})
  }

  #handle(from: Address, {id, api, body, clientId, place, thread}: GroupAsk): void {
    const problem = requestProblem(api, body, clientId)
    if (problem !== undefined) {
      this.#open.delete(`${from} ${id}`)
      this.#tell(from, {type: 'groupRefused', id, problem})
      return
    }
    const requester: Requester = {
      clientId,
      clientHost: memberHost({start: this.#start, place, thread, address: from}),
      inProcess: true,
    }
    const handler = GROUP_HANDLERS[api] as GroupHandler<typeof api>
    handler({desk: this, from: requester, now: this.#now}, body as never, response => {
      this.#open.delete(`${from} ${id}`)
      this.#tell(from, {type: 'groupTold', id, response})
    })
  }

  #tell(to: Address, letter: GroupLetter): void {
    this.#world.mailbox.send(to, letter)
  }

  /** Begins to coordinate where this broker has come to lead, and ends it where it leads no more, or in another reign. */
  #followLeadership(): void {
    const {map, id} = this.#world
    for (const [index, partition] of this.#led) {
      if (partition.isCurrent && this.#topic?.partitions[index]?.row === partition.rowNumber) continue
      partition.close()
      this.#led.delete(index)
    }
    this.#topic?.partitions.forEach(({row: rowNumber, slots}, index) => {
      if (this.#led.has(index)) return
      const slot = slots.indexOf(id)
      const row = map.row(rowNumber)
      const {leaderEpoch} = row.leadership
      // what an earlier reign sent may still come into the log, behind what would be read now
      if (slot >= 0 && this.#left.isEmpty && isReign(row, slot, leaderEpoch)) this.#lead(index, slot, leaderEpoch)
    })
  }

  #lead(index: number, slot: number, leaderEpoch: number): void {
    const own = this.#own.taken
    if (own === undefined) return
    const {place, inboxes} = own
    const {map, config} = this.#world
    const {row: rowNumber} = this.#topic!.partitions[index]!
    const row = map.row(rowNumber)
    const settings = topicSettings(this.#topic!.config, config.topicDefaults)
    const partition = new GroupPartitionHost({
      ...{map, inboxes, row, rowNumber, slot, leaderEpoch, left: this.#left, place},
      durability: settings.durability,
      maxBatchBytes: Math.min(settings.log.maxMessageBytes, settings.log.segmentBytes),
      source: this.#sourceOf(index, rowNumber, slot),
      world: {
        newMemberId: prefix => `${prefix}-${uuid(this.#world.randomBytes(16))}`,
        rebalancing: group => this.#push(group),
        topic: name => {
          const topic = this.#image!.topicNamed(name)
          return topic === undefined ? undefined : {topicId: topic.topicId, partitions: topic.partitions.length}
        },
      },
      whereabouts: {
        inProcess: host => memberThread(host) !== undefined,
        hasEnded: host => this.#hasEnded(host),
      },
    })
    this.#led.set(index, partition)
  }

  #sourceOf(index: number, rowNumber: number, slot: number): LogSource {
    const {map, config, id, storage} = this.#world
    const line = map.row(rowNumber).replica(slot)
    return {
      storage,
      dir: `${config.brokerDirs[id]}/${partitionDirectory(OFFSETS_TOPIC, index)}`,
      arena: line.hasArena ? this.#around.arenas[line.host] : undefined,
      row: rowNumber,
      crc32c: this.#around.crc32c,
      logStartOffset: () => line.logStartOffset,
    }
  }

  #push(group: Group): void {
    for (const {id, clientHost} of group.members.values()) {
      const thread = memberThread(clientHost)
      if (thread !== undefined) this.#tell(thread.address, {type: 'groupRebalance', groupId: group.id, memberId: id})
    }
  }

  #hasEnded(clientHost: string): boolean {
    const thread = memberThread(clientHost)
    const {threads} = this.#world.map
    return (
      thread !== undefined && hasThreadEnded(thread, {start: this.#start, threads, isAlive: this.#around.threadIsAlive})
    )
  }

  #attend(): void {
    if (this.#now.nowMs < this.#attendanceMs) return
    this.#attendanceMs = this.#now.nowMs + ATTENDANCE_MS
    const known = new Map<string, boolean>()
    const hasEnded = (host: string): boolean => {
      const ended = known.get(host) ?? this.#hasEnded(host)
      known.set(host, ended)
      return ended
    }
    for (const partition of this.#led.values()) partition.threadsEnded(hasEnded, this.#now)
  }

  #search(): number {
    if (this.#searches.length === 0) return 0
    if (this.#topic === undefined) this.#makeTopic()
    const searches = this.#searches
    this.#searches = []
    let told = 0
    for (const each of searches) {
      const broker = this.#coordinatorNow(each.groupId)
      if (broker === 0 && this.#now.nowMs < each.deadlineMs) this.#searches.push(each)
      else {
        told++
        each.answer(broker === 0 ? 'COORDINATOR_NOT_AVAILABLE' : broker)
      }
    }
    return told
  }

  #coordinatorNow(groupId: string): number {
    const topic = this.#topic
    if (topic === undefined) return 0
    const {row} = topic.partitions[partitionOfGroup(groupId, topic.partitions.length)]!
    return coordinatingBroker(this.#world.map, this.#world.map.row(row))
  }

  #makeTopic(): void {
    if (this.#isMaking || this.#now.nowMs < this.#makeAgainMs) return
    this.#isMaking = true
    const topicId = Buffer.from(this.#world.randomBytes(16)).toString('base64url')
    // whatever comes of it: a topic shows in the image, and without one it is tried again
    const made = (): void => {
      this.#isMaking = false
      this.#makeAgainMs = this.#now.nowMs + MAKE_AGAIN_MS
    }
    const deadlineMs = this.#now.nowMs + SEARCH_MS
    const request = {type: 'createTopics', topics: [offsetsTopic(topicId)]} as const
    this.#calls.ask(request, this.#now.nowMs, made, {deadlineMs})
  }
}

function isRunning({state, hasEnded}: ThreadLine): boolean {
  return state === THREAD.running && !hasEnded
}

/** A version 4 UUID of 16 random bytes, as Kafka's member ids end with one. */
function uuid(random: Uint8Array): string {
  const bytes = Buffer.from(random)
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
