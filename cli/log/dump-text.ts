import {readInt64} from '../../engine/bytes/int64.ts'
import {ATTRIBUTES, BATCH, baseOffset, batchSize, lastOffset, maxTimestamp} from '../../engine/record/record-batch.ts'
import type {RecordWalker} from '../../engine/record/record-walker.ts'
import {CODECS} from '../../engine/view/batch-records.ts'
import {headersOf, keyBytes, valueBytes} from '../record-json.ts'

/** Fields of a batch's header, under the names Kafka's dump tool has for them. */
export interface DumpedBatch {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly count: number
  readonly baseSequence: number
  readonly lastSequence: number
  readonly producerId: number
  readonly producerEpoch: number
  readonly partitionLeaderEpoch: number
  readonly isTransactional: boolean
  readonly isControl: boolean
  readonly deleteHorizonMs: number | null
  readonly position: number
  readonly timestampType: 'CreateTime' | 'LogAppendTime'
  readonly timestamp: number
  readonly size: number
  readonly magic: number
  readonly compresscodec: string
  readonly crc: number
}

const NO_SEQUENCE = -1
const SEQUENCES = 0x80000000

export function dumpedBatch(view: DataView, at: number, position: number): DumpedBatch {
  const attributes = view.getInt16(at + BATCH.attributes)
  const baseSequence = view.getInt32(at + BATCH.baseSequence)
  return {
    baseOffset: baseOffset(view, at),
    lastOffset: lastOffset(view, at),
    count: view.getInt32(at + BATCH.recordCount),
    baseSequence,
    lastSequence: sequenceAt(baseSequence, view.getInt32(at + BATCH.lastOffsetDelta)),
    producerId: readInt64(view, at + BATCH.producerId),
    producerEpoch: view.getInt16(at + BATCH.producerEpoch),
    partitionLeaderEpoch: view.getInt32(at + BATCH.leaderEpoch),
    isTransactional: (attributes & ATTRIBUTES.transactional) !== 0,
    isControl: (attributes & ATTRIBUTES.control) !== 0,
    deleteHorizonMs: attributes & ATTRIBUTES.deleteHorizon ? readInt64(view, at + BATCH.baseTimestamp) : null,
    position,
    timestampType: attributes & ATTRIBUTES.logAppendTime ? 'LogAppendTime' : 'CreateTime',
    timestamp: maxTimestamp(view, at),
    size: batchSize(view, at),
    magic: view.getInt8(at + BATCH.magic),
    compresscodec: CODECS[attributes & ATTRIBUTES.codec] ?? 'unknown',
    crc: view.getUint32(at + BATCH.crc),
  }
}

/** Sequences begin anew behind the greatest int32. */
export function sequenceAt(baseSequence: number, delta: number): number {
  return baseSequence === NO_SEQUENCE ? NO_SEQUENCE : (baseSequence + delta) % SEQUENCES
}

/** A batch as `kafka-dump-log.sh` prints it. Only intact ones get here. */
export function batchLine(batch: DumpedBatch): string {
  const {deleteHorizonMs, timestampType, timestamp, position, size, magic, compresscodec, crc} = batch
  const horizon = deleteHorizonMs === null ? 'OptionalLong.empty' : `OptionalLong[${deleteHorizonMs}]`
  return (
    `baseOffset: ${batch.baseOffset} lastOffset: ${batch.lastOffset} count: ${batch.count}` +
    ` baseSequence: ${batch.baseSequence} lastSequence: ${batch.lastSequence}` +
    ` producerId: ${batch.producerId} producerEpoch: ${batch.producerEpoch}` +
    ` partitionLeaderEpoch: ${batch.partitionLeaderEpoch} isTransactional: ${batch.isTransactional}` +
    ` isControl: ${batch.isControl} deleteHorizonMs: ${horizon} position: ${position}` +
    ` ${timestampType}: ${timestamp} size: ${size} magic: ${magic} compresscodec: ${compresscodec} crc: ${crc}` +
    ' isvalid: true'
  )
}

/** A record as `kafka-dump-log.sh --print-data-log` prints it. */
export function recordLine(walker: RecordWalker, batch: DumpedBatch): string {
  const names = headersOf(walker).map(([name]) => name)
  const sequence = sequenceAt(batch.baseSequence, walker.offset - batch.baseOffset)
  const line =
    `| offset: ${walker.offset} ${batch.timestampType}: ${walker.timestamp}` +
    ` keySize: ${walker.keyLength} valueSize: ${walker.valueLength} sequence: ${sequence} headerKeys: [${names.join(',')}]`
  return line + (batch.isControl ? markerText(walker) : dataText(walker))
}

function dataText(walker: RecordWalker): string {
  const [key, value] = [keyBytes(walker), valueBytes(walker)]
  return (key === null ? '' : ` key: ${key}`) + (value === null ? '' : ` payload: ${value}`)
}

const MARKERS = ['ABORT', 'COMMIT']

/** A control record's key is its version and type; the value of a transaction's end has a version and the coordinator's epoch. */
function markerText(walker: RecordWalker): string {
  const [key, value] = [keyBytes(walker), valueBytes(walker)]
  const type = key !== null && key.length >= 4 ? key.readInt16BE(2) : -1
  const marker = MARKERS[type]
  if (marker === undefined || value === null || value.length < 6) return ` controlType: ${type}`
  return ` endTxnMarker: ${marker} coordinatorEpoch: ${value.readInt32BE(2)}`
}
