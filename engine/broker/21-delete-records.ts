import type {ErrorCode} from '../errors.ts'
import {REQUEST} from '../memory/inbox.ts'
import type {WireRequest, WireResponse} from '../wire/apis.ts'
import {NO_UUID} from '../wire/field.ts'
import {gather} from './gather.ts'
import type {Handler, RequestContext} from './handler.ts'
import {leadershipProblem, type ServedPartition} from './served-partition.ts'
import {isInternal} from './topic-description.ts'

type Asked = WireRequest<'DeleteRecords'>['topics'][number]['partitions'][number]
type Told = WireResponse<'DeleteRecords'>['topics'][number]['partitions'][number]

/** Stands for all that is visible. */
const HIGH_WATERMARK = -1

/** Gives up the records below an offset, of each partition; told once that is on record. */
export const deleteRecords: Handler<'DeleteRecords'> = (context, {topics, timeoutMs}, answer) => {
  gather<(typeof topics)[number], WireResponse<'DeleteRecords'>['topics'][number]>(
    topics,
    ({name, partitions}, told) =>
      gather<Asked, Told>(
        partitions,
        (asked, tell) => deleteBefore(context, {name, asked, timeoutMs}, tell),
        outcomes => told({name, partitions: outcomes}),
      ),
    outcomes => answer({topics: outcomes}),
  )
}

function deleteBefore(
  {desk, now}: RequestContext,
  {name, asked, timeoutMs}: {name: string; asked: Asked; timeoutMs: number},
  tell: (told: Told) => void,
): void {
  const {partitionIndex, offset} = asked
  const partition = desk.logs.partition({name, topicId: NO_UUID}, partitionIndex)
  const refuse = (errorCode: ErrorCode): void => tell({partitionIndex, lowWatermark: -1, errorCode})
  const problem = typeof partition === 'string' ? partition : problemOf(partition, offset, desk)
  if (typeof partition === 'string' || problem !== undefined) {
    refuse(problem!)
    return
  }
  const request = {
    kind: REQUEST.deleteRecords,
    argument: offset,
    deadlineMs: now.nowMs + Math.max(0, timeoutMs),
  }
  desk.logs.appends.ask(partition, request, (error, lowWatermark) => {
    if (error === undefined) tell({partitionIndex, lowWatermark, errorCode: 'NONE'})
    else refuse(error)
  })
}

function problemOf(partition: ServedPartition, offset: number, desk: RequestContext['desk']): ErrorCode | undefined {
  if (isInternal(partition.topic)) return 'INVALID_TOPIC_EXCEPTION'
  // what compaction keeps, it keeps for good
  if (desk.logs.settingsOf(partition.topic).log.cleanupPolicy === 'compact') return 'POLICY_VIOLATION'
  if (offset < HIGH_WATERMARK) return 'OFFSET_OUT_OF_RANGE'
  return leadershipProblem(partition, -1)
}
