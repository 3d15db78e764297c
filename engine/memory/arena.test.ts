import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {AssertionFailed} from '../assert.ts'
import {ArenaReader, type ArenaShape, ArenaWriter, allocateArena} from './arena.ts'
import {interruptCopies} from './copy-bytes.ts'

const SHAPE: ArenaShape = {windows: 3, windowBytes: 40, indexEntries: 4}

const breaks = (rule: string) => (error: Error) => error instanceof AssertionFailed && error.message === rule

test.after.each(() => interruptCopies(undefined))

function ends(shape = SHAPE) {
  const memory = allocateArena(shape)
  return {memory, writer: new ArenaWriter(memory), reader: new ArenaReader(memory)}
}

/** A window at position 1000 of the segment that starts at offset 100; offsets 110 to 113 in batches of two letters. */
function filled(shape = SHAPE) {
  const {memory, writer, reader} = ends(shape)
  writer.open({segmentBase: 100, position: 1000, firstOffset: 110})
  for (const [i, batch] of ['aa', 'bb', 'cc', 'dd'].entries()) {
    const at = writer.fill(Buffer.from(batch))
    writer.addIndexEntry(10 + i, 1000 + at)
  }
  writer.publish()
  return {memory, writer, reader}
}

function openWith(writer: ArenaWriter, firstOffset: number, text: string): void {
  writer.open({segmentBase: 0, position: 0, firstOffset})
  writer.fill(Buffer.from(text))
  writer.publish()
}

function read(reader: ArenaReader, offset: number, size = 64): string {
  const target = Buffer.alloc(size)
  return target.toString('latin1', 0, reader.read(offset, target))
}

function readOn(reader: ArenaReader, from: number, size = 64): string {
  const target = Buffer.alloc(size)
  return target.toString('latin1', 0, reader.readOn(from, target))
}

test('an arena that shows nothing yet has nothing to read', () => {
  const {writer, reader} = ends()
  assert.is(read(reader, 0), '')
  assert.is(readOn(reader, 0), '')
  writer.open({segmentBase: 0, position: 0, firstOffset: 0})
  assert.is(read(reader, 0), '')
  assert.is(readOn(reader, 0), '')
})

test('a window shows nothing to who reads another partition than the one it is of', () => {
  const memory = allocateArena(SHAPE)
  const [five, six] = [5, 6].map(row => ({writer: new ArenaWriter(memory, row), reader: new ArenaReader(memory, row)}))
  openWith(five!.writer, 0, 'five')
  assert.equal([read(five!.reader, 0), read(six!.reader, 0)], ['five', ''])
  // the replicas are dealt anew
  five!.writer.clear()
  for (let i = 0; i < SHAPE.windows; i++) openWith(six!.writer, i, 'six')
  assert.equal([read(five!.reader, 0), readOn(five!.reader, 0), read(six!.reader, 0)], ['', '', 'six'])
})

test('what is filled is seen once it is published', () => {
  const {writer, reader} = ends()
  writer.open({segmentBase: 0, position: 0, firstOffset: 0})
  assert.is(writer.fill(Buffer.from('one')), 0)
  assert.is(writer.published, 0)
  assert.is(read(reader, 0), '')
  writer.publish()
  assert.is(writer.published, 3)
  assert.is(read(reader, 0), 'one')
  assert.is(writer.fill(Buffer.from('two')), 3)
  assert.is(read(reader, 0), 'one')
  writer.publish()
  assert.is(read(reader, 0), 'onetwo')
})

test('the writer sees its own bytes before anyone else', () => {
  const {writer} = ends()
  writer.open({segmentBase: 0, position: 0, firstOffset: 0})
  writer.fill(Buffer.from('one'))
  assert.is(Buffer.from(writer.bytes).toString('latin1', 0, 3), 'one')
  assert.is(writer.view.getUint8(1), 'n'.charCodeAt(0))
  assert.is(writer.bytes.length, SHAPE.windowBytes)
  assert.is(writer.view.byteLength, SHAPE.windowBytes)
})

test('a read starts at the last index entry at or before its offset', () => {
  const {reader} = filled()
  assert.is(read(reader, 110), 'aabbccdd')
  assert.is(read(reader, 111), 'bbccdd')
  assert.is(read(reader, 112), 'ccdd')
  assert.is(read(reader, 113), 'dd')
  assert.is(read(reader, 999), 'dd')
  assert.is(read(reader, 109), '', 'before the window')
})

test('before the first index entry a read starts where the window does', () => {
  const {writer, reader} = ends()
  writer.open({segmentBase: 100, position: 1000, firstOffset: 110})
  writer.fill(Buffer.from('aa'))
  writer.addIndexEntry(15, 1000 + writer.fill(Buffer.from('bb')))
  writer.publish()
  assert.is(read(reader, 114), 'aabb')
  assert.is(read(reader, 115), 'bb')
})

test('a read takes as much as its target, and goes on behind it', () => {
  const {reader} = filled()
  assert.is(read(reader, 111, 3), 'bbc')
  assert.is(readOn(reader, 3, 2), 'cd')
  assert.is(readOn(reader, 2), 'd')
  assert.is(readOn(reader, 1), '', 'there is no more')
  assert.is(readOn(reader, 0), 'd', 'and the place is where it was')
})

test('reading on sees what was published since', () => {
  const {writer, reader} = filled()
  assert.is(read(reader, 113), 'dd')
  writer.fill(Buffer.from('ee'))
  assert.is(readOn(reader, 2), '')
  writer.publish()
  assert.is(readOn(reader, 2), 'ee')
})

test('an empty target is given nothing', () => {
  const {reader} = filled()
  assert.is(reader.read(110, Buffer.alloc(0)), 0)
})

test('of several windows the one that begins last before the offset is read', () => {
  const {writer, reader} = ends()
  openWith(writer, 10, 'ten')
  openWith(writer, 20, 'twenty')
  openWith(writer, 30, 'thirty')
  const shown = () => [9, 10, 19, 20, 29, 30, 99].map(offset => read(reader, offset))
  assert.equal(shown(), ['', 'ten', 'ten', 'twenty', 'twenty', 'thirty', 'thirty'])
  openWith(writer, 40, 'forty')
  assert.equal(shown(), ['', '', '', 'twenty', 'twenty', 'thirty', 'forty'])
})

test('a window that shows nothing yet is passed over, one with a single byte is not', () => {
  const {writer, reader} = ends()
  openWith(writer, 10, 'ten')
  writer.open({segmentBase: 0, position: 0, firstOffset: 20})
  assert.is(read(reader, 20), 'ten')
  writer.fill(Buffer.from('2'))
  writer.publish()
  assert.is(read(reader, 20), '2')
})

test('there is room for a batch while its bytes and its index entry fit', () => {
  const {writer} = ends({windows: 1, windowBytes: 10, indexEntries: 2})
  assert.not(writer.hasRoom(0), 'no window is open')
  writer.open({segmentBase: 0, position: 0, firstOffset: 0})
  assert.ok(writer.hasRoom(10))
  assert.not(writer.hasRoom(11))
  writer.addIndexEntry(0, writer.fill(new Uint8Array(4)))
  assert.ok(writer.hasRoom(6))
  assert.not(writer.hasRoom(7))
  writer.addIndexEntry(1, writer.fill(new Uint8Array(1)))
  assert.not(writer.hasRoom(1), 'the index is full')
  writer.publish()
  writer.open({segmentBase: 0, position: 5, firstOffset: 2})
  assert.ok(writer.hasRoom(10))
})

test('full windows lie side by side', () => {
  const {writer, reader} = ends()
  for (const [i, letter] of ['a', 'b', 'c'].entries()) {
    writer.open({segmentBase: 0, position: 0, firstOffset: i * 10})
    for (let entry = 0; entry < SHAPE.indexEntries; entry++) writer.addIndexEntry(i * 10 + entry, 0)
    writer.fill(Buffer.alloc(SHAPE.windowBytes, letter))
    writer.publish()
  }
  for (const [i, letter] of ['a', 'b', 'c'].entries()) {
    assert.is(read(reader, i * 10 + 9), letter.repeat(SHAPE.windowBytes))
  }
})

test('a window is not left while part of it is not published', () => {
  const {writer} = ends()
  writer.open({segmentBase: 0, position: 0, firstOffset: 0})
  writer.fill(Buffer.from('one'))
  const next = () => writer.open({segmentBase: 0, position: 3, firstOffset: 1})
  assert.throws(next, breaks('a window is left only when all of it is in the file'))
  writer.publish()
  next()
  assert.is(writer.published, 0)
})

test('what was filled for nothing is taken back, with its index entries', () => {
  const {writer, reader} = filled()
  writer.fill(Buffer.from('xxxx'))
  writer.addIndexEntry(14, 1008)
  writer.discard()
  assert.is(writer.published, 8)
  writer.publish()
  assert.is(read(reader, 114), 'dd')
})

test('a discarded index entry makes room for the next', () => {
  const {writer, reader} = ends({windows: 1, windowBytes: 10, indexEntries: 1})
  writer.open({segmentBase: 0, position: 0, firstOffset: 0})
  writer.addIndexEntry(0, writer.fill(Buffer.from('xx')))
  assert.not(writer.hasRoom(2))
  writer.discard()
  assert.ok(writer.hasRoom(10))
  writer.addIndexEntry(0, writer.fill(Buffer.from('yyy')))
  writer.publish()
  assert.is(read(reader, 0), 'yyy')
})

test('a cleared arena shows nothing, and can be filled anew', () => {
  const {writer, reader} = filled()
  assert.is(read(reader, 110, 2), 'aa')
  writer.fill(Buffer.from('not published'))
  writer.clear()
  assert.is(writer.published, 0)
  assert.not(writer.hasRoom(0))
  assert.is(readOn(reader, 2), '', 'not even for who was in the middle of it')
  assert.is(read(reader, 110), '')
  openWith(writer, 111, 'again')
  assert.is(read(reader, 111), 'again')
  assert.is(read(reader, 110), '')
})

test('a window that got a new stretch is not read on', () => {
  const {writer, reader} = ends({...SHAPE, windows: 2})
  openWith(writer, 10, 'ten')
  assert.is(read(reader, 10, 1), 't')
  openWith(writer, 20, 'twenty')
  assert.is(readOn(reader, 1), 'en')
  openWith(writer, 30, 'thirty')
  assert.is(readOn(reader, 1), '')
  assert.is(read(reader, 10), '')
  assert.is(read(reader, 30), 'thirty')
})

test('a copy in whose middle the window moves on is none', () => {
  const {writer, reader} = ends({...SHAPE, windows: 1})
  openWith(writer, 10, 'ten')
  interruptCopies(() => {
    interruptCopies(undefined)
    openWith(writer, 20, 'twenty')
  })
  assert.is(read(reader, 10), '')
  assert.is(readOn(reader, 0), '')
  assert.is(read(reader, 20), 'twenty')
})

test('a copy in whose middle the log is cut is none', () => {
  const {writer, reader} = filled()
  interruptCopies(() => {
    interruptCopies(undefined)
    writer.clear()
  })
  assert.is(read(reader, 110), '')
})

test('what is published in the middle of a copy does not disturb it', () => {
  const {writer, reader} = filled()
  interruptCopies(() => {
    interruptCopies(undefined)
    writer.fill(Buffer.from('ee'))
    writer.publish()
  })
  assert.is(read(reader, 112), 'ccdd')
  assert.is(readOn(reader, 4), 'ee')
})

test('a window that is being given a new stretch is not read', () => {
  const {writer, reader} = ends({...SHAPE, windows: 2})
  openWith(writer, 10, 'ten')
  openWith(writer, 20, 'twenty')
  // the writer comes to grief halfway: an offset that is no integer
  assert.throws(() => writer.open({segmentBase: 0.5, position: 0, firstOffset: 30}), RangeError)
  assert.is(read(reader, 10), '', 'its old bytes may be half gone')
  assert.is(read(reader, 20), 'twenty')
})

test('an index entry that points before the window gives nothing', () => {
  const {writer, reader} = ends()
  writer.open({segmentBase: 0, position: 1000, firstOffset: 0})
  writer.fill(Buffer.from('one'))
  writer.addIndexEntry(0, 999)
  writer.publish()
  assert.is(read(reader, 0), '')
  assert.is(readOn(reader, 0), '')
})

test('the writer learns once that a reader has asked', () => {
  const memory = allocateArena({windows: 3, windowBytes: 64, indexEntries: 4})
  const [writer, reader] = [new ArenaWriter(memory), new ArenaReader(memory)]
  assert.equal([writer.windows, writer.windowBytes], [3, 64])
  assert.equal([writer.isWanted, writer.takeWanted()], [false, false])
  reader.want()
  reader.want()
  assert.equal([writer.isWanted, writer.takeWanted(), writer.isWanted, writer.takeWanted()], [true, true, false, false])
})

test('an arena of one window has its size, and no more memory than that, an index entry of 8 bytes and its head take', () => {
  const [one, more] = [1, 2].map(indexEntries =>
    allocateArena({windows: 1, windowBytes: 128, indexEntries: indexEntries * 8}),
  )
  const writer = new ArenaWriter(one!)
  assert.equal([writer.windows, writer.windowBytes], [1, 128])
  assert.is(more!.byteLength - one!.byteLength, 64)
})

test('memory that is no arena is refused', () => {
  const {memory} = ends()
  const rule = breaks('an arena has the size its windows take')
  new Int32Array(memory)[0] = SHAPE.windows + 1
  assert.throws(() => new ArenaWriter(memory), rule)
  assert.throws(() => new ArenaReader(memory), rule)
})

test.run()
