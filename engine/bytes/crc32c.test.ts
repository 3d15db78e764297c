import fc from 'fast-check'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {skip} from '../../property-tests/runner/skip.ts'
import {runs} from '../../property-tests/runs.ts'
import {type Crc32c, crc32c} from './crc32c.ts'

const range = (length: number, byte: (i: number) => number) => Uint8Array.from({length}, (_, i) => byte(i))

/** Check values of RFC 3720, B.4, and the one of the nine digits. */
const KNOWN: readonly (readonly [Uint8Array, number])[] = [
  [new Uint8Array(0), 0],
  [Buffer.from('123456789'), 0xe3069283],
  [range(32, () => 0), 0x8a9136aa],
  [range(32, () => 0xff), 0x62a8ab43],
  [range(32, i => i), 0x46dd794e],
  [range(32, i => 31 - i), 0x113fdb5c],
]

const PATTERN = range(256, i => (i * 151 + 7) & 0xff)

const native = await import('@node-rs/crc32').then(
  module => module.crc32c as Crc32c,
  () => undefined,
)

test('the published values', () => {
  for (const [bytes, expected] of KNOWN) assert.is(crc32c(bytes), expected)
})

test('property: a checksum goes on from an earlier one', () => {
  fc.assert(
    fc.property(fc.uint8Array({maxLength: 100}), fc.array(fc.nat(100), {maxLength: 5}), (bytes, cuts) => {
      const edges = [0, ...cuts.map(cut => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length]
      let crc = 0
      for (const [i, edge] of edges.entries()) if (i > 0) crc = crc32c(bytes.subarray(edges[i - 1], edge), crc)
      assert.is(crc, crc32c(bytes))
    }),
    runs(500),
  )
})

if (native === undefined) {
  skip(test, 'the native checksum is the same', 'the native package has no build for this platform')
} else {
  test('the native checksum is the same for every length and alignment', () => {
    for (let length = 0; length <= 100; length++) {
      for (let at = 0; at < 8; at++) {
        const bytes = PATTERN.subarray(at, at + length)
        assert.is(native(bytes), crc32c(bytes), `${length} bytes at ${at}`)
      }
    }
  })

  test('property: the native checksum is the same, in one piece and in several, in shared memory too', () => {
    const shared = new Uint8Array(new SharedArrayBuffer(300))
    fc.assert(
      fc.property(fc.uint8Array({maxLength: 200}), fc.nat(64), fc.nat(200), (bytes, at, cut) => {
        const expected = crc32c(bytes)
        assert.is(native(bytes), expected)
        shared.set(bytes, at)
        const view = shared.subarray(at, at + bytes.length)
        assert.is(crc32c(view), expected)
        assert.is(native(view), expected)
        assert.is(native(bytes.subarray(cut), native(bytes.subarray(0, cut))), expected)
        assert.is(crc32c(bytes.subarray(cut), native(bytes.subarray(0, cut))), expected)
      }),
      runs(1000),
    )
  })

  test('both go on from any earlier checksum', () => {
    for (const start of [0, 1, 0x7fffffff, 0x80000000, 0xffffffff]) {
      assert.is(native(PATTERN, start), crc32c(PATTERN, start), `${start}`)
    }
  })
}

test.run()
