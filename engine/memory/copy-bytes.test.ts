import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {copyBytes, interruptCopies} from './copy-bytes.ts'

const SIZE = 12
const AT = 3
const AROUND = 0xee

test.after.each(() => interruptCopies(undefined))

/** `length` bytes 1, 2, 3, … at `AT`, of which the first `copied` have arrived. */
function expected(copied: number): Buffer {
  const bytes = Buffer.alloc(SIZE, AROUND)
  for (let i = 0; i < copied; i++) bytes[AT + i] = i + 1
  return bytes
}

function target(): Buffer {
  return Buffer.from(new SharedArrayBuffer(SIZE)).fill(AROUND)
}

test('bytes are copied whole, to their place and nowhere else', () => {
  for (let length = 0; length <= SIZE - AT; length++) {
    const bytes = target()
    copyBytes(
      Uint8Array.from({length}, (_, i) => i + 1),
      bytes,
      AT,
    )
    assert.equal(bytes, expected(length), `${length} bytes`)
  }
})

test('an interrupted copy shows its first half midway, and ends whole', () => {
  for (let length = 0; length <= SIZE - AT; length++) {
    const bytes = target()
    const midway: Buffer[] = []
    interruptCopies(() => midway.push(Buffer.from(bytes)))
    copyBytes(
      Uint8Array.from({length}, (_, i) => i + 1),
      bytes,
      AT,
    )
    assert.equal(midway, [expected(length >> 1)], `${length} bytes`)
    assert.equal(bytes, expected(length), `${length} bytes`)
  }
})

test('copies are interrupted only until that is taken back', () => {
  let pauses = 0
  interruptCopies(() => pauses++)
  copyBytes(Uint8Array.of(1, 2), target(), AT)
  copyBytes(Uint8Array.of(1, 2), target(), AT)
  interruptCopies(undefined)
  copyBytes(Uint8Array.of(1, 2), target(), AT)
  assert.is(pauses, 2)
})

test('bytes that do not fit are refused', () => {
  assert.throws(() => copyBytes(new Uint8Array(SIZE - AT + 1), target(), AT), /out of range/)
})

test.run()
