import {AssertionFailed} from '../assert.ts'
import {type ErrorCode, isOurs, OdradekError} from '../errors.ts'
import type {WireRequest, WireResponse} from '../wire/apis.ts'
import type {AnswerLease} from './answer-memory.ts'
import {CurrentLeaders} from './current-leader.ts'
import {endOfEpoch} from './epoch-end.ts'
import type {FetchedPartition, FetchScope} from './fetch-sessions.ts'
import type {Answer, Handler, RequestContext} from './handler.ts'
import {hasCodec} from './partition-reads.ts'
import {leadershipProblem, ownLine, type ServedPartition} from './served-partition.ts'
import type {WaitingFetch} from './waiting-fetches.ts'

type Asked = WireRequest<'Fetch'>
type Response = WireResponse<'Fetch'>
type Told = Response['responses'][number]['partitions'][number]

/** The isolation level of who wants committed transactions only. There are none here, so that is the same records, and a list of none aborted. */
const READ_COMMITTED = 1
/** Clients, and tools that look at logs, have negative ids; other brokers do not fetch here. */
const FIRST_REPLICA = 0
/** Zstandard, and the first version of Fetch that may carry it. */
const ZSTD = 4
const SINCE_ZSTD = 10

/** Gives whole batches from where a client has come to: what is there, or when as much is there as it wants, or after a time. */
export const fetch: Handler<'Fetch'> = (context, asked, answer) => {
  const {desk, version, now} = context
  if (Math.max(asked.replicaId, asked.replicaState.replicaId) >= FIRST_REPLICA) {
    answer(refusal('INVALID_REQUEST'))
    return
  }
  const scope = desk.logs.sessions.open(asked, version, now.nowMs)
  if (typeof scope === 'string') {
    answer(refusal(scope, scope === 'FETCH_SESSION_ID_NOT_FOUND' ? 0 : asked.sessionId))
    return
  }
  const attempt = new FetchAttempt(context, asked, scope, answer)
  const isLast = asked.maxWaitMs <= 0 || scope.partitions.length === 0
  if (!attempt.look(now.nowMs, isLast)) desk.logs.fetches.add(attempt, now.nowMs)
}

function refusal(errorCode: ErrorCode, sessionId = 0): Response {
  return {errorCode, sessionId, responses: []}
}

/** A partition of a fetch, and how much of it was found to be there so far. */
interface Part {
  readonly asked: FetchedPartition
  measuredTo: number
  measured: number
}

class FetchAttempt implements WaitingFetch {
  readonly watched: readonly ServedPartition[]
  readonly deadlineMs: number
  readonly #context: RequestContext
  readonly #asked: Asked
  readonly #scope: FetchScope
  readonly #answer: Answer<Response>
  readonly #parts: readonly Part[]
  readonly #bytesMax: number
  readonly #minBytes: number

  constructor(context: RequestContext, asked: Asked, scope: FetchScope, answer: Answer<Response>) {
    this.#context = context
    this.#asked = asked
    this.#scope = scope
    this.#answer = answer
    this.deadlineMs = context.now.nowMs + asked.maxWaitMs
    this.#bytesMax = Math.max(0, Math.min(asked.maxBytes, context.answerBytesMax()))
    this.#minBytes = Math.min(asked.minBytes, this.#bytesMax)
    this.#parts = scope.partitions.map(each => ({asked: each, measuredTo: each.fetchOffset, measured: 0}))
    this.watched = scope.partitions.flatMap(({topic, index}) => {
      const partition = context.desk.logs.partition(topic, index)
      return typeof partition === 'string' || partition.slot < 0 ? [] : [partition]
    })
  }

  look(nowMs: number, isLast: boolean): boolean {
    const {desk, isOpen} = this.#context
    if (!isOpen()) return true
    if (!desk.logs.sessions.isCurrent(this.#scope)) {
      this.#answer(refusal('INVALID_FETCH_SESSION_EPOCH', this.#scope.sessionId))
      return true
    }
    if (!isLast && !this.#isWorthIt(nowMs)) return false
    return this.#read(nowMs, isLast)
  }

  /** Whether there is as much to read as is wanted, or something to tell at once. */
  #isWorthIt(nowMs: number): boolean {
    if (this.#minBytes <= 0) return true
    let bytes = 0
    for (const part of this.#parts) {
      const {topic, index, currentLeaderEpoch, lastFetchedEpoch, fetchOffset, maxBytes} = part.asked
      const partition = this.#context.desk.logs.partition(topic, index)
      // what is wrong, or where logs part, is told at once
      if (typeof partition === 'string' || leadershipProblem(partition, currentLeaderEpoch) !== undefined) return true
      const {highWatermark, logStartOffset, writtenEnd} = ownLine(partition)
      if (fetchOffset < logStartOffset || fetchOffset > writtenEnd) return true
      if (lastFetchedEpoch >= 0 && this.#parting(partition, part.asked) !== undefined) return true
      if (highWatermark <= part.measuredTo) {
        bytes += Math.min(part.measured, maxBytes)
        continue
      }
      if (this.#minBytes <= 1 && part.measuredTo === fetchOffset) return true
      try {
        const place = {offset: part.measuredTo, limit: highWatermark, bytesMax: Math.max(1, this.#minBytes - bytes)}
        const {bytes: more, nextOffset} = this.#context.desk.logs.reads.measure(partition, place, nowMs)
        part.measured += more
        // nothing in a gap up to the end is still to come
        part.measuredTo = more === 0 ? highWatermark : nextOffset
      } catch (error) {
        if (error instanceof AssertionFailed) throw error
        return true
      }
      bytes += Math.min(part.measured, maxBytes)
      if (bytes >= this.#minBytes) return true
    }
    return bytes >= this.#minBytes
  }

  /** Reads and answers; false where there turned out to be nothing, and there is still time. */
  #read(nowMs: number, isLast: boolean): boolean {
    const leaders = new CurrentLeaders(this.#context)
    const told: {part: Part; told: Told; bytes: number}[] = []
    const bytesMax = Math.min(this.#bytesMax, this.#context.answerBytesMax())
    const lease = this.#context.desk.logs.reads.lease()
    let bytes = 0
    let isNews = isLast || this.#minBytes <= 0
    for (const part of this.#parts) {
      const room = {leaders, bytesLeft: bytesMax - bytes, isFirst: bytes === 0}
      const read = this.#readPart(part.asked, room, {lease, nowMs})
      bytes += read.bytes
      if (read.bytes > 0 || read.told.errorCode !== 'NONE' || read.told.divergingEpoch !== undefined) isNews = true
      told.push({part, ...read})
    }
    if (!isNews) {
      for (const {
        part,
        told: {highWatermark},
      } of told)
        part.measuredTo = Math.max(part.measuredTo, highWatermark)
      return false
    }
    this.#tell(told, leaders, lease)
    return true
  }

  #tell(all: readonly {part: Part; told: Told; bytes: number}[], leaders: CurrentLeaders, lease: AnswerLease): void {
    const {desk} = this.#context
    const topics = new Map<string, {topic: string; topicId: string; partitions: Told[]}>()
    for (const {part, told, bytes} of all) {
      const {highWatermark, logStartOffset = -1, errorCode} = told
      const hasNews = bytes > 0 || told.divergingEpoch !== undefined
      const news = {errorCode, highWatermark, logStartOffset, hasNews, bytes}
      if (!desk.logs.sessions.mustTell(this.#scope, part.asked, news)) continue
      const {name: topic, topicId} = part.asked.topic
      const key = `${topicId}${topic}`
      const found = topics.get(key)
      if (found !== undefined) found.partitions.push(told)
      else topics.set(key, {topic, topicId, partitions: [told]})
    }
    const head = {errorCode: 'NONE', sessionId: this.#scope.sessionId} as const
    this.#answer({...head, responses: [...topics.values()], nodeEndpoints: leaders.endpoints()}, () => lease.end())
  }

  #readPart(
    asked: FetchedPartition,
    {leaders, bytesLeft, isFirst}: {leaders: CurrentLeaders; bytesLeft: number; isFirst: boolean},
    reading: {lease: AnswerLease; nowMs: number},
  ): {told: Told; bytes: number} {
    const {topic, index, fetchOffset, currentLeaderEpoch, lastFetchedEpoch, maxBytes} = asked
    const {desk, version} = this.#context
    const partition = desk.logs.partition(topic, index)
    const wrong = typeof partition === 'string' ? partition : leadershipProblem(partition, currentLeaderEpoch)
    if (typeof partition === 'string' || wrong !== undefined)
      return {told: this.#refused(index, wrong!, leaders.of(partition, wrong!)), bytes: 0}
    const {word} = partition.row
    const line = ownLine(partition)
    const {highWatermark, logStartOffset, writtenEnd} = line
    const ends = {partitionIndex: index, highWatermark, lastStableOffset: highWatermark, logStartOffset}
    const aborted = {abortedTransactions: this.#asked.isolationLevel === READ_COMMITTED ? [] : null}
    try {
      const divergingEpoch = lastFetchedEpoch < 0 ? undefined : this.#parting(partition, asked)
      if (divergingEpoch !== undefined && divergingEpoch.endOffset < 0) throw new OdradekError('OFFSET_OUT_OF_RANGE')
      if (divergingEpoch !== undefined)
        return {told: {...ends, ...aborted, errorCode: 'NONE', divergingEpoch, records: NOTHING}, bytes: 0}
      // what a leader has and may not show yet is there all the same: whoever stands in it waits
      if (fetchOffset < logStartOffset || fetchOffset > writtenEnd) throw new OdradekError('OFFSET_OUT_OF_RANGE')
      const place = {
        offset: fetchOffset,
        limit: highWatermark,
        bytesMax: Math.max(0, Math.min(maxBytes, bytesLeft)),
        orOne: isFirst,
      }
      const {pieces, bytes} = desk.logs.reads.read(partition, place, reading)
      // read while another one took the lead, it may be bytes that were cut meanwhile
      if (partition.row.word !== word && leadershipProblem(partition, currentLeaderEpoch) !== undefined)
        throw new OdradekError('NOT_LEADER_OR_FOLLOWER')
      if (version < SINCE_ZSTD && hasCodec(pieces, ZSTD)) throw new OdradekError('UNSUPPORTED_COMPRESSION_TYPE')
      return {told: {...ends, ...aborted, errorCode: 'NONE', records: pieces}, bytes}
    } catch (error) {
      if (!(error instanceof OdradekError)) throw error
      const code = desk.logs.readProblem(
        partition,
        fetchOffset,
        isOurs(error.code) ? 'KAFKA_STORAGE_ERROR' : error.code,
      )
      return {told: this.#refused(index, code, leaders.of(partition, code)), bytes: 0}
    }
  }

  #refused(partitionIndex: number, errorCode: ErrorCode, currentLeader: Told['currentLeader']): Told {
    const {isolationLevel} = this.#asked
    const abortedTransactions = isolationLevel === READ_COMMITTED ? [] : null
    const refused = {partitionIndex, errorCode, highWatermark: -1, abortedTransactions, records: NOTHING}
    return currentLeader === undefined ? refused : {...refused, currentLeader}
  }

  /** Where the log of who fetches parts from this one: before all that is known where that is -1. Undefined where it does not part. */
  #parting(
    partition: ServedPartition,
    {fetchOffset, lastFetchedEpoch}: FetchedPartition,
  ): {epoch: number; endOffset: number} | undefined {
    const {epoch, endOffset} = endOfEpoch(this.#context.desk.logs.epochsOf(partition), lastFetchedEpoch)
    return epoch < lastFetchedEpoch || endOffset < fetchOffset ? {epoch, endOffset} : undefined
  }
}

const NOTHING = new Uint8Array(0)
