import fc from 'fast-check'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {
  anyRecord,
  anyRecords,
  anyText,
  BATCH_BYTES_MAX,
  type RecordParts,
  storedBytes,
} from '../../property-tests/records.ts'
import {runs} from '../../property-tests/runs.ts'
import {AssertionFailed} from '../assert.ts'
import {varintSize} from '../bytes/varint.ts'
import {SLOT_BYTES} from '../limits.ts'
import {BatchBuilder, type Bytes, type Header, recordSizeMax} from './batch-builder.ts'
import {headerProblem} from './batch-check.ts'
import {BATCH, LOG_OVERHEAD} from './record-batch.ts'
import {RecordWalker, readHeaders} from './record-walker.ts'

const ROOMY = BATCH_BYTES_MAX

function add(builder: BatchBuilder, {key, value, timestamp, headers}: RecordParts): boolean {
  return builder.add(key, value, timestamp, headers)
}

/** Everything a walk finds, in bytes of its own. */
function walk(batch: Uint8Array) {
  const view = new DataView(batch.buffer, batch.byteOffset, batch.length)
  assert.is(headerProblem(view, 0, batch.length), undefined)
  const walker = new RecordWalker(batch)
  walker.enter(0)
  const part = (start: number, length: number) => (length < 0 ? null : Buffer.from(batch.slice(start, start + length)))
  const found = []
  while (walker.next()) {
    found.push({
      offset: walker.offset,
      key: part(walker.keyStart, walker.keyLength),
      value: part(walker.valueStart, walker.valueLength),
      timestamp: walker.timestamp,
      headers: readHeaders(batch, walker.headersStart, walker.headerCount, batch.length)?.map(([name, value]) => [
        name,
        value === null ? null : Buffer.from(value),
      ]),
    })
  }
  assert.is(walker.problem, undefined)
  return found
}

function expected(records: readonly RecordParts[]) {
  return records.map(({key, value, timestamp, headers}, offset) => ({
    offset,
    key: storedBytes(key),
    value: storedBytes(value),
    timestamp,
    headers: headers.map(([name, content]) => [Buffer.from(name).toString(), storedBytes(content)]),
  }))
}

function checkRoundTrip(records: readonly RecordParts[]): void {
  const builder = new BatchBuilder(ROOMY)
  for (const record of records) assert.ok(add(builder, record))
  assert.equal(walk(builder.finish()), expected(records))
}

const record = (parts: Partial<RecordParts>): RecordParts => ({
  key: null,
  value: null,
  timestamp: 1_700_000_000_000,
  headers: [],
  ...parts,
})

test('the header of a batch, field by field', () => {
  const builder = new BatchBuilder(ROOMY)
  builder.add('a', 'b', 1000)
  builder.add('a', 'b', 999)
  builder.add('a', 'b', 1005)
  assert.is(builder.count, 3)
  assert.is(builder.maxTimestamp, 1005)
  assert.is(builder.capacity, ROOMY)
  const batch = builder.finish()
  assert.is(batch.length, builder.size)
  const view = new DataView(batch.buffer, batch.byteOffset, batch.length)
  assert.is(view.getBigInt64(BATCH.baseOffset), 0n)
  assert.is(view.getInt32(BATCH.batchLength), batch.length - LOG_OVERHEAD)
  assert.is(view.getInt32(BATCH.leaderEpoch), -1)
  assert.is(view.getInt8(BATCH.magic), 2)
  assert.is(view.getInt16(BATCH.attributes), 0)
  assert.is(view.getInt32(BATCH.lastOffsetDelta), 2)
  assert.is(view.getBigInt64(BATCH.baseTimestamp), 1000n)
  assert.is(view.getBigInt64(BATCH.maxTimestamp), 1005n)
  assert.is(view.getBigInt64(BATCH.producerId), -1n)
  assert.is(view.getInt16(BATCH.producerEpoch), -1)
  assert.is(view.getInt32(BATCH.baseSequence), -1)
  assert.is(view.getInt32(BATCH.recordCount), 3)
})

test('a record, byte by byte', () => {
  const builder = new BatchBuilder(ROOMY)
  builder.add('k', 'é', 1000, [['h', null]])
  builder.add(null, '', 999)
  // length, attributes, timestamp delta, offset delta, key, value, headers
  const first = [22, 0, 0, 0, 2, 0x6b, 4, 0xc3, 0xa9, 2, 2, 0x68, 1]
  const second = [12, 0, 1, 2, 1, 0, 0]
  assert.equal([...builder.finish().subarray(BATCH.records)].slice(1), [...first.slice(1), ...second])
  assert.is(builder.bytes[BATCH.records], (first.length - 1) * 2)
})

test('null and empty are two things, in keys, values and headers', () => {
  const contents: (Bytes | null)[] = [null, '', new Uint8Array(0)]
  const records = contents.flatMap(key =>
    contents.map(value => record({key, value, headers: contents.map((content): Header => ['', content])})),
  )
  checkRoundTrip(records)
})

test('lengths around every edge, as text and as bytes', () => {
  for (const length of [0, 1, 2, 3, 23, 24, 25, 62, 63, 64, 65, 127, 128, 8190, 8191, 8192, 8193, 70_000]) {
    const text = 'x'.repeat(length)
    const bytes = new Uint8Array(length).fill(7)
    checkRoundTrip([
      record({key: text, value: bytes}),
      record({key: bytes, value: text}),
      record({headers: [[text, bytes]]}),
    ])
  }
})

test('a record as long as its length says, whatever its varints and wherever the buffer ends', () => {
  const keys = [null, Buffer.alloc(0), Buffer.alloc(30, 'k')]
  const times = [1e12, 1e12 + 63, 1e12 - 1e10, 0, Number.MAX_SAFE_INTEGER]
  for (const from of [0, 8100]) {
    for (let length = from; length < from + 100; length++) {
      const value = Buffer.alloc(length, 'v')
      for (const key of keys) {
        const records = times.map(timestamp => ({key, value, timestamp, headers: []}))
        checkRoundTrip(records)
        const tight = new BatchBuilder(BATCH.records + recordSizeMax(key, value))
        assert.ok(tight.add(key, value, times[1]))
        assert.is(walk(tight.finish())[0]!.value!.length, length)
      }
    }
  }
})

test('text of every kind, short and long', () => {
  const lone = ['\ud800', '\udfff', '\udc00\ud800', 'a\ud83d', '\ude00b']
  const characters = ['a', '\0', '\x7f', '\x80', 'é', 'ÿ', 'ē', '߿', 'ࠀ', '漢', '\uffff', '\ufeff', '😀', '𐀀', ...lone]
  for (const character of characters) {
    for (const times of [1, 2, 7, 8, 12, 24, 25, 100]) {
      const text = character.repeat(times)
      const mixed = `plain ${text} plain`
      checkRoundTrip([
        record({key: text, value: mixed}),
        record({key: mixed, value: text}),
        record({value: `${'a'.repeat(40)}${character}`, headers: [[text, mixed]]}),
      ])
    }
  }
})

test('headers keep their order, and names may repeat', () => {
  checkRoundTrip([
    record({
      headers: [
        ['b', '1'],
        ['a', '2'],
        ['b', null],
        ['', ''],
        ['b', '1'],
      ],
    }),
  ])
  for (const count of [0, 1, 63, 64, 200]) {
    checkRoundTrip([record({headers: Array.from({length: count}, (_, i): Header => [`name-${i}`, `${i}`])})])
  }
})

test('times that fall, and times at both ends', () => {
  const {MAX_SAFE_INTEGER} = Number
  for (const times of [
    [5, 4, 3, 2, 1, 0],
    [0, MAX_SAFE_INTEGER],
    [MAX_SAFE_INTEGER, 0],
    [2 ** 31, 0, 2 ** 32, 1],
  ]) {
    const records = times.map(timestamp => record({timestamp, value: 'v'}))
    checkRoundTrip(records)
    const builder = new BatchBuilder(ROOMY)
    for (const each of records) add(builder, each)
    assert.is(builder.maxTimestamp, Math.max(...times))
  }
})

test('a record without a time has the time that was set last', () => {
  const builder = new BatchBuilder(ROOMY)
  builder.setNow(1000)
  builder.add(null, 'first', undefined)
  builder.add(null, 'given', 5)
  builder.setNow(900)
  builder.add(null, 'earlier', undefined)
  builder.setNow(1100)
  builder.add(null, 'later', undefined)
  assert.equal(
    walk(builder.finish()).map(({timestamp}) => timestamp),
    [1000, 5, 900, 1100],
  )
  assert.is(builder.maxTimestamp, 1100)

  builder.reset()
  builder.add(null, 'given', 5)
  builder.add(null, 'now', undefined)
  assert.equal(
    walk(builder.finish()).map(({timestamp}) => timestamp),
    [5, 1100],
  )

  builder.reset()
  builder.add(null, 'now', undefined)
  assert.is(builder.maxTimestamp, 1100)
})

test('offsets within a batch grow past the edges of their varint', () => {
  const records = Array.from({length: 8200}, (_, i) => record({value: `${i}`, timestamp: i}))
  checkRoundTrip(records)
})

test('what fits by nothing fits, and what is a byte too much changes nothing', () => {
  const contents: (Bytes | null)[] = [null, '', 'ascii', 'é', '漢字', '😀', '\ud800', 'a'.repeat(30), 'é'.repeat(20)]
  contents.push(`${'a'.repeat(30)}é`, new Uint8Array(5), new Uint8Array(70))
  for (const key of contents) {
    for (const value of contents) {
      for (const headers of [[], [['é', '漢']] as Header[]]) {
        const roomy = new BatchBuilder(ROOMY)
        roomy.add('first', 'first', 10)
        roomy.add(key, value, 20, headers)
        const size = roomy.size

        const exact = new BatchBuilder(size)
        assert.ok(exact.add('first', 'first', 10))
        assert.ok(exact.add(key, value, 20, headers), `${key} ${value} in ${size} bytes`)
        assert.equal(exact.finish(), roomy.finish())

        const tight = new BatchBuilder(size - 1)
        assert.ok(tight.add('first', 'first', 10))
        const before = tight.finish().slice()
        assert.not(tight.add(key, value, 20, headers), `${key} ${value} in ${size - 1} bytes`)
        assert.is(tight.count, 1)
        assert.is(tight.maxTimestamp, 10)
        assert.equal(tight.finish(), before)
      }
    }
  }
})

test('a record that another one refused room for still fits the empty batch', () => {
  const builder = new BatchBuilder(BATCH.records + 100)
  assert.ok(builder.add(null, 'x'.repeat(60), 50))
  assert.not(builder.add(null, 'y'.repeat(60), 60))
  builder.reset()
  assert.is(builder.count, 0)
  assert.is(builder.size, BATCH.records)
  assert.ok(builder.add(null, 'y'.repeat(60), 60))
  assert.equal(walk(builder.finish()), expected([record({value: 'y'.repeat(60), timestamp: 60})]))
})

test('a record that is refused first leaves no trace in the times', () => {
  const builder = new BatchBuilder(BATCH.records + 20)
  assert.not(builder.add(null, 'x'.repeat(100), 7777))
  assert.ok(builder.add(null, 'x', 5))
  assert.equal(walk(builder.finish()), expected([record({value: 'x', timestamp: 5})]))
  assert.is(builder.maxTimestamp, 5)
})

test('a batch without a record is not finished', () => {
  assert.throws(
    () => new BatchBuilder(ROOMY).finish(),
    (error: Error) => error instanceof AssertionFailed,
  )
})

test('a builder without room for a header takes nothing', () => {
  for (const capacity of [0, 1, BATCH.records, BATCH.records + 6]) {
    assert.not(new BatchBuilder(capacity).add(null, null, 0), `${capacity}`)
  }
  assert.ok(new BatchBuilder(BATCH.records + 7).add(null, null, 0))
})

test('the bytes given are copied', () => {
  const builder = new BatchBuilder(ROOMY)
  const value = new Uint8Array([1, 2, 3])
  builder.add(value, value, 0)
  value.fill(9)
  assert.equal(walk(builder.finish())[0]!.value, Buffer.from([1, 2, 3]))
})

test('bytes in shared memory, and views in the middle of others, are taken as they are', () => {
  const shared = new Uint8Array(new SharedArrayBuffer(8), 2, 4)
  shared.set([1, 2, 3, 4])
  checkRoundTrip([record({key: shared, value: Buffer.from('in the pool'), headers: [['h', shared]]})])
})

test('property: what is added is what is read', () => {
  fc.assert(fc.property(anyRecords, checkRoundTrip), runs(300))
})

test('property: a record adds at most what recordSizeMax says', () => {
  fc.assert(
    fc.property(anyRecords, anyRecord, (before, {key, value, timestamp, headers}) => {
      const builder = new BatchBuilder(ROOMY)
      for (const each of before) add(builder, each)
      const size = builder.size
      builder.add(key, value, timestamp, headers)
      assert.ok(builder.size - size <= recordSizeMax(key, value, headers))
      const alone = new BatchBuilder(BATCH.records + recordSizeMax(key, value, headers))
      assert.ok(alone.add(key, value, timestamp, headers))
    }),
    runs(300),
  )
  assert.ok(recordSizeMax('key', null) >= 3)
})

test('recordSizeMax counts the contents, and every varint at its longest', () => {
  const varints = {
    length: 5,
    attributes: 1,
    timestampDelta: 10,
    offsetDelta: 5,
    keyLength: 5,
    valueLength: 5,
    headers: 1,
  }
  const most = Object.values(varints).reduce((sum, bytes) => sum + bytes)
  assert.equal(
    [recordSizeMax(null, null), recordSizeMax('', ''), recordSizeMax('ké', new Uint8Array(100))],
    [most, most, most + 3 + 100],
  )
})

test('property: a batch is filled to the last byte that its records allow', () => {
  fc.assert(
    fc.property(anyRecords, fc.integer({min: BATCH.records, max: 600}), (records, capacity) => {
      const builder = new BatchBuilder(capacity)
      const roomy = new BatchBuilder(ROOMY)
      const taken: RecordParts[] = []
      for (const each of records) {
        // the first record that is taken sets the times the others are relative to
        roomy.reset()
        for (const earlier of taken) add(roomy, earlier)
        add(roomy, each)
        const fits = roomy.size <= capacity
        assert.is(add(builder, each), fits)
        if (fits) taken.push(each)
      }
      assert.is(builder.count, taken.length)
      if (taken.length > 0) assert.equal(walk(builder.finish()), expected(taken))
    }),
    runs(300),
  )
})

test('property: text that exactly fills what is left', () => {
  fc.assert(
    fc.property(anyText, fc.integer({min: -3, max: 0}), (text, off) => {
      const length = Buffer.byteLength(text)
      const body = 1 + 1 + 1 + 1 + varintSize(length) + length + 1
      const builder = new BatchBuilder(Math.max(0, BATCH.records + varintSize(body) + body + off))
      assert.is(builder.add(null, text, 0), off === 0)
      if (off === 0) assert.is(builder.size, builder.capacity)
    }),
    runs(500),
  )
})

test('a value added in few stores is the record that `add` makes', () => {
  const lengths = [63, 64, 65, 100, 127, 128, 4096, 8159, 8160]
  const deltas = [-1, 0, 1, 63, 64]
  const quick = new BatchBuilder(1 << 20)
  const plain = new BatchBuilder(1 << 20)
  let taken = 0
  const addBoth = (value: Uint8Array, nowMs: number): void => {
    for (const builder of [quick, plain]) builder.setNow(nowMs)
    const took = quick.addValue(value)
    if (took) taken++
    else assert.ok(quick.add(null, value, undefined))
    assert.ok(plain.add(null, value, undefined))
    const fits = value.length >= 64 && value.length < 8160 && nowMs >= 1000 && nowMs <= 1063
    assert.is(took, fits && plain.count > 1 && plain.count <= 8192)
  }
  for (let count = 0; count < 8200; count++) {
    // every length and time with offsets of one and of two bytes, and small ones up to those of three
    const varied = count < 100
    const length = varied ? lengths[count % lengths.length]! : 64
    addBoth(
      new Uint8Array(length).fill(count + 1),
      1000 + (varied ? deltas[count % deltas.length]! : 5) * Math.min(1, count),
    )
  }
  assert.ok(taken > 8100)
  assert.equal(Buffer.compare(quick.finish(), plain.finish()), 0)
  assert.is(quick.maxTimestamp, plain.maxTimestamp)
})

test('a value that does not fit changes nothing', () => {
  const value = new Uint8Array(100).fill(7)
  const builder = new BatchBuilder(SLOT_BYTES)
  builder.setNow(5)
  assert.not(builder.addValue(value), 'it begins no batch')
  builder.add(null, value, undefined)
  while (builder.addValue(value)) {}
  const {count, size} = builder
  assert.ok(builder.capacity - size <= 110)
  assert.not(builder.addValue(value))
  assert.equal([builder.count, builder.size], [count, size])
  assert.is(walk(builder.finish()).length, count)
})

test('a value is added in few stores while ten bytes beside it are left', () => {
  const [value, short] = [new Uint8Array(100).fill(7), new Uint8Array(1)]
  const first = new BatchBuilder(SLOT_BYTES)
  first.add(null, short, undefined)
  for (const [left, takes] of [
    [value.length + 10, true],
    [value.length + 9, false],
  ] as const) {
    const builder = new BatchBuilder(first.size + left)
    builder.add(null, short, undefined)
    assert.is(builder.addValue(value), takes)
  }
})

test.run()
