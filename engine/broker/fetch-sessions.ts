import type {ErrorCode} from '../errors.ts'
import {FETCH_SESSION_PARTITIONS_MAX, FETCH_SESSIONS_MAX, INT32_MAX} from '../limits.ts'
import type {WireRequest} from '../wire/apis.ts'
import type {TopicKey} from './served-partition.ts'

type FetchRequest = WireRequest<'Fetch'>

/** What is asked of one partition, and what the client knows of it by the answers it got in a session. */
export interface FetchedPartition {
  readonly topic: TopicKey
  readonly index: number
  fetchOffset: number
  currentLeaderEpoch: number
  lastFetchedEpoch: number
  maxBytes: number
  toldHighWatermark: number
  toldLogStartOffset: number
}

/** A fetch, whatever it left out because the broker knows it. */
export interface FetchScope {
  readonly partitions: readonly FetchedPartition[]
  /** 0 where the answer is one of no session. */
  readonly sessionId: number
  /** The epoch that the session has while this fetch is under way. */
  readonly epoch: number
  /** Only what the client does not know yet is told. */
  readonly isIncremental: boolean
}

/** What an answer tells of a partition, as far as it matters whether the client knows it. */
interface Told {
  readonly errorCode: ErrorCode | 'NONE'
  readonly highWatermark: number
  readonly logStartOffset: number
  /** Batches, or where the logs part: told in any case. */
  readonly hasNews: boolean
  readonly bytes: number
}

interface Session {
  readonly id: number
  readonly byId: boolean
  readonly partitions: Map<string, FetchedPartition>
  epoch: number
  usedMs: number
}

/** Epochs of a fetch that names all of its partitions: to begin a session, and to have none. */
const BEGINS = 0
const WITHOUT = -1
/** Since this version topics are named by their ids. */
const SINCE_IDS = 13
/** A session that was not used for so long makes room for another one (Kafka's `min.incremental.fetch.session.eviction.ms`). */
const IDLE_MS = 120_000

/** Fetch sessions (KIP-227): a broker remembers what a client fetches, so that each request names only what has changed, and each answer too. */
export class FetchSessions {
  /** The one used longest ago first. */
  readonly #sessions = new Map<number, Session>()
  readonly #newId: () => number
  readonly #max: {readonly sessions: number; readonly partitions: number}
  #partitions = 0

  /** `newId` gives numbers at random, from 1 up to what an int32 holds. */
  constructor(newId: () => number, max = {sessions: FETCH_SESSIONS_MAX, partitions: FETCH_SESSION_PARTITIONS_MAX}) {
    this.#newId = newId
    this.#max = max
  }

  get size(): number {
    return this.#sessions.size
  }

  /** Partitions of all sessions together. */
  get partitions(): number {
    return this.#partitions
  }

  open(asked: FetchRequest, version: number, nowMs: number): FetchScope | ErrorCode {
    const {sessionId, sessionEpoch} = asked
    if (sessionEpoch === BEGINS || sessionEpoch === WITHOUT) {
      if (sessionId !== 0) this.#remove(sessionId)
      const partitions = new Map<string, FetchedPartition>()
      take(partitions, asked)
      if (sessionEpoch === WITHOUT) return scopeOf(partitions)
      return this.#begin(partitions, version >= SINCE_IDS, nowMs)
    }
    const session = this.#sessions.get(sessionId)
    if (session === undefined) return 'FETCH_SESSION_ID_NOT_FOUND'
    if (session.epoch !== sessionEpoch) return 'INVALID_FETCH_SESSION_EPOCH'
    if (session.byId !== version >= SINCE_IDS) return 'FETCH_SESSION_TOPIC_ID_ERROR'
    return this.#goOn(session, asked, nowMs)
  }

  /** Whether the session of a fetch is where that left it; where not, somebody else has gone on with it. */
  isCurrent({sessionId, epoch}: FetchScope): boolean {
    return sessionId === 0 || this.#sessions.get(sessionId)?.epoch === epoch
  }

  /** Takes note of what an answer tells of a partition; whether it has to, for the client does not know. */
  mustTell(scope: FetchScope, partition: FetchedPartition, told: Told): boolean {
    const {highWatermark, logStartOffset, errorCode, hasNews} = told
    const isNew =
      hasNews ||
      errorCode !== 'NONE' ||
      highWatermark !== partition.toldHighWatermark ||
      logStartOffset !== partition.toldLogStartOffset
    // once the error is over, the client is told so
    partition.toldHighWatermark = errorCode === 'NONE' ? highWatermark : -1
    partition.toldLogStartOffset = logStartOffset
    if (told.bytes > 0) this.#moveBack(scope, partition)
    return isNew || !scope.isIncremental
  }

  /** Who got something comes last the next time: the answer may be full before everybody has. */
  #moveBack({sessionId}: FetchScope, partition: FetchedPartition): void {
    const partitions = this.#sessions.get(sessionId)?.partitions
    const key = keyOf(partition.topic, partition.index)
    if (partitions?.get(key) !== partition) return
    partitions.delete(key)
    partitions.set(key, partition)
  }

  #begin(partitions: Map<string, FetchedPartition>, byId: boolean, nowMs: number): FetchScope {
    if (partitions.size === 0 || !this.#hasRoom(partitions.size, nowMs)) return scopeOf(partitions)
    let id = this.#newId()
    while (this.#sessions.has(id)) id = this.#newId()
    const session: Session = {id, byId, partitions, epoch: 1, usedMs: nowMs}
    this.#sessions.set(id, session)
    this.#partitions += partitions.size
    return {...scopeOf(partitions), sessionId: id, epoch: session.epoch}
  }

  #goOn(session: Session, asked: FetchRequest, nowMs: number): FetchScope | ErrorCode {
    const {id, partitions} = session
    const before = partitions.size
    take(partitions, asked)
    for (const forgotten of asked.forgottenTopicsData)
      for (const index of forgotten.partitions)
        partitions.delete(keyOf({name: forgotten.topic, topicId: forgotten.topicId}, index))
    this.#partitions += partitions.size - before
    // used last, it is the last to make room
    this.#sessions.delete(id)
    this.#sessions.set(id, session)
    if (partitions.size === 0) this.#remove(id)
    if (partitions.size === 0) return scopeOf(partitions)
    if (this.#partitions > this.#max.partitions) {
      this.#remove(id)
      return 'FETCH_SESSION_ID_NOT_FOUND'
    }
    session.epoch = nextEpoch(session.epoch)
    session.usedMs = nowMs
    return {partitions: [...partitions.values()], sessionId: id, epoch: session.epoch, isIncremental: true}
  }

  #hasRoom(more: number, nowMs: number): boolean {
    const {sessions, partitions} = this.#max
    for (const {id, usedMs} of this.#sessions.values()) {
      if (this.#sessions.size < sessions && this.#partitions + more <= partitions) return true
      if (nowMs - usedMs < IDLE_MS) return false
      this.#remove(id)
    }
    return sessions > 0 && more <= partitions
  }

  #remove(id: number): void {
    this.#partitions -= this.#sessions.get(id)?.partitions.size ?? 0
    this.#sessions.delete(id)
  }
}

/** Behind the greatest comes the first: 0 and less have a meaning of their own. */
export function nextEpoch(epoch: number): number {
  return epoch === INT32_MAX ? 1 : epoch + 1
}

function scopeOf(partitions: ReadonlyMap<string, FetchedPartition>): FetchScope {
  return {partitions: [...partitions.values()], sessionId: 0, epoch: 0, isIncremental: false}
}

function keyOf({name, topicId}: TopicKey, index: number): string {
  return `${topicId}${name}/${index}`
}

function take(partitions: Map<string, FetchedPartition>, {topics}: FetchRequest): void {
  for (const {topic: name, topicId, partitions: asked} of topics) {
    const topic = {name, topicId}
    for (const {partition: index, fetchOffset, currentLeaderEpoch, lastFetchedEpoch, partitionMaxBytes} of asked) {
      const wanted = {fetchOffset, currentLeaderEpoch, lastFetchedEpoch, maxBytes: partitionMaxBytes}
      const key = keyOf(topic, index)
      const known = partitions.get(key)
      if (known !== undefined) Object.assign(known, wanted)
      else partitions.set(key, {topic, index, ...wanted, toldHighWatermark: -1, toldLogStartOffset: -1})
    }
  }
}
