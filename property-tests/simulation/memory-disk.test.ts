/** The disk that the log's tests stand on: what lasts, what a crash takes, and which calls fail. */
import {suite} from 'uvu'
import * as assert from 'uvu/assert'
import {DiskFaults} from './disk-faults.ts'
import type {Fate} from './inode.ts'
import {MemoryDisk} from './memory-disk.ts'

const test = suite('memory disk')
const bytes = (text: string) => new TextEncoder().encode(text)
const nothing = {changes: () => 0, bytes: () => 0}

function diskWith(path: string, text: string): MemoryDisk {
  const disk = new MemoryDisk()
  disk.makeDirectory('/d')
  const file = disk.open(path, 'create')
  file.write(bytes(text), 0, text.length, 0)
  return disk
}

test('what is synced outlives a power loss, if its name is synced, too', () => {
  const disk = diskWith('/d/a', 'one')
  disk.copy().losePower(nothing)
  const file = disk.open('/d/a', 'write')
  file.sync()
  const nameless = disk.copy()
  nameless.losePower(nothing)
  assert.is(nameless.stat('/d/a'), undefined)
  disk.openDirectory('/d')!.sync()
  file.write(bytes('two'), 0, 3, 3)
  disk.losePower(nothing)
  assert.is(disk.bytes('/d/a').toString(), 'one')
  assert.throws(() => file.size(), /EBADF/)
})

test('of what is not synced, changes go from the end, and the last write may be torn', () => {
  const disk = diskWith('/d/a', 'abc')
  disk.openDirectory('/d')!.sync()
  const file = disk.open('/d/a', 'write')
  file.truncate(1)
  file.write(bytes('xyz'), 0, 3, 1)
  disk.losePower({changes: count => Math.max(0, count - 1), bytes: count => count - 1})
  assert.is(disk.bytes('/d/a').toString(), 'axy')
})

test('names are lost, moved and removed in order', () => {
  const disk = diskWith('/d/a', 'abc')
  disk.open('/d/a', 'write').sync()
  disk.openDirectory('/d')!.sync()
  disk.rename('/d/a', '/d/b')
  const lost = disk.copy()
  lost.losePower(nothing)
  assert.equal([...lost.contents().keys()], ['/d/a'])
  disk.remove('/d/b')
  disk.losePower({changes: count => count, bytes: count => count})
  assert.equal([...disk.contents().keys()], [])
})

test('a file that is renamed has one name, whatever is lost', () => {
  const disk = diskWith('/d/a', 'abc')
  disk.openDirectory('/d')!.sync()
  disk.rename('/d/a', '/d/b')
  for (const [kept, name] of [['/d/a', 0] as const, ['/d/b', 1] as const]) {
    const lost = disk.copy()
    lost.scatter({names: () => name, fate: () => 'kept'})
    assert.equal([...lost.contents().keys()], [kept])
  }
})

test('of what is not synced, any sector may be there, without those before it', () => {
  const disk = diskWith('/d/a', 'a'.repeat(600))
  disk.openDirectory('/d')!.sync()
  const file = disk.open('/d/a', 'write')
  file.sync()
  file.write(bytes('b'.repeat(1000)), 0, 1000, 200)
  const after = (...fates: Fate[]): string => {
    const lost = disk.copy()
    lost.scatter({names: count => count, fate: () => fates.shift()!})
    assert.is(fates.length, 0, 'each sector is asked about')
    return lost
      .bytes('/d/a')
      .toString()
      .replace(/(.)\1*/gs, run => `${run[0]}${run.length} `)
  }
  assert.is(after('kept', 'kept', 'kept'), 'a200 b1000 ')
  assert.is(after('lost', 'kept', 'lost'), 'a512 b512 ')
  assert.is(after('kept', 'lost', 'lost'), 'a200 b312 a88 ')
  // what was there before is never zeros
  assert.is(after('zeros', 'lost', 'zeros'), 'a600 \u0000600 ')
})

test('reads are short at the end only, and a file of 2 GiB costs nothing', () => {
  const disk = diskWith('/d/a', 'abc')
  const file = disk.open('/d/a', 'write')
  file.truncate(2 ** 31)
  file.write(bytes('end'), 0, 3, 2 ** 31 - 3)
  const target = new Uint8Array(10)
  assert.is(file.read(target, 0, 10, 2 ** 31 - 5), 5)
  assert.equal([...target.subarray(0, 5)], [0, 0, ...bytes('end')])
  assert.is(file.read(target, 0, 10, 2 ** 31), 0)
  assert.is(file.read(target, 0, 10, 0), 10)
  assert.equal([...target], [...bytes('abc'), 0, 0, 0, 0, 0, 0, 0])
  file.truncate(2)
  file.truncate(4)
  assert.is(disk.bytes('/d/a').toString(), 'ab\0\0')
})

test('the system says no as the real one does', () => {
  const disk = diskWith('/d/a', 'abc')
  const code = (expected: string) => (error: Error & {code?: string}) => error.code === expected
  assert.throws(() => disk.open('/d/a', 'create'), code('EEXIST'))
  assert.throws(() => disk.open('/none/a', 'create'), code('ENOENT'))
  assert.throws(() => disk.open('/d/b', 'read'), code('ENOENT'))
  assert.throws(() => disk.remove('/d/b'), code('ENOENT'))
  assert.throws(() => disk.openDirectory('/none'), code('ENOENT'))
  assert.throws(() => disk.openDirectory('/d')!.size(), code('EISDIR'))
  assert.is(disk.list('/none'), undefined)
  disk.makeDirectory('/d/e')
  assert.equal(disk.list('/d'), [
    {name: 'a', directory: false},
    {name: 'e', directory: true},
  ])
  assert.is(disk.stat('/d')!.directory, true)
})

test('the planned call fails, or moves fewer bytes', () => {
  const disk = diskWith('/d/a', 'abc')
  const file = disk.open('/d/a', 'write')
  const short = new DiskFaults({kind: 'write', nth: 2, suffix: '/a', fails: 1, times: 2})
  disk.intercept = short.intercept
  const counts = [1, 2, 3, 4].map(() => file.write(bytes('xyz'), 0, 3, 0))
  assert.equal(counts, [3, 1, 1, 3])
  assert.is(short.happened, 2)
  disk.intercept = new DiskFaults({kind: 'any', nth: 2, fails: 'EIO'}).intercept
  file.size()
  assert.throws(() => file.sync(), /EIO/)
  file.close()
  file.close()
  assert.is(disk.openFiles, 1)
})

test.run()
