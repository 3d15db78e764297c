import type {TopicPartitionList} from '../consumer-protocol.ts'
import type {Partition} from '../partition.ts'
import {AssignedPartition} from './assigned-partition.ts'
import {KafkaJSNonRetriableError} from './errors.ts'
import {CONSUMER_EVENTS as EVENTS} from './events.ts'
import {byTopic} from './group-membership.ts'
import {assignmentOf} from './partition-assigners.ts'
import type {RunHome} from './run-home.ts'
import type {TopicPartitions} from './types.ts'

/** What a share tells its run. */
export interface ShareEvents {
  /** There is something to do. */
  readonly ring: () => void
  /** It is about to join, and perhaps to let go of what it has. */
  readonly beforeJoining: () => Promise<void>
  /** Whether the rebalance that was told of while it joined is behind it, the coordinator says. */
  readonly inDoubt: () => void
}

/** A member's share of its group's partitions: it joins, takes what it is dealt, and lets go of the rest. */
export class GroupShare {
  /** The group wants everybody to join again. */
  mustJoin = true
  readonly #home: RunHome
  readonly #events: ShareEvents
  readonly #doors = new Map<string, Partition>()
  readonly #seeks = new Map<string, number>()
  /** Topics that were deleted while it read them: all that is in a new one came after it. */
  readonly #remade = new Set<string>()
  #partitions: AssignedPartition[] = []
  #isJoining = false
  #isClosed = false
  /** A rebalance was told of while it joined: that one, or one more. */
  #wasTold = false
  /** Aborts when one of its topics is made, which a pause after a failure may have waited for. */
  #created = new AbortController()

  constructor(home: RunHome, events: ShareEvents) {
    this.#home = home
    this.#events = events
  }

  get partitions(): readonly AssignedPartition[] {
    return this.#partitions
  }

  find(topic: string, partition: number): AssignedPartition | undefined {
    return this.#partitions.find(each => each.partition === partition && each.topic === topic)
  }

  /** As KafkaJS lists them. */
  get assigned(): TopicPartitions[] {
    return byTopic(this.#partitions, ({partition}) => partition).map(({name, partitions}) => ({
      topic: name,
      partitions: partitions.sort((one, other) => one - other),
    }))
  }

  seek(topic: string, partition: number, offset: number): void {
    const assigned = this.find(topic, partition)
    if (assigned === undefined) this.#seeks.set(`${topic}-${partition}`, offset)
    else assigned.seek(offset)
    this.#events.ring()
  }

  /** Follows what happens to its group and its topics, until the functions it returns are called. */
  watch(topicCreated: () => void): (() => void)[] {
    const {cluster, membership, groupId, topics} = this.#home
    const created = ({topic}: {topic: string}): void => {
      if (!topics.has(topic)) return
      this.#created.abort()
      topicCreated()
    }
    cluster.on('topic.created', created)
    return [
      () => cluster.off('topic.created', created),
      cluster.groups.onRebalance(told => {
        if (told.groupId === groupId && told.memberId === membership.memberId) this.toldToJoin()
      }),
    ]
  }

  /** The group wants everybody to join again. */
  rebalance(): void {
    this.mustJoin = true
    this.#events.ring()
  }

  /** The coordinator says so. Whoever is at it already asks again once it has joined: that may be behind it. */
  toldToJoin(): void {
    if (this.#isJoining) this.#wasTold = true
    else this.rebalance()
  }

  get isJoining(): boolean {
    return this.#isJoining
  }

  async join(signal: AbortSignal): Promise<void> {
    this.#isJoining = true
    try {
      await this.#joinAndTake(signal)
    } catch (error) {
      // a member may have joined, and yet read only a part of what it was dealt
      this.mustJoin = true
      throw error
    } finally {
      this.#isJoining = false
    }
    if (this.#wasTold) this.#events.inDoubt()
    this.#wasTold = false
  }

  /** Whether topics that were deleted under it are there again. Where not, `topicCreated` tells when to ask once more. */
  async isMadeAnew(): Promise<boolean> {
    this.#created = new AbortController()
    const names = new Set(this.#partitions.filter(({door}) => door.isDeleted).map(({topic}) => topic))
    const found = await Promise.allSettled([...names].map(name => this.#home.cluster.topic(name, false)))
    return found.length > 0 && found.every(({status}) => status === 'fulfilled')
  }

  get topicCreated(): AbortSignal {
    return this.#created.signal
  }

  /** It reads nothing any more. */
  release(isGiven: (assigned: AssignedPartition) => boolean = () => true): void {
    for (const each of this.#partitions) {
      if (!isGiven(each)) continue
      if (each.door.isDeleted) this.#deleted(each.topic)
      each.close()
    }
    this.#partitions = this.#partitions.filter(each => !isGiven(each))
  }

  #deleted(topic: string): void {
    this.#remade.add(topic)
    this.#home.membership.topicDeleted(topic)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    const doors = [...this.#doors.values()]
    this.#doors.clear()
    await Promise.allSettled(doors.map(door => door.close()))
  }

  async #joinAndTake(signal: AbortSignal): Promise<void> {
    const {membership, instrumentation, logger, groupId, topics} = this.#home
    const startMs = Date.now()
    await this.#events.beforeJoining()
    if (membership.generationId >= 0) instrumentation.emit(EVENTS.REBALANCING, {groupId, memberId: membership.memberId})
    if (!(membership.isCooperative && membership.generationId >= 0)) this.release()
    this.mustJoin = false
    const given = await membership.join(this.assigned, signal)
    const {memberId, generationId, leaderId, isLeader, protocol} = membership
    const strange = given.filter(({topic}) => !topics.has(topic)).map(({topic}) => topic)
    if (strange.length > 0)
      instrumentation.emit(EVENTS.RECEIVED_UNSUBSCRIBED_TOPICS, {
        groupId,
        generationId,
        memberId,
        assignedTopics: given.map(({topic}) => topic),
        topicsSubscribed: [...topics.keys()],
        topicsNotSubscribed: strange,
      })
    await this.#take(given.filter(({topic}) => topics.has(topic)))
    const payload = {
      groupId,
      memberId,
      leaderId,
      isLeader,
      memberAssignment: assignmentOf(this.assigned),
      groupProtocol: protocol,
      duration: Date.now() - startMs,
    }
    instrumentation.emit(EVENTS.GROUP_JOIN, payload)
    if (groupId !== '') logger.info('Consumer has joined the group', payload)
  }

  /** Reads these from now on, and no others. */
  async #take(given: readonly TopicPartitionList[]): Promise<void> {
    const {membership, topics} = this.#home
    const wanted = given.flatMap(({topic, partitions}) => partitions.map(partition => ({topic, partition})))
    const isWanted = ({topic, partition}: {topic: string; partition: number}): boolean =>
      wanted.some(each => each.topic === topic && each.partition === partition)
    const before = this.#partitions.length
    this.release(each => !isWanted(each) || each.door.isDeleted)
    // others wait for what it has let go of: everybody joins once more
    if (membership.isCooperative && this.#partitions.length < before) this.mustJoin = true
    const added = wanted.filter(({topic, partition}) => this.find(topic, partition) === undefined)
    const [committed, doors] = await Promise.all([
      membership.committed(added),
      Promise.all(added.map(({topic, partition}) => this.#door(topic, partition))),
    ])
    this.#requireOpen()
    for (const [i, door] of doors.entries()) {
      const fromBeginning = topics.get(door.topic)! || this.#remade.has(door.topic)
      const {ring} = this.#events
      const assigned = new AssignedPartition(door, {committed: committed[i]!, fromBeginning, ring})
      this.#partitions.push(assigned)
      const sought = this.#seeks.get(`${door.topic}-${door.partition}`)
      if (sought !== undefined) assigned.seek(sought)
      this.#seeks.delete(`${door.topic}-${door.partition}`)
    }
  }

  async #door(topic: string, partition: number): Promise<Partition> {
    const name = `${topic}-${partition}`
    const known = this.#doors.get(name)
    if (known !== undefined && !known.isDeleted) return known
    if (known !== undefined) await known.close().catch(() => {})
    const door = await this.#home.cluster.openPartition(topic, partition, false)
    // nobody else would close it
    if (this.#isClosed) await door.close()
    this.#requireOpen()
    this.#doors.set(name, door)
    return door
  }

  #requireOpen(): void {
    if (this.#isClosed) throw new KafkaJSNonRetriableError('The consumer was stopped')
  }
}
