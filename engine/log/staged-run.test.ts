import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {MemoryDisk} from '../../property-tests/simulation/memory-disk.ts'
import {ArenaReader, ArenaWriter, allocateArena} from '../memory/arena.ts'
import {StagedRun} from './staged-run.ts'
import type {StorageFile} from './storage.ts'

const PATH = '/d/file'
const WINDOW = 8

/** A run, the file it is written to, and a reader of the arena. */
class Bed {
  readonly disk = new MemoryDisk()
  readonly reader: ArenaReader
  readonly run: StagedRun
  readonly #file: StorageFile
  #size = 0

  constructor() {
    this.disk.makeDirectory('/d')
    this.disk.put(PATH, new Uint8Array(0))
    const memory = allocateArena({windows: 2, windowBytes: WINDOW, indexEntries: 4})
    this.reader = new ArenaReader(memory)
    this.run = new StagedRun(new ArenaWriter(memory))
    this.#file = this.disk.open(PATH, 'write')
  }

  /** Starts a stretch; offsets are positions here. */
  open(length = 0): void {
    this.run.open({segmentBase: 0, position: this.#size, firstOffset: this.#size}, length)
  }

  take(text: string): void {
    const bytes = Buffer.from(text)
    this.run.take(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.length))
    // what is stamped on a batch goes where the run has put it
    this.run.bytes[this.run.at] = this.run.view.getUint8(this.run.at) - 32
  }

  commit(): void {
    this.run.write(this.#file, this.#size)
    this.#size += this.run.length
    this.run.publish()
  }

  get written(): string {
    return this.disk.bytes(PATH).toString()
  }

  shownFrom(offset: number): string {
    const target = Buffer.alloc(WINDOW)
    return target.toString('utf8', 0, this.reader.read(offset, target))
  }
}

test('before the first stretch there is room for nothing', () => {
  assert.not(new Bed().run.hasRoom(1))
})

test('while nobody reads a run is written from the bytes it came in, in one write, and shown nowhere', () => {
  const bed = new Bed()
  bed.open()
  bed.take('abc')
  bed.run.addIndexEntry(0, 0)
  bed.take('de')
  assert.is(bed.run.length, 5)
  let writes = 0
  bed.disk.intercept = kind => {
    if (kind === 'write') writes++
    return undefined
  }
  bed.commit()
  bed.commit()
  assert.equal([bed.written, bed.run.length, writes, bed.shownFrom(0)], ['AbcDe', 0, 1, ''])
})

test('a stretch that is not shown takes as many bytes as a window does', () => {
  const bed = new Bed()
  bed.open()
  assert.ok(bed.run.hasRoom(WINDOW))
  assert.not(bed.run.hasRoom(WINDOW + 1))
  bed.take('abcdef')
  assert.not(bed.run.hasRoom(3))
  bed.run.discard()
  assert.ok(bed.run.hasRoom(WINDOW))
  bed.take('abcdef')
  bed.commit()
  assert.not(bed.run.hasRoom(3))
  assert.ok(bed.run.hasRoom(2))
})

test('one write takes no more parts than the system does', () => {
  const memory = allocateArena({windows: 1, windowBytes: 4096, indexEntries: 4})
  const run = new StagedRun(new ArenaWriter(memory))
  run.open({segmentBase: 0, position: 0, firstOffset: 0}, 1)
  const byte = new Uint8Array(1)
  for (let i = 0; i < 1024; i++) {
    assert.ok(run.hasRoom(1))
    run.take(byte, new DataView(byte.buffer))
  }
  assert.not(run.hasRoom(1))
})

test('a reader that comes is shown what follows the run under way', () => {
  const bed = new Bed()
  bed.open()
  bed.take('ab')
  bed.reader.want()
  assert.not(bed.run.isOutdated)
  bed.commit()
  // that there is room has nothing to do with it: a reader may come at any moment
  assert.equal([bed.run.isOutdated, bed.run.hasRoom(2)], [true, true])
  bed.open()
  assert.equal([bed.run.isOutdated, bed.run.hasRoom(2)], [false, true])
  bed.take('cd')
  bed.run.addIndexEntry(2, 2)
  assert.is(bed.shownFrom(2), '')
  bed.commit()
  assert.equal([bed.written, bed.shownFrom(2), bed.shownFrom(0)], ['AbCd', 'Cd', ''])
  bed.take('ef')
  bed.run.addIndexEntry(4, 4)
  bed.commit()
  assert.equal([bed.shownFrom(3), bed.shownFrom(4)], ['CdEf', 'Ef'], 'a read begins at an index entry')
})

test('what nobody has read for all the windows there are is not shown any more, and nothing before it', () => {
  const bed = new Bed()
  bed.reader.want()
  for (const text of ['a', 'b']) {
    bed.open()
    bed.take(text)
    bed.commit()
  }
  assert.equal([bed.shownFrom(0), bed.shownFrom(1)], ['A', 'B'])
  bed.open()
  assert.equal([bed.shownFrom(0), bed.shownFrom(1)], ['', ''])
  bed.take('c')
  bed.commit()
  assert.is(bed.shownFrom(2), '')
  bed.open()
  bed.reader.want()
  bed.open()
  bed.take('d')
  bed.commit()
  assert.equal([bed.written, bed.shownFrom(3)], ['ABCD', 'D'])
})

test('a batch that no window holds is written, and shown nowhere, nor is what lies before it; what follows is', () => {
  const bed = new Bed()
  bed.reader.want()
  bed.open()
  bed.take('a')
  bed.commit()
  const large = 'b'.repeat(WINDOW + 1)
  assert.not(bed.run.hasRoom(large.length))
  bed.open(large.length)
  assert.ok(bed.run.hasRoom(large.length))
  bed.take(large)
  bed.commit()
  assert.not(bed.run.hasRoom(1))
  assert.equal([bed.shownFrom(0), bed.shownFrom(1)], ['', ''])
  bed.open(1)
  bed.take('c')
  bed.commit()
  assert.equal([bed.written, bed.shownFrom(WINDOW + 2)], [`AB${large.slice(1)}C`, 'C'])
  // the same where nobody reads
  const unread = new Bed()
  unread.open(large.length)
  unread.take(large)
  unread.commit()
  assert.is(unread.written, `B${large.slice(1)}`)
})

test('what is discarded is neither written nor shown', () => {
  for (const read of [false, true]) {
    const bed = new Bed()
    if (read) bed.reader.want()
    bed.open()
    bed.take('ab')
    bed.run.discard()
    bed.take('cd')
    bed.commit()
    assert.equal([bed.written, bed.shownFrom(0)], ['Cd', read ? 'Cd' : ''])
  }
})

test('after a cut nothing is shown, and a new stretch must be started', () => {
  const bed = new Bed()
  bed.reader.want()
  bed.open()
  bed.take('ab')
  bed.commit()
  bed.run.clear()
  assert.is(bed.shownFrom(0), '')
  assert.not(bed.run.hasRoom(1))
  bed.open()
  assert.ok(bed.run.hasRoom(WINDOW))
})

test.run()
