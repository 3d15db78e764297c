import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {DiskFaults} from '../../property-tests/simulation/disk-faults.ts'
import {MemoryDisk} from '../../property-tests/simulation/memory-disk.ts'
import {ensureTopicId, readTopicId} from './partition-metadata.ts'

const DIR = '/data/orders-0'
const PATH = `${DIR}/partition.metadata`
const ID = '-_v7-_v7-_v7-_v7-_v7-w'

function diskWith(text?: string): MemoryDisk {
  const disk = new MemoryDisk()
  disk.makeDirectory(DIR)
  if (text !== undefined) disk.put(PATH, new TextEncoder().encode(text))
  return disk
}

const randomBytes = (length: number) => new Uint8Array(length).fill(0xfb)
const noRandomBytes = (): Uint8Array => {
  throw new Error('an id that is there was made up anew')
}

test('a partition without an id gets one that lasts', () => {
  const disk = diskWith()
  assert.is(ensureTopicId(disk, DIR, randomBytes), ID)
  disk.losePower({changes: () => 0, bytes: () => 0})
  assert.is(disk.bytes(PATH).toString(), `version: 0\ntopic_id: ${ID}`)
  assert.is(ensureTopicId(disk, DIR, noRandomBytes), ID)
})

test('an id that is there stays, with or without an end of the last line', () => {
  for (const end of ['', '\n', '\r\n', '\n\n']) {
    const disk = diskWith(`version: 0\ntopic_id: ${ID}${end}`)
    const before = disk.contents()
    assert.is(ensureTopicId(disk, DIR, noRandomBytes), ID)
    assert.equal(disk.contents(), before)
  }
})

test('an id that cannot be Kafka’s is refused and left as it is', () => {
  for (const text of [
    '',
    '\0\0\0\0',
    'version: 0',
    'version: 0\ntopic_id: ',
    `version: 1\ntopic_id: ${ID}`,
    `version: 0\r\ntopic_id: ${ID}`,
    `topic_id: ${ID}\nversion: 0`,
    `version: 0\ntopic_id: ${ID.slice(1)}`,
    `version: 0\ntopic_id: ${ID}w`,
    `version: 0\ntopic_id: ${ID.slice(2)}==`,
    `version: 0\ntopic_id: ${ID}\nmore`,
    `version: 0\ntopic_id: ${'A'.repeat(22)}`,
  ]) {
    const disk = diskWith(text)
    const before = disk.contents()
    assert.throws(() => ensureTopicId(disk, DIR, randomBytes), /^FOREIGN_DIR: .*partition\.metadata is corrupt/)
    assert.equal(disk.contents(), before)
  }
})

test('a disk that fails gives no id', () => {
  const disk = diskWith()
  disk.intercept = new DiskFaults({kind: 'sync', nth: 1, fails: 'EIO'}).intercept
  assert.throws(() => ensureTopicId(disk, DIR, randomBytes), /EIO/)
  assert.is(disk.stat(PATH), undefined)
})

test('an id is read where there is one', () => {
  assert.is(readTopicId(diskWith(`version: 0\ntopic_id: ${ID}`), DIR), ID)
  for (const text of [undefined, '', 'version: 1', `version: 0\ntopic_id: ${'A'.repeat(22)}`])
    assert.is(readTopicId(diskWith(text), DIR), undefined)
})

test.run()
