import fc from 'fast-check'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {runs} from '../../property-tests/runs.ts'
import {VarintCursor, varintSize, varlongSize, writeVarint, writeVarlong} from './varint.ts'

const INT32_MAX = 2 ** 31 - 1
const INT32_MIN = -(2 ** 31)

/** The definition itself: zig-zag, then groups of seven bits, least first. */
function reference(value: bigint): number[] {
  let zigzag = value < 0n ? -2n * value - 1n : 2n * value
  const groups: number[] = []
  for (; zigzag > 0x7fn; zigzag >>= 7n) groups.push(Number(zigzag & 0x7fn) | 0x80)
  return [...groups, Number(zigzag)]
}

function written(write: (target: Uint8Array, at: number) => number): number[] {
  const target = new Uint8Array(16).fill(0xee)
  const end = write(target, 3)
  assert.ok(
    target.every((byte, i) => byte === 0xee || (i >= 3 && i < end)),
    'nothing is written beside it',
  )
  return [...target.subarray(3, end)]
}

function cursorOn(bytes: readonly number[], end = bytes.length): VarintCursor {
  const cursor = new VarintCursor(new Uint8Array([...bytes, 0, 0, 0]))
  cursor.end = end
  return cursor
}

function checkVarint(value: number): void {
  const bytes = written((target, at) => writeVarint(target, at, value))
  assert.equal(bytes, reference(BigInt(value)), `${value}`)
  assert.is(varintSize(value), bytes.length, `size of ${value}`)
  const cursor = cursorOn(bytes)
  assert.is(cursor.varint(), value)
  assert.is(cursor.at, bytes.length)
  assert.not(cursor.failed)
}

function checkVarlong(value: number): void {
  const bytes = written((target, at) => writeVarlong(target, at, value))
  assert.equal(bytes, reference(BigInt(value)), `${value}`)
  assert.is(varlongSize(value), bytes.length, `size of ${value}`)
  const cursor = cursorOn(bytes)
  assert.is(cursor.varlong(), value)
  assert.is(cursor.at, bytes.length)
  assert.not(cursor.failed)
}

/** Both signs of the last value of each width, and of the first of the next. */
function widthEdges(bits: number): number[] {
  const edges = [0]
  for (let bit = 6; bit < bits; bit += 7) for (const off of [-1, 0, 1]) edges.push(2 ** bit + off, -(2 ** bit) + off)
  return edges
}

test('varints at the edge of every width', () => {
  for (const value of [...widthEdges(31), INT32_MAX, INT32_MAX - 1, INT32_MIN, INT32_MIN + 1]) checkVarint(value)
  assert.equal(
    [0, -64, 63, 64, 8191, 8192, 1048575, 1048576, 134217727, 134217728, INT32_MIN].map(varintSize),
    [1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5],
  )
})

test('varlongs at the edge of every width', () => {
  const {MAX_SAFE_INTEGER} = Number
  for (const value of [...widthEdges(53), 2 ** 31, -(2 ** 31) - 1, 2 ** 32, MAX_SAFE_INTEGER, -MAX_SAFE_INTEGER]) {
    checkVarlong(value)
  }
  assert.is(varlongSize(MAX_SAFE_INTEGER), 8)
})

test('property: varints are what their definition says', () => {
  fc.assert(fc.property(fc.integer(), checkVarint), runs(2000))
})

test('property: varlongs are what their definition says', () => {
  fc.assert(fc.property(fc.maxSafeInteger(), checkVarlong), runs(2000))
})

test('property: any int64 is read exactly, or refused', () => {
  fc.assert(
    fc.property(fc.bigInt({min: -(2n ** 63n), max: 2n ** 63n - 1n}), value => {
      const cursor = cursorOn(reference(value))
      const read = cursor.varlong()
      if (cursor.failed) assert.ok(value > Number.MAX_SAFE_INTEGER || value < Number.MIN_SAFE_INTEGER, `${value}`)
      else assert.is(BigInt(read), value)
    }),
    runs(2000),
  )
})

test('what a number cannot hold exactly is refused', () => {
  for (const value of [2n ** 53n, -(2n ** 53n) - 1n, 2n ** 56n, 2n ** 63n - 1n, -(2n ** 63n)]) {
    const cursor = cursorOn(reference(value))
    assert.is(cursor.varlong(), 0)
    assert.ok(cursor.failed, `${value}`)
    assert.is(cursor.at, 0, 'it stays where it was')
  }
})

test('groups of zero behind a number are read, as Kafka reads them', () => {
  assert.is(cursorOn([0x81, 0x80, 0x80, 0x80, 0x00]).varint(), -1)
  assert.is(cursorOn([0x82, ...new Array(8).fill(0x80), 0x00]).varlong(), 1)
  // bits beyond the 32nd fall away
  assert.is(cursorOn([0xff, 0xff, 0xff, 0xff, 0x7f]).varint(), INT32_MIN)
})

test('a varint that is too long is refused', () => {
  const varint = cursorOn([0x80, 0x80, 0x80, 0x80, 0x80, 0x00])
  varint.varint()
  assert.ok(varint.failed)
  const varlong = cursorOn([...new Array(10).fill(0x80), 0x00])
  varlong.varlong()
  assert.ok(varlong.failed)
})

test('a varint that runs past the end is refused, whatever stands behind it', () => {
  for (const value of [0, 64, 8192, 2 ** 20, INT32_MAX]) {
    const bytes = reference(BigInt(value))
    for (let end = 0; end < bytes.length; end++) {
      for (const read of ['varint', 'varlong'] as const) {
        const cursor = cursorOn(bytes, end)
        assert.is(cursor[read](), 0)
        assert.ok(cursor.failed, `${read} ${value} cut to ${end}`)
      }
    }
  }
})

test('nothing is read behind the end', () => {
  for (const bytes of [[], [0x80], [0x80, 0x80]]) {
    const looks: PropertyKey[] = []
    const watched = new Proxy(new Uint8Array([...bytes, 1, 2, 3]), {
      get(target, key) {
        looks.push(key)
        return Reflect.get(target, key, target)
      },
    })
    for (const read of ['varint', 'varlong'] as const) {
      const cursor = new VarintCursor(watched)
      cursor.end = bytes.length
      cursor[read]()
      assert.ok(cursor.failed)
    }
    assert.ok(
      looks.every(key => Number(key) < bytes.length),
      `${bytes.length} bytes, looked at ${looks.map(String)}`,
    )
  }
})

test('a cursor that was told no end has nothing to read', () => {
  for (const read of ['varint', 'varlong'] as const) {
    const cursor = new VarintCursor(Uint8Array.of(2))
    assert.is(cursor[read](), 0)
    assert.ok(cursor.failed)
  }
})

test.run()
