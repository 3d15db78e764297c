import fc from 'fast-check'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {runs} from '../../property-tests/runs.ts'
import {readInt64, writeInt64} from './int64.ts'

const view = new DataView(new ArrayBuffer(16))
const {MAX_SAFE_INTEGER} = Number

test('numbers are stored as int64, most significant byte first', () => {
  const edges = [0, 1, -1, 255, -256, 2 ** 31, -(2 ** 31), 2 ** 32, 2 ** 32 - 1, -(2 ** 32), MAX_SAFE_INTEGER]
  for (const value of [...edges, -MAX_SAFE_INTEGER]) {
    writeInt64(view, 3, value)
    assert.is(view.getBigInt64(3), BigInt(value))
    assert.is(readInt64(view, 3), value)
  }
})

test('what a number cannot hold exactly reads as NaN', () => {
  for (const value of [2n ** 53n, -(2n ** 53n), 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n)]) {
    view.setBigInt64(3, value)
    assert.ok(Number.isNaN(readInt64(view, 3)), `${value}`)
  }
})

test('property: any int64 is read exactly, or as NaN', () => {
  fc.assert(
    fc.property(fc.bigInt({min: -(2n ** 63n), max: 2n ** 63n - 1n}), value => {
      view.setBigInt64(0, value)
      const read = readInt64(view, 0)
      if (Number.isNaN(read)) assert.ok(value > MAX_SAFE_INTEGER || value < -MAX_SAFE_INTEGER)
      else assert.is(BigInt(read), value)
    }),
    runs(1000),
  )
})

test('property: safe integers come back', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), value => {
      writeInt64(view, 5, value)
      assert.is(readInt64(view, 5), value)
      assert.is(view.getBigInt64(5), BigInt(value))
    }),
    runs(1000),
  )
})

test.run()
