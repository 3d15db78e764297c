import fc from 'fast-check'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {anyRecords, BATCH_BYTES_MAX, type RecordParts} from '../../property-tests/records.ts'
import {runs} from '../../property-tests/runs.ts'
import {crc32c} from '../bytes/crc32c.ts'
import {writeInt64} from '../bytes/int64.ts'
import {VarintCursor, varlongSize, writeVarlong} from '../bytes/varint.ts'
import {BatchBuilder} from './batch-builder.ts'
import {batchProblem, headerProblem, sealBatch} from './batch-check.ts'
import {ATTRIBUTES, BATCH, batchSize, LOG_OVERHEAD, lastOffset, MAGIC} from './record-batch.ts'
import {RecordWalker, readHeaders} from './record-walker.ts'

const varint = (value: number): number[] => {
  const bytes = new Uint8Array(varlongSize(value))
  writeVarlong(bytes, 0, value)
  return [...bytes]
}

/** The parts of a record as bytes, each of which a test may replace. */
interface Parts {
  readonly length?: number
  readonly attributes?: number[]
  readonly timestampDelta?: number[]
  readonly offsetDelta?: number[]
  readonly key?: number[]
  readonly value?: number[]
  readonly headers?: number[]
  readonly behind?: number[]
}

const KEY = [...varint(1), 0x6b]
const VALUE = [...varint(2), 0x76, 0x77]

function recordOf(parts: Parts): number[] {
  const {attributes = [0], timestampDelta = [0], offsetDelta = [0], key = KEY, value = VALUE, headers = [0]} = parts
  const body = [attributes, timestampDelta, offsetDelta, key, value, headers, parts.behind ?? []].flat()
  return [...varint(parts.length ?? body.length), ...body]
}

interface Header {
  readonly baseOffset?: number
  readonly attributes?: number
  readonly lastOffsetDelta?: number
  readonly baseTimestamp?: bigint
  readonly maxTimestamp?: bigint
  readonly count?: number
}

const NOW = 1_700_000_000_000n

/** A batch with a right CRC over whatever records it is given. */
function batchOf(records: readonly number[][], header: Header = {}): Uint8Array {
  const body = records.flat()
  const bytes = new Uint8Array(BATCH.records + body.length)
  bytes.set(body, BATCH.records)
  const view = new DataView(bytes.buffer)
  const count = header.count ?? records.length
  writeInt64(view, BATCH.baseOffset, header.baseOffset ?? 100)
  view.setInt32(BATCH.batchLength, bytes.length - LOG_OVERHEAD)
  view.setInt8(BATCH.magic, MAGIC)
  view.setInt16(BATCH.attributes, header.attributes ?? 0)
  view.setInt32(BATCH.lastOffsetDelta, header.lastOffsetDelta ?? Math.max(0, count - 1))
  view.setBigInt64(BATCH.baseTimestamp, header.baseTimestamp ?? NOW)
  view.setBigInt64(BATCH.maxTimestamp, header.maxTimestamp ?? NOW)
  view.setInt32(BATCH.recordCount, count)
  sealBatch(bytes, view, 0, crc32c)
  assert.is(batchProblem(bytes, view, 0, bytes.length, crc32c), undefined)
  return bytes
}

function walk(bytes: Uint8Array, at = 0): {walker: RecordWalker; offsets: number[]; timestamps: number[]} {
  const walker = new RecordWalker(bytes)
  walker.enter(at)
  const offsets: number[] = []
  const timestamps: number[] = []
  while (walker.next()) {
    offsets.push(walker.offset)
    timestamps.push(walker.timestamp)
  }
  return {walker, offsets, timestamps}
}

const text = (bytes: Uint8Array, start: number, length: number) =>
  Buffer.from(bytes.subarray(start, start + length)).toString()

test('a record’s parts are found where they are', () => {
  const headers = [...varint(2), ...varint(1), 0x68, ...varint(-1), ...varint(0), ...varint(1), 0x78]
  const bytes = batchOf([
    recordOf({}),
    recordOf({offsetDelta: varint(1), timestampDelta: varint(-5), key: varint(-1), value: varint(0), headers}),
  ])
  const walker = new RecordWalker(bytes)
  walker.enter(0)
  assert.ok(walker.next())
  assert.is(walker.offset, 100)
  assert.is(walker.timestamp, Number(NOW))
  assert.is(text(bytes, walker.keyStart, walker.keyLength), 'k')
  assert.is(text(bytes, walker.valueStart, walker.valueLength), 'vw')
  assert.is(walker.headerCount, 0)
  assert.ok(walker.next())
  assert.is(walker.offset, 101)
  assert.is(walker.timestamp, Number(NOW) - 5)
  assert.is(walker.keyLength, -1)
  assert.is(walker.valueLength, 0)
  assert.equal(readHeaders(bytes, walker.headersStart, walker.headerCount, bytes.length), [
    ['h', null],
    ['', Uint8Array.of(0x78)],
  ])
  assert.not(walker.next())
  assert.not(walker.next())
  assert.is(walker.problem, undefined)
})

test('null and empty are told apart', () => {
  const bytes = batchOf([recordOf({key: varint(0), value: varint(-1)}), recordOf({offsetDelta: varint(1), value: [0]})])
  const walker = new RecordWalker(bytes)
  walker.enter(0)
  assert.ok(walker.next())
  assert.equal([walker.keyLength, walker.valueLength], [0, -1])
  assert.is(walker.bytes, bytes, 'whose bytes these are')
  assert.ok(walker.next())
  assert.equal([walker.keyLength, walker.valueLength], [1, 0])
  const headers = Uint8Array.from([...varint(1), 0x61, ...varint(0), ...varint(1), 0x62, ...varint(-1)])
  assert.equal(readHeaders(headers, 0, 2, headers.length), [
    ['a', new Uint8Array(0)],
    ['b', null],
  ])
})

test('batches are walked where they stand, one after the other', () => {
  const one = batchOf([recordOf({})], {baseOffset: 5})
  const two = batchOf([recordOf({}), recordOf({offsetDelta: varint(1)})], {baseOffset: 6})
  const bytes = new Uint8Array([9, 9, 9, ...one, ...two, 9])
  const {walker, offsets} = walk(bytes, 3)
  assert.equal(offsets, [5])
  walker.enter(3 + one.length)
  assert.ok(walker.next() && walker.next() && !walker.next())
  assert.is(walker.offset, 7)
  walker.enter(3)
  assert.ok(walker.next())
  assert.is(walker.offset, 5)
})

test('a walker that was not told where to start finds nothing', () => {
  const walker = new RecordWalker(new Uint8Array(10))
  assert.not(walker.next())
  assert.is(walker.problem, undefined)
  assert.equal([walker.keyLength, walker.valueLength, walker.headerCount], [-1, -1, 0])
})

test('what compaction leaves: gaps between offsets, and batches without records', () => {
  const gaps = batchOf([recordOf({offsetDelta: varint(2)}), recordOf({offsetDelta: varint(9)})], {lastOffsetDelta: 12})
  assert.equal(walk(gaps).offsets, [102, 109])
  assert.is(walk(gaps).walker.problem, undefined)
  const empty = batchOf([], {lastOffsetDelta: 12, baseTimestamp: -1n})
  assert.equal(walk(empty).offsets, [])
  assert.is(walk(empty).walker.problem, undefined)
})

test('control records are passed over', () => {
  const marker = recordOf({key: [...varint(4), 0, 0, 0, 1], value: [...varint(6), 0, 0, 0, 0, 0, 0]})
  const {walker, offsets} = walk(batchOf([marker], {attributes: ATTRIBUTES.control | ATTRIBUTES.transactional}))
  assert.equal(offsets, [])
  assert.is(walker.problem, undefined)
})

test('under LogAppendTime all records have the broker’s time', () => {
  const records = [recordOf({timestampDelta: varint(7)}), recordOf({offsetDelta: varint(1)})]
  const bytes = batchOf(records, {attributes: ATTRIBUTES.logAppendTime, baseTimestamp: -1n, maxTimestamp: NOW + 9n})
  assert.equal(walk(bytes).timestamps, [Number(NOW) + 9, Number(NOW) + 9])
})

test('bits of a record that mean nothing yet are left alone', () => {
  assert.equal(walk(batchOf([recordOf({attributes: [0xff]})])).offsets, [100])
})

const LONG = new Array(10).fill(0x80)

/** Batches whose CRC is right and whose records are not: [what, records, header, what the problem says]. */
const MALFORMED: readonly (readonly [string, readonly number[][], Header, string])[] = [
  ['no byte for a record', [], {count: 1}, 'runs past its end'],
  ['one record less than counted', [recordOf({})], {count: 2}, 'runs past its end'],
  ['one record more than counted', [recordOf({}), recordOf({offsetDelta: [2]})], {count: 1}, 'left over'],
  ['records behind a count of none', [recordOf({})], {count: 0}, 'left over'],
  ['a record of no length', [recordOf({length: 0})], {}, 'runs past its end'],
  ['a record of negative length', [recordOf({length: -3})], {}, 'runs past its end'],
  ['a length without end', [LONG], {}, 'runs past its end'],
  ['a record a byte too long', [recordOf({length: 10})], {}, 'runs past its end'],
  ['a record a byte too short', [recordOf({length: 8})], {}, 'parts of a record'],
  ['a record cut short', [recordOf({}).slice(0, -1)], {}, 'runs past its end'],
  ['the longest record there can be', [recordOf({length: 2 ** 31 - 1})], {}, 'runs past its end'],
  ['a byte behind the headers', [recordOf({behind: [0]})], {}, 'parts of a record'],
  ['attributes alone', [[2, 0]], {}, 'parts of a record'],
  ['a timestamp without end', [recordOf({timestampDelta: LONG})], {}, 'parts of a record'],
  ['an offset without end', [recordOf({offsetDelta: LONG})], {}, 'parts of a record'],
  ['a key of length -2', [recordOf({key: varint(-2)})], {}, 'parts of a record'],
  ['a key a byte too long', [recordOf({key: [...varint(2), 0x6b]})], {}, 'parts of a record'],
  ['a key that takes all there is', [recordOf({key: [...varint(5), 0x6b]})], {}, 'parts of a record'],
  ['a key beyond everything', [recordOf({key: varint(2 ** 31 - 1)})], {}, 'parts of a record'],
  ['a key without end', [recordOf({key: LONG})], {}, 'parts of a record'],
  ['a value of length -2', [recordOf({value: varint(-2)})], {}, 'parts of a record'],
  ['a value a byte too long', [recordOf({value: [...varint(3), 0x76, 0x77]})], {}, 'parts of a record'],
  ['a value beyond everything', [recordOf({value: varint(2 ** 31 - 1)})], {}, 'parts of a record'],
  ['-1 headers', [recordOf({headers: varint(-1)})], {}, 'headers of a record'],
  ['a header that is not there', [recordOf({headers: varint(1)})], {}, 'headers of a record'],
  ['more headers than bytes', [recordOf({headers: varint(2 ** 31 - 1)})], {}, 'headers of a record'],
  ['headers without end', [recordOf({headers: LONG})], {}, 'parts of a record'],
  ['a header without a name', [recordOf({headers: [...varint(1), ...varint(-1), 0]})], {}, 'headers of a record'],
  ['a name that runs on', [recordOf({headers: [...varint(1), ...varint(5), 0x68]})], {}, 'headers of a record'],
  ['a header value of length -2', [recordOf({headers: [...varint(1), 0, ...varint(-2)]})], {}, 'headers of a record'],
  ['a header value that runs on', [recordOf({headers: [...varint(1), 0, ...varint(9), 1]})], {}, 'headers of a record'],
  ['a byte behind a header', [recordOf({headers: [...varint(1), 0, 0, 0]})], {}, 'parts of a record'],
  ['an offset before the batch', [recordOf({offsetDelta: varint(-1)})], {}, 'offset 99'],
  ['an offset behind the batch', [recordOf({offsetDelta: varint(1)})], {}, 'offset 101'],
  ['the same offset twice', [recordOf({}), recordOf({})], {}, 'offset 100'],
  ['offsets that fall', [recordOf({offsetDelta: varint(1)}), recordOf({})], {}, 'offset 100'],
  ['a base timestamp beyond 2^53', [recordOf({})], {baseTimestamp: 2n ** 53n}, 'timestamp'],
  ['a base timestamp at the end of int64', [recordOf({})], {baseTimestamp: 2n ** 63n - 1n}, 'timestamp'],
  ['a timestamp beyond 2^53', [recordOf({timestampDelta: varint(1)})], {baseTimestamp: 2n ** 53n - 1n}, 'timestamp'],
  [
    'an append time beyond 2^53',
    [recordOf({})],
    {attributes: ATTRIBUTES.logAppendTime, maxTimestamp: 2n ** 53n},
    'timestamp',
  ],
]

for (const [what, records, header, words] of MALFORMED) {
  test(`malformed: ${what}`, () => {
    const bytes = batchOf(records, header)
    // alone, and in front of another batch, whose bytes must not be taken for the record's
    for (const behind of [[], [...batchOf([recordOf({})])]]) {
      const {walker} = walk(new Uint8Array([...bytes, ...behind]))
      assert.match(walker.problem ?? 'none', words)
      assert.match(walker.problem!, 'the batch at offset 100 is malformed')
      const {problem} = walker
      assert.not(walker.next(), 'it does not go on')
      assert.is(walker.problem, problem)
      if (behind.length > 0) {
        walker.enter(bytes.length)
        assert.is(walker.problem, undefined)
        assert.ok(walker.next() && !walker.next())
      }
    }
  })
}

test('records before a malformed one are given', () => {
  const {walker, offsets} = walk(batchOf([recordOf({}), recordOf({offsetDelta: varint(1), key: varint(-2)})]))
  assert.equal(offsets, [100])
  assert.ok(walker.problem !== undefined)
})

test('headers that run past the end they are given are not read', () => {
  const header = (name: number[], value: number[]) => Uint8Array.from([...name, ...value])
  const whole = header([...varint(2), 0x61, 0x62], [...varint(2), 1, 2])
  assert.equal(readHeaders(whole, 0, 1, whole.length), [['ab', Uint8Array.of(1, 2)]])
  for (let end = 0; end < whole.length; end++) assert.is(readHeaders(whole, 0, 1, end), undefined, `cut to ${end}`)
  assert.is(readHeaders(whole, 0, 2, whole.length), undefined)
  assert.is(readHeaders(header(varint(-1), [0]), 0, 1, 2), undefined)
  assert.is(readHeaders(header([0], varint(-2)), 0, 1, 2), undefined)
  assert.equal(readHeaders(whole, 0, 0, 0), [])
})

test('a header’s name keeps its byte order mark, and its value is a copy', () => {
  const bytes = Uint8Array.from([...varint(4), 0xef, 0xbb, 0xbf, 0x61, ...varint(1), 7])
  const [[name, value]] = readHeaders(bytes, 0, 1, bytes.length) as [[string, Uint8Array]]
  assert.is(name, '\ufeffa')
  bytes.fill(0)
  assert.equal(value, Uint8Array.of(7))
})

test('records in shared memory are walked the same', () => {
  const bytes = batchOf([recordOf({headers: [...varint(1), ...varint(1), 0x68, ...varint(1), 7]})])
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length))
  shared.set(bytes)
  const {walker, offsets} = walk(shared)
  assert.equal(offsets, [100])
  assert.equal(readHeaders(shared, walker.headersStart, 1, shared.length), [['h', Uint8Array.of(7)]])
})

/** Bytes that fail a test when anything outside [start, end) is read. */
function fenced(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return new Proxy(bytes, {
    get(target, key) {
      if (typeof key === 'string' && /^\d+$/.test(key)) {
        assert.ok(Number(key) >= start && Number(key) < end, `byte ${key} is outside [${start}, ${end})`)
      }
      const found = Reflect.get(target, key, target)
      return typeof found === 'function' ? found.bind(target) : found
    },
  })
}

/** Walks the batch at `at`, if its header lets it, and holds every record to the batch it is said to be in. */
function checkWalk(bytes: Uint8Array, view: DataView, at: number, end: number): 'refused' | 'problem' | 'walked' {
  if (headerProblem(view, at, end) !== undefined) return 'refused'
  const batchEnd = at + batchSize(view, at)
  const walker = new RecordWalker(fenced(bytes, at + BATCH.records, batchEnd))
  walker.enter(at)
  let before = Number(view.getBigInt64(at)) - 1
  let given = 0
  let position = at + BATCH.records
  while (walker.next()) {
    given++
    assert.ok(walker.offset > before && walker.offset <= lastOffset(view, at), `offset ${walker.offset}`)
    before = walker.offset
    assert.ok(Number.isSafeInteger(walker.timestamp))
    for (const [start, length] of [
      [walker.keyStart, walker.keyLength],
      [walker.valueStart, walker.valueLength],
    ] as const) {
      assert.ok(length >= -1 && start > position && start + Math.max(0, length) < batchEnd, `${length} at ${start}`)
    }
    assert.ok(walker.headersStart > walker.valueStart && walker.headersStart <= batchEnd)
    const headers = readHeaders(fenced(bytes, position, batchEnd), walker.headersStart, walker.headerCount, batchEnd)
    assert.is(headers?.length, walker.headerCount)
    position = walker.headersStart
  }
  assert.is(walker.next(), false)
  if (walker.problem !== undefined) return 'problem'
  if (!(view.getInt16(at + BATCH.attributes) & ATTRIBUTES.control))
    assert.is(given, view.getInt32(at + BATCH.recordCount))
  return 'walked'
}

/** Some batches in a row, with bytes around them, as a window of a log shows them. */
const batches = fc.array(anyRecords, {minLength: 1, maxLength: 3}).map(all => {
  const builder = new BatchBuilder(BATCH_BYTES_MAX)
  const parts: Uint8Array[] = [new Uint8Array(3).fill(0xff)]
  const starts: number[] = []
  let at = 3
  let base = 0
  for (const records of all) {
    builder.reset()
    for (const {key, value, timestamp, headers} of records as RecordParts[]) builder.add(key, value, timestamp, headers)
    const batch = builder.finish().slice()
    const view = new DataView(batch.buffer)
    writeInt64(view, BATCH.baseOffset, base)
    base += records.length
    sealBatch(batch, view, 0, crc32c)
    parts.push(batch)
    starts.push(at)
    at += batch.length
  }
  return {bytes: Uint8Array.from(Buffer.concat([...parts, new Uint8Array(3).fill(0xff)])), starts}
})

/** Half of the changes go to headers and the first record: there a byte means most. */
const change = fc.record({
  batch: fc.nat(2),
  at: fc.oneof(fc.nat(BATCH.records + 20), fc.nat()),
  byte: fc.oneof(fc.constantFrom(0, 1, 0x7f, 0x80, 0xff), fc.nat(255)),
})

test('property: no damage to a batch leads a check or a walk astray', () => {
  const seen = {refused: 0, problem: 0, walked: 0}
  fc.assert(
    fc.property(
      batches,
      fc.array(change, {maxLength: 4}),
      fc.nat(),
      fc.boolean(),
      ({bytes, starts}, changes, cut, cuts) => {
        const damaged = bytes.slice()
        for (const {batch, at, byte} of changes) {
          const start = starts[batch % starts.length]!
          damaged[start + (at % (damaged.length - start))] = byte
        }
        const view = new DataView(damaged.buffer)
        const end = cuts ? cut % (damaged.length + 1) : damaged.length
        for (const start of starts.filter(at => at <= end)) {
          batchProblem(damaged, view, start, end, crc32c)
          seen[checkWalk(damaged, view, start, end)]++
        }
      },
    ),
    runs(1500),
  )
  // a property that never gets past the header, or never meets damage, proves nothing
  assert.ok(seen.problem > 20 && seen.walked > 20 && seen.refused > 20, JSON.stringify(seen))
})

test('property: bytes of chance are no batch, and lead nowhere', () => {
  fc.assert(
    fc.property(fc.uint8Array({maxLength: 200}), fc.nat(200), (bytes, at) => {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
      if (at > bytes.length) return
      batchProblem(bytes, view, at, bytes.length, crc32c)
      checkWalk(bytes, view, at, bytes.length)
      readHeaders(fenced(bytes, at, bytes.length), at, 5, bytes.length)
    }),
    runs(1000),
  )
})

/** Calls of the cursor's methods while the last record of the batch is read: none where it is one of the usual kind. */
function callsForTheLast(records: readonly number[][], header: Header = {}): number {
  const bytes = batchOf(records, header)
  const walker = new RecordWalker(bytes)
  walker.enter(0)
  for (let i = 1; i < records.length; i++) assert.ok(walker.next())
  const {varint, varlong} = VarintCursor.prototype
  let calls = 0
  VarintCursor.prototype.varint = function (this: VarintCursor) {
    calls++
    return varint.call(this)
  }
  VarintCursor.prototype.varlong = function (this: VarintCursor) {
    calls++
    return varlong.call(this)
  }
  try {
    assert.ok(walker.next(), walker.problem)
  } finally {
    Object.assign(VarintCursor.prototype, {varint, varlong})
  }
  return calls
}

const content = (length: number): number[] => [...varint(length), ...new Array(Math.max(0, length)).fill(0x61)]

test('records of the usual kind are read in one go', () => {
  const spans = {lastOffsetDelta: 9000}
  const cases: readonly (readonly [string, Parts, Header])[] = [
    ['short', {}, {}],
    ['no key', {key: varint(-1)}, {}],
    ['no value', {key: content(3), value: varint(-1)}, {}],
    ['nothing in it', {key: content(0), value: content(2)}, {}],
    ['as short as can be told', {key: varint(-1), value: content(2)}, {}],
    ['a length of two bytes', {value: content(64)}, {}],
    ['the longest length of two bytes', {key: varint(-1), value: content(8184)}, {}],
    ['a key of two bytes', {key: content(64)}, {}],
    ['a key far longer', {key: content(8000), value: content(0)}, {}],
    ['a value far longer', {value: content(8000)}, {}],
    ['a later time', {timestampDelta: varint(63)}, {}],
    ['a time of two bytes', {timestampDelta: varint(64)}, {}],
    ['the latest time of two bytes', {timestampDelta: varint(8191)}, {}],
    ['the earliest time of two bytes', {timestampDelta: varint(-8192)}, {}],
    ['an offset of one byte', {offsetDelta: varint(63)}, spans],
    ['an offset of two bytes', {offsetDelta: varint(64)}, spans],
    ['the last offset of two bytes', {offsetDelta: varint(8191)}, spans],
    ['the last offset of the batch', {offsetDelta: varint(8191)}, {lastOffsetDelta: 8191}],
    ['the last time there is', {}, {baseTimestamp: BigInt(Number.MAX_SAFE_INTEGER)}],
  ]
  for (const [what, parts, header] of cases) assert.is(callsForTheLast([recordOf(parts)], header), 0, what)
  assert.is(callsForTheLast([recordOf({}), recordOf({offsetDelta: varint(1)})]), 0, 'behind another one')
})

test('records of another kind are read part by part, and give the same', () => {
  const spans = {lastOffsetDelta: 9000}
  const cases: readonly (readonly [string, Parts, Header])[] = [
    ['too short to be told', {key: varint(-1), value: content(1)}, {}],
    ['a length of three bytes', {value: content(8192)}, {}],
    ['a time of three bytes', {timestampDelta: varint(8192)}, {}],
    ['an offset of three bytes', {offsetDelta: varint(8192)}, spans],
    ['a key whose length takes three bytes', {key: [0x82, 0x80, 0, 0x6b]}, {}],
    ['a value whose length takes three bytes', {value: [0x82, 0x80, 0, 0x6b]}, {}],
    ['headers', {headers: [...varint(1), ...varint(1), 0x68, ...varint(-1)]}, {}],
  ]
  for (const [what, parts, header] of cases) {
    assert.ok(callsForTheLast([recordOf(parts)], header) > 0, what)
    const {walker, offsets} = walk(batchOf([recordOf(parts)], header))
    assert.is(walker.problem, undefined, what)
    assert.is(offsets.length, 1)
  }
})

test.run()
