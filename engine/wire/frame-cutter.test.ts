import fc from 'fast-check'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {FrameCutter} from './frame-cutter.ts'
import {FrameMemory} from './frame-memory.ts'

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
      const cutter = new FrameCutter(new FrameMemory())
      const got: Uint8Array[] = []
      const all = Buffer.concat(frames.map(framed))
      let pushed = 0
      const takeAll = (): void => {
        for (let frame = cutter.take(); frame !== undefined; frame = cutter.take()) {
          got.push(Buffer.from(frame))
          cutter.release()
        }
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

test('memory of what is released, and of nothing that is still held, is used again', () => {
  const memory = new FrameMemory()
  const [cutter, other] = [new FrameCutter(memory), new FrameCutter(memory)]
  cutter.push(Buffer.concat([framed(Buffer.from('one')), framed(Buffer.from('two'))]))
  const first = cutter.take()!
  cutter.release()
  const second = cutter.take()!
  other.push(framed(Buffer.from('three')))
  const third = other.take()!
  assert.is.not(third.buffer, second.buffer)
  cutter.release()
  cutter.push(framed(Buffer.from('four')))
  assert.is(second.buffer, first.buffer)
  assert.is(cutter.take()!.buffer, first.buffer)
})

test('a cutter that holds nothing holds no memory', () => {
  const memory = new FrameMemory()
  for (let i = 0; i < 3; i++) {
    const cutter = new FrameCutter(memory)
    cutter.push(framed(Buffer.alloc(100_000, i)))
    assert.ok(cutter.take()!.every(byte => byte === i))
    const {buffer} = memory.lend(100_000)
    cutter.release()
    const again = memory.lend(100_000)
    assert.is.not(again.buffer, buffer)
    memory.takeBack(again)
  }
})

test('what was taken is not written over by what comes later', () => {
  const cutter = new FrameCutter(new FrameMemory())
  const first = framed(Buffer.alloc(1000, 1))
  cutter.push(first.subarray(0, 10))
  cutter.push(Buffer.concat([first.subarray(10), framed(Buffer.alloc(1000, 2)).subarray(0, 500)]))
  const frame = cutter.take()!
  cutter.push(Buffer.alloc(504, 3))
  assert.ok(frame.every(byte => byte === 1))
  cutter.push(framed(Buffer.alloc(100_000, 4)))
  assert.ok(frame.every(byte => byte === 1))
  cutter.release()
  assert.equal(Buffer.from(cutter.take()!), Buffer.concat([Buffer.alloc(500 - 4, 2), Buffer.alloc(504, 3)]))
})

test('the length and the first bytes of a frame are known before it is there', () => {
  const cutter = new FrameCutter(new FrameMemory())
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
  const cutter = new FrameCutter(new FrameMemory())
  const head = Buffer.alloc(4)
  head.writeInt32BE(100_000_000)
  cutter.push(head)
  cutter.push(Buffer.alloc(1000))
  assert.ok(cutter.head(1).buffer.byteLength <= 16_384, `${cutter.head(1).buffer.byteLength} bytes`)
})

test.run()
