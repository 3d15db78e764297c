import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {DiskFaults} from '../../property-tests/simulation/disk-faults.ts'
import {MemoryDisk} from '../../property-tests/simulation/memory-disk.ts'
import {readText, readWhole, replaceFile, syncDirectory, writeAll, writeFully} from './files.ts'
import type {StorageFile} from './storage.ts'

const PATH = '/d/file'
const bytes = (text: string) => new TextEncoder().encode(text)

function diskWith(content?: string): MemoryDisk {
  const disk = new MemoryDisk()
  disk.makeDirectory('/d')
  if (content !== undefined) disk.put(PATH, bytes(content))
  return disk
}

/** A system on which a directory cannot be opened. */
class DiskWithoutDirectories extends MemoryDisk {
  override openDirectory(): StorageFile | undefined {
    return undefined
  }
}

test('a write that stops short goes on where it stopped', () => {
  const disk = diskWith('..........')
  const file = disk.open(PATH, 'write')
  disk.intercept = new DiskFaults({kind: 'write', nth: 1, fails: 2, times: 2}).intercept
  writeFully(file, bytes('-abcdef-'), 1, 6, 3)
  assert.is(disk.bytes(PATH).toString(), '...abcdef.')
})

test('a disk that takes nothing more is full', () => {
  const disk = diskWith('')
  const file = disk.open(PATH, 'write')
  disk.intercept = kind => (kind === 'write' ? Math.max(0, 4 - disk.bytes(PATH).length) : undefined)
  assert.throws(() => writeFully(file, bytes('abcdef'), 0, 6, 0), /^DISK_FULL: wrote 4 of 6 bytes/)
})

test('several parts are written as one, and what a short write leaves over goes on where it stopped', () => {
  const parts = ['ab', '', 'cde', 'f'].map(bytes)
  for (let first = 1; first <= 6; first++) {
    const disk = diskWith('........')
    const file = disk.open(PATH, 'write')
    const intercept = new DiskFaults({kind: 'write', nth: 1, fails: first, times: 1}).intercept
    let writes = 0
    disk.intercept = (kind, path) => {
      if (kind === 'write') writes++
      return intercept(kind, path)
    }
    writeAll(file, parts, 1)
    assert.is(disk.bytes(PATH).toString(), '.abcdef.')
    if (first === 6) assert.is(writes, 1)
  }
})

test('a disk that takes a part of the parts is full', () => {
  const disk = diskWith('')
  const file = disk.open(PATH, 'write')
  disk.intercept = kind => (kind === 'write' ? Math.max(0, 3 - disk.bytes(PATH).length) : undefined)
  assert.throws(() => writeAll(file, ['ab', 'cd'].map(bytes), 0), /^DISK_FULL: wrote 0 of 1 bytes/)
})

test('nothing to write is no call to the disk', () => {
  const disk = diskWith('')
  const file = disk.open(PATH, 'write')
  const faults = new DiskFaults({kind: 'any', nth: 1, fails: 'EIO'})
  disk.intercept = faults.intercept
  writeFully(file, bytes('abc'), 3, 0, 0)
  assert.is(faults.happened, 0)
})

test('a small file is read whole, and closed', () => {
  const disk = diskWith('größer')
  assert.equal(readWhole(disk, PATH), bytes('größer'))
  assert.is(readText(disk, PATH), 'größer')
  assert.equal(readWhole(diskWith(''), PATH), new Uint8Array(0))
  assert.is(readText(diskWith(''), PATH), '')
  assert.is(disk.openFiles, 0)
})

test('a file that gets shorter while it is read ends where it ends', () => {
  const disk = diskWith('abcdef')
  disk.intercept = kind => (kind === 'read' ? 4 : undefined)
  assert.is(readText(disk, PATH), 'abcd')
})

test('where no file is there is no content', () => {
  const disk = diskWith()
  assert.is(readWhole(disk, PATH), undefined)
  assert.is(readText(disk, PATH), undefined)
  assert.is(readWhole(disk, '/d'), undefined)
})

test('a file that cannot be read is closed all the same', () => {
  const disk = diskWith('abc')
  disk.intercept = new DiskFaults({kind: 'read', nth: 1, fails: 'EIO'}).intercept
  assert.throws(() => readWhole(disk, PATH), /EIO/)
  assert.is(disk.openFiles, 0)
})

test('a file is made or replaced, by text or by bytes', () => {
  const disk = diskWith()
  replaceFile(disk, PATH, 'größer')
  assert.is(disk.bytes(PATH).toString(), 'größer')
  replaceFile(disk, PATH, Uint8Array.of(0, 255))
  assert.equal([...disk.bytes(PATH)], [0, 255])
  assert.equal([...disk.contents().keys()], [PATH])
})

test('what a crash left of an earlier replacement is in nobody’s way', () => {
  const disk = diskWith('old')
  disk.put(`${PATH}.tmp`, bytes('longer than the new content'))
  replaceFile(disk, PATH, 'new')
  assert.equal([...disk.contents()], [[PATH, Buffer.from('new')]])
})

test('whatever call fails and whatever a power loss takes, the old content is there or the new, whole', () => {
  let nth = 0
  for (let happened = true; happened; ) {
    const disk = diskWith('the old content')
    const faults = new DiskFaults({kind: 'any', nth: ++nth, fails: 'EIO'})
    disk.intercept = faults.intercept
    happened = false
    try {
      replaceFile(disk, PATH, 'content')
    } catch {
      happened = true
    }
    disk.intercept = undefined
    assert.is(happened, faults.happened > 0, `call ${nth} failed and nobody heard of it`)
    assert.is(disk.openFiles, 0)
    const found = new Set<string | undefined>()
    for (let kept = 0; kept <= 4; kept++) {
      const crashed = disk.copy()
      crashed.losePower({changes: count => Math.min(count, kept), bytes: count => count >> 1})
      found.add(readText(crashed, PATH))
    }
    found.delete('content')
    if (happened) found.delete('the old content')
    assert.equal([...found], [], `call ${nth}`)
    replaceFile(disk, PATH, 'again')
    assert.is(readText(disk, PATH), 'again')
  }
  assert.ok(nth > 8, 'every call of a replacement had its turn')
})

test('a directory’s names last once it is synced', () => {
  const disk = diskWith()
  disk.open(PATH, 'create').sync()
  syncDirectory(disk, '/d')
  disk.losePower({changes: () => 0, bytes: () => 0})
  assert.ok(disk.stat(PATH) !== undefined)
  assert.is(disk.openFiles, 0)
})

test('a directory whose sync fails is closed', () => {
  const disk = diskWith()
  disk.intercept = new DiskFaults({kind: 'sync', nth: 1, fails: 'EIO'}).intercept
  assert.throws(() => syncDirectory(disk, '/d'), /EIO/)
  assert.is(disk.openFiles, 0)
})

test('a system without directories to sync replaces files all the same', () => {
  const disk = new DiskWithoutDirectories()
  disk.makeDirectory('/d')
  replaceFile(disk, PATH, 'new')
  assert.is(disk.bytes(PATH).toString(), 'new')
})

test.run()
