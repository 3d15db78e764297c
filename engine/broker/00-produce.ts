import {type ErrorCode, isOurs} from '../errors.ts'
import {BATCH} from '../record/record-batch.ts'
import type {WireRequest, WireResponse} from '../wire/apis.ts'
import {clientBatchProblem} from './client-batch.ts'
import {CurrentLeaders} from './current-leader.ts'
import type {Handler, RequestContext} from './handler.ts'
import type {Acks} from './partition-appends.ts'
import {leadershipProblem, ownLine, type ServedPartition} from './served-partition.ts'

type Topic = WireRequest<'Produce'>['topicData'][number]
type Asked = Topic['partitionData'][number]
type Told = WireResponse<'Produce'>['responses'][number]['partitionResponses'][number]

/** A leader that says nothing for so long is not waited for. */
const LEADER_MS = 30_000

interface Request {
  readonly context: RequestContext
  readonly acks: Acks
  readonly deadlineMs: number
  readonly leaders: CurrentLeaders
}

/** Takes batches as they are, one a partition, and answers when all of them are stored as `acks` says, or refused. With acks=0 that is when the leader has them. */
export const produce: Handler<'Produce'> = (context, asked, answer) => {
  const {acks, timeoutMs, transactionalId} = asked
  const leaders = new CurrentLeaders(context)
  const refusal: ErrorCode | undefined =
    acks !== -1 && acks !== 0 && acks !== 1
      ? 'INVALID_REQUIRED_ACKS'
      : transactionalId !== null
        ? 'INVALID_TXN_STATE'
        : undefined
  const request: Request = {
    ...{context, leaders, acks: acks as Acks},
    // the time-out is for who waits for other replicas; a leader alone is waited for until it is taken for lost
    deadlineMs: context.now.nowMs + (acks === -1 ? Math.max(0, timeoutMs) : LEADER_MS),
  }
  const responses = asked.topicData.map(({name, topicId}) => ({name, topicId, partitionResponses: [] as Told[]}))
  let left = 1
  const told = (): void => {
    if (--left > 0) return
    answer({responses, nodeEndpoints: leaders.endpoints()})
  }
  asked.topicData.forEach((topic, i) => {
    const {partitionResponses} = responses[i]!
    topic.partitionData.forEach((partition, j) => {
      left++
      const tell = (outcome: Told): void => {
        partitionResponses[j] = outcome
        told()
      }
      if (refusal !== undefined) tell(refused(partition.index, refusal))
      else append(request, topic, partition, tell)
    })
  })
  told()
}

function append(request: Request, topic: Topic, {index, records}: Asked, tell: (told: Told) => void): void {
  const {context, acks, deadlineMs, leaders} = request
  const {desk, version} = context
  const partition = desk.logs.partition(topic, index)
  const lost = typeof partition === 'string' ? partition : leadershipProblem(partition, -1)
  if (typeof partition === 'string' || lost !== undefined) {
    tell({...refused(index, lost!), currentLeader: leaders.of(partition, lost!)})
    return
  }
  const problem =
    clientBatchProblem(records, version, desk.logs.crc32c) ?? sizeProblem(context, partition, records!.length)
  if (problem !== undefined) {
    tell({...refused(index, problem.error), errorMessage: problem.message})
    return
  }
  const bytes = records!
  const count = new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getInt32(BATCH.recordCount)
  const {durability, log} = desk.logs.settingsOf(partition.topic)
  desk.logs.appends.append(
    partition,
    {bytes, records: count},
    {acks, durability, deadlineMs},
    (error, baseOffset, timestampMs) => {
      if (error !== undefined) {
        const code = isOurs(error) ? 'KAFKA_STORAGE_ERROR' : error
        tell({...refused(index, code), currentLeader: leaders.of(partition, code)})
        return
      }
      const logAppendTimeMs = log.messageTimestampType === 'LogAppendTime' ? timestampMs : -1
      const {logStartOffset} = ownLine(partition)
      tell({index, errorCode: 'NONE', baseOffset, logAppendTimeMs, logStartOffset, recordErrors: []})
    },
  )
}

function sizeProblem(
  {desk}: RequestContext,
  {topic}: ServedPartition,
  length: number,
): {error: ErrorCode; message: string} | undefined {
  const {maxMessageBytes, segmentBytes} = desk.logs.settingsOf(topic).log
  if (length > maxMessageBytes)
    return {error: 'MESSAGE_TOO_LARGE', message: `a batch of ${length} bytes; max.message.bytes is ${maxMessageBytes}`}
  if (length > segmentBytes)
    return {error: 'RECORD_LIST_TOO_LARGE', message: `a batch of ${length} bytes; segment.bytes is ${segmentBytes}`}
  return undefined
}

function refused(index: number, errorCode: ErrorCode): Told {
  return {index, errorCode, baseOffset: -1, logAppendTimeMs: -1, logStartOffset: -1, recordErrors: []}
}
