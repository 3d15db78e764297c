import fc from 'fast-check'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {anyRecords, BATCH_BYTES_MAX, type RecordParts} from '../../property-tests/records.ts'
import {runs} from '../../property-tests/runs.ts'
import {crc32c} from '../bytes/crc32c.ts'
import {BatchBuilder} from './batch-builder.ts'
import {batchProblem, crcMatches, headerProblem, sealBatch} from './batch-check.ts'
import {BATCH, LOG_OVERHEAD} from './record-batch.ts'

const RECORDS: readonly RecordParts[] = [
  {key: 'a', value: 'one', timestamp: 10, headers: []},
  {key: null, value: 'two', timestamp: 12, headers: [['h', 'x']]},
]

/** A sealed batch, alone in its bytes. */
function batchOf(records: readonly RecordParts[] = RECORDS): {bytes: Uint8Array; view: DataView} {
  const builder = new BatchBuilder(BATCH_BYTES_MAX)
  for (const {key, value, timestamp, headers} of records) builder.add(key, value, timestamp, headers)
  const bytes = builder.finish().slice()
  const view = new DataView(bytes.buffer)
  sealBatch(bytes, view, 0, crc32c)
  return {bytes, view}
}

function problemAfter(change: (view: DataView) => void): string | undefined {
  const {bytes, view} = batchOf()
  change(view)
  return headerProblem(view, 0, bytes.length)
}

test('a batch as built and sealed has no problem', () => {
  const {bytes, view} = batchOf()
  assert.is(batchProblem(bytes, view, 0, bytes.length, crc32c), undefined)
  assert.ok(crcMatches(bytes, view, 0, crc32c))
})

test('a batch is checked where it stands, whatever is around it', () => {
  const {bytes} = batchOf()
  const around = new Uint8Array(bytes.length + 100).fill(0xff)
  around.set(bytes, 17)
  const view = new DataView(around.buffer)
  assert.is(batchProblem(around, view, 17, around.length, crc32c), undefined)
  assert.is(batchProblem(around, view, 17, 17 + bytes.length, crc32c), undefined)
})

test('a batch that is cut anywhere is a problem', () => {
  const {bytes, view} = batchOf()
  for (let end = 0; end < bytes.length; end++) {
    assert.match(
      headerProblem(view, 0, end) ?? 'none',
      end < BATCH.records ? `${end} bytes are too few` : 'runs past',
      `cut to ${end}`,
    )
  }
})

test('the bytes that are too few are counted from where the batch begins', () => {
  const view = new DataView(new ArrayBuffer(100))
  assert.is(headerProblem(view, 60, 100), '40 bytes are too few for a batch header')
})

test('each field of a header that cannot be', () => {
  const at = BATCH
  for (const [words, change] of [
    ['batch length 48 is impossible', view => view.setInt32(at.batchLength, BATCH.records - LOG_OVERHEAD - 1)],
    ['batch length 0 is impossible', view => view.setInt32(at.batchLength, 0)],
    ['batch length -1 is impossible', view => view.setInt32(at.batchLength, -1)],
    ['batch length -2147483648 is impossible', view => view.setInt32(at.batchLength, -(2 ** 31))],
    ['runs past', view => view.setInt32(at.batchLength, view.getInt32(at.batchLength) + 1)],
    ['runs past', view => view.setInt32(at.batchLength, 2 ** 31 - 1)],
    ['magic is 1, not 2', view => view.setInt8(at.magic, 1)],
    ['magic is 0, not 2', view => view.setInt8(at.magic, 0)],
    ['magic is -126, not 2', view => view.setInt8(at.magic, -126)],
    ['base offset is negative', view => view.setBigInt64(at.baseOffset, -1n)],
    ['beyond 2^53', view => view.setBigInt64(at.baseOffset, 2n ** 53n)],
    ['beyond 2^53', view => view.setBigInt64(at.baseOffset, 2n ** 53n - 2n)],
    ['-1 records cannot span 2 offsets', view => view.setInt32(at.recordCount, -1)],
    ['3 records cannot span 2 offsets', view => view.setInt32(at.recordCount, 3)],
    ['2 records cannot span 1 offsets', view => view.setInt32(at.lastOffsetDelta, 0)],
    ['2 records cannot span 0 offsets', view => view.setInt32(at.lastOffsetDelta, -1)],
  ] as readonly (readonly [string, (view: DataView) => void])[]) {
    assert.match(problemAfter(change) ?? 'none', words)
  }
})

test('what compaction leaves is no problem: fewer records than offsets, or none', () => {
  const empty = (view: DataView) => {
    view.setInt32(BATCH.recordCount, 0)
    view.setInt32(BATCH.lastOffsetDelta, 0)
  }
  assert.is(problemAfter(empty), undefined)
  assert.is(
    problemAfter(view => view.setInt32(BATCH.lastOffsetDelta, 9)),
    undefined,
  )
  const header = new Uint8Array(BATCH.records)
  const view = new DataView(header.buffer)
  empty(view)
  view.setInt8(BATCH.magic, 2)
  view.setInt32(BATCH.batchLength, BATCH.records - LOG_OVERHEAD)
  assert.is(headerProblem(view, 0, header.length), undefined, 'a header alone')
  assert.match(
    problemAfter(view => {
      empty(view)
      view.setInt32(BATCH.lastOffsetDelta, -1)
    }) ?? 'none',
    'cannot span',
  )
})

test('the last offsets that are exact are taken', () => {
  // two records at 2^53 - 3 and - 2; the next offset, 2^53 - 1, is the last safe integer
  assert.is(
    problemAfter(view => view.setBigInt64(BATCH.baseOffset, 2n ** 53n - 3n)),
    undefined,
  )
})

test('a CRC of another batch does not match', () => {
  const {bytes, view} = batchOf()
  view.setUint32(BATCH.crc, view.getUint32(BATCH.crc) ^ 1)
  assert.is(batchProblem(bytes, view, 0, bytes.length, crc32c), 'CRC does not match')
})

test('each bit that the CRC covers, and the CRC’s own, is found out when it flips', () => {
  const {bytes, view} = batchOf()
  for (let bit = BATCH.crc * 8; bit < bytes.length * 8; bit++) {
    bytes[bit >> 3]! ^= 1 << (bit & 7)
    assert.ok(batchProblem(bytes, view, 0, bytes.length, crc32c) !== undefined, `bit ${bit}`)
    bytes[bit >> 3]! ^= 1 << (bit & 7)
  }
  assert.is(batchProblem(bytes, view, 0, bytes.length, crc32c), undefined)
})

test('property: any change to the bytes that the CRC covers is found', () => {
  const change = fc.tuple(fc.nat(), fc.integer({min: 1, max: 255}))
  fc.assert(
    fc.property(anyRecords, fc.array(change, {minLength: 1, maxLength: 8}), (records, changes) => {
      const {bytes, view} = batchOf(records)
      const before = bytes.slice()
      for (const [at, flip] of changes) {
        bytes[BATCH.attributes + (at % (bytes.length - BATCH.attributes))]! ^= flip
      }
      const changed = !bytes.every((byte, i) => byte === before[i])
      assert.is(batchProblem(bytes, view, 0, bytes.length, crc32c) !== undefined, changed)
    }),
    runs(300),
  )
})

test('property: what a leader stamps leaves the CRC right', () => {
  fc.assert(
    fc.property(anyRecords, fc.integer({min: 0, max: 2 ** 40}), fc.nat(), (records, base, epoch) => {
      const {bytes, view} = batchOf(records)
      view.setBigInt64(BATCH.baseOffset, BigInt(base))
      view.setInt32(BATCH.leaderEpoch, epoch)
      assert.is(batchProblem(bytes, view, 0, bytes.length, crc32c), undefined)
    }),
    runs(100),
  )
})

test.run()
