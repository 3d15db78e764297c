import {AssertionFailed} from '../assert.ts'
import {type ErrorCode, isOurs, storageError} from '../errors.ts'
import {epochAt} from '../log/leader-epoch-checkpoint.ts'
import {newestRecord} from '../log/newest-record.ts'
import {recordForTimestamp} from '../log/timestamp-lookup.ts'
import type {WireRequest, WireResponse} from '../wire/apis.ts'
import {NO_UUID} from '../wire/field.ts'
import type {Handler, RequestContext} from './handler.ts'
import {leadershipProblem, ownLine, type ServedPartition} from './served-partition.ts'

type Asked = WireRequest<'ListOffsets'>['topics'][number]['partitions'][number]
type Told = WireResponse<'ListOffsets'>['topics'][number]['partitions'][number]

/** Timestamps that stand for a place in the log. */
const PLACE = {
  latest: -1,
  earliest: -2,
  maxTimestamp: -3,
  earliestLocal: -4,
  lastTiered: -5,
  pendingUpload: -6,
} as const
/** First versions that know the later ones. */
const SINCE: Readonly<Record<number, number>> = {
  [PLACE.maxTimestamp]: 7,
  [PLACE.earliestLocal]: 8,
  [PLACE.lastTiered]: 9,
  [PLACE.pendingUpload]: 11,
}
const FIRST_REPLICA = 0

/** The offset that a time, or a place, has in each partition, as consumers see it. */
export const listOffsets: Handler<'ListOffsets'> = (context, {replicaId, topics}, answer) => {
  const {desk} = context
  answer({
    topics: topics.map(({name, partitions}) => ({
      name,
      partitions: partitions.map(asked => {
        if (replicaId >= FIRST_REPLICA) return refused(asked, 'INVALID_REQUEST')
        const partition = desk.logs.partition({name, topicId: NO_UUID}, asked.partitionIndex)
        if (typeof partition === 'string') return refused(asked, partition)
        const wrong = leadershipProblem(partition, asked.currentLeaderEpoch)
        return wrong === undefined ? look(context, partition, asked) : refused(asked, wrong)
      }),
    })),
  })
}

function look({desk, version}: RequestContext, partition: ServedPartition, asked: Asked): Told {
  const {timestamp} = asked
  const {word} = partition.row
  try {
    const found = timestamp >= 0 || version >= (SINCE[timestamp] ?? 0) ? find(partition, desk, timestamp) : undefined
    if (found === undefined) return refused(asked, 'UNSUPPORTED_VERSION')
    // looked for while another one took the lead
    if (partition.row.word !== word && leadershipProblem(partition, asked.currentLeaderEpoch) !== undefined)
      return refused(asked, 'NOT_LEADER_OR_FOLLOWER')
    return {partitionIndex: asked.partitionIndex, errorCode: 'NONE', ...found}
  } catch (error) {
    if (error instanceof AssertionFailed) throw error
    const {code} = storageError(error, 'looking for an offset')
    const {logStartOffset} = ownLine(partition)
    return refused(asked, desk.logs.readProblem(partition, logStartOffset, isOurs(code) ? 'KAFKA_STORAGE_ERROR' : code))
  }
}

type Found = Pick<Told, 'offset' | 'timestamp' | 'leaderEpoch'>

const NOTHING: Found = {offset: -1, timestamp: -1, leaderEpoch: -1}

function find(partition: ServedPartition, desk: RequestContext['desk'], timestamp: number): Found | undefined {
  const {highWatermark, logStartOffset} = ownLine(partition)
  switch (timestamp) {
    case PLACE.latest:
      return {...NOTHING, offset: highWatermark, leaderEpoch: partition.row.leadership.leaderEpoch}
    case PLACE.earliest:
    case PLACE.earliestLocal:
      return {
        ...NOTHING,
        offset: logStartOffset,
        leaderEpoch: epochAt(desk.logs.epochsOf(partition).epochs, logStartOffset),
      }
    case PLACE.maxTimestamp:
      return newestRecord(desk.logs.sourceOf(partition), highWatermark) ?? NOTHING
    case PLACE.lastTiered:
    case PLACE.pendingUpload:
      // nothing is kept elsewhere
      return NOTHING
    default:
      if (timestamp < 0) return undefined
      return recordForTimestamp(desk.logs.sourceOf(partition), timestamp, highWatermark) ?? NOTHING
  }
}

function refused({partitionIndex}: Asked, errorCode: ErrorCode): Told {
  return {partitionIndex, errorCode}
}
