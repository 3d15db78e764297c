import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {DiskFaults} from '../../property-tests/simulation/disk-faults.ts'
import {MemoryDisk} from '../../property-tests/simulation/memory-disk.ts'
import {base64Url, DataDir} from './data-dir.ts'
import {CHECKPOINT} from './offset-checkpoint.ts'
import type {FileStatus} from './storage.ts'

const DIR = '/data'
const META = `${DIR}/meta.properties`
const MARKER = `${DIR}/.kafka_cleanshutdown`
const PROPERTIES = 'version=1\ncluster.id=MkU3OEVBNTcwNTJENDM2Qg\nnode.id=1\n'
const NOTHING_SURVIVES = {changes: () => 0, bytes: () => 0}

/** A directory with these files; a name that ends in / is a directory. */
function diskWith(files: Readonly<Record<string, string>> = {}): MemoryDisk {
  const disk = new MemoryDisk()
  disk.makeDirectory(DIR)
  for (const [name, text] of Object.entries(files)) {
    if (name.endsWith('/')) disk.makeDirectory(`${DIR}/${name.slice(0, -1)}`)
    else disk.put(`${DIR}/${name}`, new TextEncoder().encode(text))
  }
  return disk
}

/** A file system that does not tell `a` from `A`. */
class FoldingDisk extends MemoryDisk {
  override stat(path: string): FileStatus | undefined {
    return super.stat(path.toLowerCase())
  }
}

/** Counts up, so that no two calls give the same. */
function countingBytes(): (length: number) => Uint8Array {
  let next = 0
  return length => Uint8Array.from({length}, () => next++)
}

function open(disk: MemoryDisk): DataDir {
  return DataDir.open(disk, DIR, countingBytes())
}

function assertRefused(disk: MemoryDisk, why: RegExp): void {
  const before = disk.contents()
  assert.throws(() => open(disk), why)
  assert.equal(disk.contents(), before)
}

test('an empty directory gets Kafka’s meta.properties, with ids of 16 random bytes', () => {
  const disk = diskWith()
  assert.is(open(disk).path, DIR)
  const text = 'version=1\ncluster.id=AAECAwQFBgcICQoLDA0ODw\nnode.id=1\ndirectory.id=EBESExQVFhcYGRobHB0eHw\n'
  assert.is(disk.bytes(META).toString(), text)
  disk.losePower(NOTHING_SURVIVES)
  assert.is(disk.bytes(META).toString(), text)
})

test('a dir that is opened again stays whose it is', () => {
  const disk = diskWith({'meta.properties': PROPERTIES, 'orders-0/': '', 'a plain file': ''})
  const before = disk.contents()
  open(disk)
  assert.equal(disk.contents(), before)
})

test('what is there before a dir is made, and harmless: hidden files, a lost+found, half of an earlier meta.properties', () => {
  const disk = diskWith({'.lock': '', '.DS_Store': '', 'lost+found/': '', 'meta.properties.tmp': 'versi'})
  open(disk)
  assert.match(disk.bytes(META).toString(), /^version=1\n/)
  assert.is(disk.stat(`${META}.tmp`), undefined)
  open(disk)
})

test('a path that is no directory is refused', () => {
  const disk = diskWith({file: ''})
  assert.throws(() => DataDir.open(disk, '/none', countingBytes()), /^NOT_A_DIRECTORY: \/none is not/)
  assert.throws(() => DataDir.open(disk, `${DIR}/file`, countingBytes()), /^NOT_A_DIRECTORY/)
})

test('a directory that holds something else is refused and left as it is', () => {
  assertRefused(diskWith({'notes.txt': ''}), /^FOREIGN_DIR: .* has no meta\.properties but holds notes\.txt/)
  assertRefused(diskWith({'orders-0/': ''}), /^FOREIGN_DIR: .* holds orders-0/)
  assertRefused(diskWith({'meta.properties.tmp/': ''}), /^FOREIGN_DIR: .* holds the directory meta\.properties\.tmp/)
})

test('a directory within that is no partition’s is refused, as Kafka would refuse all of the dir', () => {
  for (const name of ['.git', 'orders', 'orders-', 'orders-x', 'snapshots'])
    for (const properties of [{}, {'meta.properties': PROPERTIES}])
      assertRefused(diskWith({...properties, [`${name}/`]: ''}), new RegExp(`holds the directory ${name},`))
})

test('meta.properties as Java and people write them', () => {
  for (const text of [
    '#\n#Sat Nov 22 16:00:00 UTC 2025\nnode.id=12\nversion=1\ndirectory.id=x\ncluster.id=abc\n',
    'version=1\r\ncluster.id=abc\r\nnode.id=0\r\n',
    ' version = 1 \n cluster.id = a=b \n node.id = 3 ',
    'not a property\nversion=1\ncluster.id=abc\nnode.id=1',
    'version=1\nversion!\ncluster.id=abc\nnode.id=1',
  ])
    open(diskWith({'meta.properties': text}))
})

test('meta.properties that are corrupt or of another version are refused', () => {
  for (const text of [
    '',
    '\0\0\0\0',
    'version=1',
    'version=0\nbroker.id=1\ncluster.id=abc\n',
    'version=2\ncluster.id=abc\nnode.id=1\n',
    '#version=1\ncluster.id=abc\nnode.id=1\n',
    'version=1\nnode.id=1\n',
    'version=1\ncluster.id=abc\n',
    'version=1\ncluster.id=abc\nnode.id=\n',
    'version=1\ncluster.id=abc\nnode.id=x\n',
    'version=1\ncluster.id=abc\nnode.id=-1\n',
    'version=1\ncluster.id=abc\n#node.id=1\n',
  ])
    assertRefused(diskWith({'meta.properties': text}), /^FOREIGN_DIR: \/data\/meta\.properties is corrupt/)
})

test('a dir whose making was cut short can be made again', () => {
  let nth = 0
  for (let failed = true; failed; ) {
    const disk = diskWith()
    const faults = new DiskFaults({kind: 'any', nth: ++nth, fails: 'EIO'})
    disk.intercept = faults.intercept
    failed = false
    try {
      open(disk)
    } catch {
      failed = true
    }
    assert.is(failed, faults.happened > 0)
    disk.intercept = undefined
    for (const changes of [() => 0, (count: number) => count]) {
      const crashed = disk.copy()
      crashed.losePower({changes, bytes: count => count >> 1})
      open(crashed)
    }
  }
  assert.ok(nth > 8, 'every call had its turn')
})

test('the marker of a clean close comes and goes, and both last', () => {
  const disk = diskWith({'meta.properties': PROPERTIES})
  const dir = open(disk)
  assert.not(dir.cleanShutdown)
  dir.markCleanShutdown()
  disk.losePower(NOTHING_SURVIVES)
  assert.ok(dir.cleanShutdown)
  assert.is(disk.bytes(MARKER).toString(), '{"version":0,"brokerEpoch":-1}')
  dir.clearCleanShutdown()
  disk.losePower(NOTHING_SURVIVES)
  assert.not(dir.cleanShutdown)
})

test('a marker that is not there takes nothing to clear', () => {
  const disk = diskWith({'meta.properties': PROPERTIES})
  const dir = open(disk)
  const faults = new DiskFaults({kind: 'openDirectory', nth: 1, fails: 'EIO'})
  disk.intercept = faults.intercept
  dir.clearCleanShutdown()
  assert.is(faults.happened, 0)
})

test('of a marker only that it exists counts', () => {
  assert.ok(open(diskWith({'meta.properties': PROPERTIES, '.kafka_cleanshutdown': ''})).cleanShutdown)
})

test('a checkpoint takes one partition’s line, the other ones stay', () => {
  const disk = diskWith({'meta.properties': PROPERTIES, [CHECKPOINT.logStart]: '0\n2\na 0 1\nb 0 2\n'})
  const dir = open(disk)
  const lines = () => disk.bytes(`${DIR}/${CHECKPOINT.logStart}`).toString()
  dir.setCheckpoint(CHECKPOINT.logStart, 'a 0', 7)
  assert.is(lines(), '0\n2\na 0 7\nb 0 2\n')
  dir.setCheckpoint(CHECKPOINT.logStart, 'c 1', 0)
  assert.is(lines(), '0\n3\na 0 7\nb 0 2\nc 1 0\n')
  dir.setCheckpoint(CHECKPOINT.logStart, 'b 0', undefined)
  assert.is(lines(), '0\n2\na 0 7\nc 1 0\n')
  assert.equal(
    [...dir.checkpoint(CHECKPOINT.logStart)],
    [
      ['a 0', 7],
      ['c 1', 0],
    ],
  )
  assert.is(dir.checkpoint(CHECKPOINT.highWatermark).size, 0)
})

test('a line that is as it should be is not written again', () => {
  const disk = diskWith({'meta.properties': PROPERTIES, [CHECKPOINT.logStart]: '0\n1\na 0 1\n'})
  const dir = open(disk)
  const faults = new DiskFaults({kind: 'rename', nth: 1, fails: 'EIO'})
  disk.intercept = faults.intercept
  dir.setCheckpoint(CHECKPOINT.logStart, 'a 0', 1)
  dir.setCheckpoint(CHECKPOINT.logStart, 'b 0', undefined)
  dir.setCheckpoint(CHECKPOINT.recoveryPoint, 'a 0', undefined)
  assert.is(faults.happened, 0)
})

test('a checkpoint that cannot be written says which, and stays as it was', () => {
  const disk = diskWith({'meta.properties': PROPERTIES, [CHECKPOINT.logStart]: '0\n1\na 0 1\n'})
  const dir = open(disk)
  for (const [fails, why] of [
    ['ENOSPC', /^DISK_FULL: writing log-start-offset-checkpoint: ENOSPC/],
    ['EIO', /^KAFKA_STORAGE_ERROR: writing log-start-offset-checkpoint: EIO/],
    [0, /^DISK_FULL: wrote 0 of/],
  ] as const) {
    disk.intercept = new DiskFaults({kind: 'write', nth: 1, fails}).intercept
    assert.throws(() => dir.setCheckpoint(CHECKPOINT.logStart, 'a 0', 2), why)
    assert.is(dir.checkpoint(CHECKPOINT.logStart).get('a 0'), 1)
  }
})

test('an id of 16 bytes is 22 characters that are safe in a URL', () => {
  assert.is(base64Url(new Uint8Array(16)), 'A'.repeat(22))
  assert.is(base64Url(new Uint8Array(16).fill(255)), '_____________________w')
  assert.is(base64Url(new Uint8Array(16).fill(0xfb)), '-_v7-_v7-_v7-_v7-_v7-w')
})

test('a partition that the file system knows under another spelling is refused', () => {
  const disk = new FoldingDisk()
  disk.makeDirectory(DIR)
  const dir = open(disk)
  disk.makeDirectory(`${DIR}/orders-0`)
  dir.checkSpelling('orders-0')
  dir.checkSpelling('sales-0')
  assert.throws(() => dir.checkSpelling('Orders-0'), /^INVALID_CONFIG: .* has Orders-0 as orders-0;/)
  const other = diskWith()
  const telling = open(other)
  other.makeDirectory(`${DIR}/orders-0`)
  telling.checkSpelling('Orders-0')
  // the dir went in between: what comes next finds that out
  disk.list = () => undefined
  dir.checkSpelling('Orders-0')
})

test('a dir tells whose it is, as far as it knows', () => {
  const disk = diskWith({'meta.properties': `${PROPERTIES}directory.id=abc\n`})
  const dir = DataDir.open(disk, DIR, () => new Uint8Array(16))
  const clusterId = 'MkU3OEVBNTcwNTJENDM2Qg'
  assert.equal(dir.identity(), {clusterId, nodeId: 1, directoryId: 'abc'})
  assert.is(DataDir.clusterIdOf(disk, DIR), clusterId)
  assert.is(DataDir.clusterIdOf(disk, '/elsewhere'), undefined)
  disk.remove(META)
  assert.equal(dir.identity(), {clusterId: '', nodeId: Number.NaN, directoryId: ''})
  const early = DataDir.open(diskWith({'meta.properties': PROPERTIES}), DIR, () => new Uint8Array(16))
  assert.is(early.identity().directoryId, '')
})

test('a new dir gets the names it is given', () => {
  const disk = diskWith()
  const dir = DataDir.open(disk, DIR, () => new Uint8Array(16), {clusterId: 'cluster', nodeId: 7})
  assert.equal([dir.identity().clusterId, dir.identity().nodeId], ['cluster', 7])
})

test.run()
