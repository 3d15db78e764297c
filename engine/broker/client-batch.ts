import type {Crc32c} from '../bytes/crc32c.ts'
import {readInt64} from '../bytes/int64.ts'
import type {ErrorCode} from '../errors.ts'
import {crcMatches, headerProblem} from '../record/batch-check.ts'
import {ATTRIBUTES, BATCH, batchSize, hasProducer, LOG_OVERHEAD, MAGIC} from '../record/record-batch.ts'

/** What is wrong with the records that a client sent, in words for it. */
export interface BatchProblem {
  readonly error: ErrorCode
  readonly message: string
}

/** Zstandard, and the first version of Produce that may carry it. */
const ZSTD = 4
const SINCE_ZSTD = 7

const problem = (error: ErrorCode, message: string): BatchProblem => ({error, message})

/**
 * What keeps the records of one partition from being taken as they are: they are to be exactly one batch of the newest format, whole, with a header such as a
 * client may send. Its records are not looked into. This is where the CRC is checked: whoever appends trusts a batch that has one.
 */
export function clientBatchProblem(
  records: Uint8Array | null,
  version: number,
  crc32c: Crc32c,
): BatchProblem | undefined {
  if (records === null || records.length === 0) return problem('INVALID_RECORD', 'there is no batch')
  const view = new DataView(records.buffer, records.byteOffset, records.length)
  // older formats are shorter: what they are is told before what is missing
  if (records.length > BATCH.magic && view.getInt8(BATCH.magic) !== MAGIC)
    return problem('INVALID_RECORD', `magic is ${view.getInt8(BATCH.magic)}, not ${MAGIC}`)
  if (records.length < BATCH.records) return problem('CORRUPT_MESSAGE', `${records.length} bytes are no batch`)
  const size = batchSize(view, 0)
  if (size > records.length || size < LOG_OVERHEAD)
    return problem('CORRUPT_MESSAGE', `the batch claims ${size} bytes, ${records.length} came`)
  if (size < records.length) return problem('INVALID_RECORD', 'there is more than one batch')
  return headProblem(records, view, version) ?? crcProblem(records, view, crc32c)
}

function crcProblem(records: Uint8Array, view: DataView, crc32c: Crc32c): BatchProblem | undefined {
  return crcMatches(records, view, 0, crc32c) ? undefined : problem('CORRUPT_MESSAGE', 'the CRC does not match')
}

function headProblem(records: Uint8Array, view: DataView, version: number): BatchProblem | undefined {
  const wrong = headerProblem(view, 0, records.length)
  if (wrong !== undefined) return problem('INVALID_RECORD', wrong)
  const count = view.getInt32(BATCH.recordCount)
  if (count === 0 || view.getInt32(BATCH.lastOffsetDelta) !== count - 1)
    return problem(
      'INVALID_RECORD',
      `${count} records cannot have a last offset delta of ${view.getInt32(BATCH.lastOffsetDelta)}`,
    )
  const attributes = view.getInt16(BATCH.attributes)
  if (attributes & ATTRIBUTES.control) return problem('INVALID_RECORD', 'clients send no control records')
  if (attributes & ATTRIBUTES.transactional) return problem('INVALID_TXN_STATE', 'there are no transactions')
  if (attributes & ATTRIBUTES.logAppendTime)
    return problem('INVALID_TIMESTAMP', 'the time of appending is for the broker to set')
  const codec = attributes & ATTRIBUTES.codec
  if (codec > ZSTD || (codec === ZSTD && version < SINCE_ZSTD))
    return problem('UNSUPPORTED_COMPRESSION_TYPE', `codec ${codec} is not one of Produce ${version}`)
  // any negative id stands for none; what goes by that is to say so everywhere
  const isNumbered = hasProducer(view, 0)
  if (!isNumbered && readInt64(view, BATCH.producerId) !== -1)
    return problem('INVALID_RECORD', 'the producer id is negative')
  if (isNumbered && (view.getInt16(BATCH.producerEpoch) < 0 || view.getInt32(BATCH.baseSequence) < 0))
    return problem('INVALID_RECORD', 'a producer id goes with an epoch and a sequence')
  return undefined
}
