import fc from 'fast-check'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {FrameCutter} from './frame-cutter.ts'

function framed(body: Uint8Array): Buffer {
  const frame = Buffer.alloc(4 + body.length)
  frame.writeInt32BE(body.length)
  frame.set(body, 4)
  return frame
}

/** The pieces of `bytes` between cuts. */
function pieces(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const at = [0, ...cuts.map(cut => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  // memory of its own each, as a socket gives it
  return at.slice(1).map((end, i) => Buffer.from(bytes.subarray(at[i], end)))
}

test('frames come out as they went in, however the bytes are cut', () => {
  const anyFrames = fc.array(fc.uint8Array({maxLength: 300}), {maxLength: 8})
  const anyTakes = fc.array(fc.boolean(), {minLength: 1, maxLength: 20})
  fc.assert(
    fc.property(anyFrames, fc.array(fc.nat(), {maxLength: 12}), anyTakes, (frames, cuts, takes) => {
      const cutter = new FrameCutter()
      const got: Uint8Array[] = []
      const all = Buffer.concat(frames.map(framed))
      let pushed = 0
      const takeAll = (): void => {
        for (let frame = cutter.take(); frame !== undefined; frame = cutter.take()) got.push(frame)
      }
      for (const [i, piece] of pieces(all, cuts).entries()) {
        if (piece.length === 0) continue
        cutter.push(piece)
        pushed += piece.length
        const taken = got.reduce((sum, {length}) => sum + 4 + length, 0)
        assert.is(cutter.held, pushed - taken)
        // who is busy takes nothing for a while
        if (takes[i % takes.length]) takeAll()
      }
      takeAll()
      assert.is(cutter.held, 0)
      assert.equal(
        got.map(frame => Buffer.from(frame).toString('hex')),
        frames.map(frame => Buffer.from(frame).toString('hex')),
      )
    }),
    {numRuns: 300},
  )
})

test('a frame within one piece is a view of it', () => {
  const cutter = new FrameCutter()
  const piece = Buffer.concat([framed(Buffer.from('one')), framed(Buffer.from('two'))])
  cutter.push(piece)
  assert.is(cutter.take()!.buffer, piece.buffer)
  assert.is(cutter.take()!.buffer, piece.buffer)
  assert.is(cutter.take(), undefined)
})

test('what was taken is not written over by what comes later', () => {
  const cutter = new FrameCutter()
  const first = framed(Buffer.alloc(1000, 1))
  cutter.push(first.subarray(0, 10))
  cutter.push(Buffer.concat([first.subarray(10), framed(Buffer.alloc(1000, 2)).subarray(0, 500)]))
  const frame = cutter.take()!
  cutter.push(Buffer.alloc(504, 3))
  assert.is(cutter.take()!.length, 1000)
  assert.ok(frame.every(byte => byte === 1))
})

test('the length and the first bytes of a frame are known before it is there', () => {
  const cutter = new FrameCutter()
  const frame = framed(Buffer.from('abcdef'))
  cutter.push(frame.subarray(0, 3))
  assert.is(cutter.length, undefined)
  cutter.push(frame.subarray(3, 6))
  assert.is(cutter.length, 6)
  assert.is(Buffer.from(cutter.head(4)).toString(), 'ab')
  cutter.push(frame.subarray(6, 9))
  assert.is(Buffer.from(cutter.head(4)).toString(), 'abcd')
})

test('memory follows what has arrived, not what a frame says of itself', () => {
  const cutter = new FrameCutter()
  const head = Buffer.alloc(4)
  head.writeInt32BE(100_000_000)
  cutter.push(head)
  cutter.push(Buffer.alloc(1000))
  assert.ok(cutter.head(1).buffer.byteLength <= 5000, `${cutter.head(1).buffer.byteLength} bytes`)
})

test.run()
