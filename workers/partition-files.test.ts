import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {isPartitionDirectory} from '../engine/log/segment-files.ts'
import {MemoryDisk, systemError} from '../property-tests/simulation/memory-disk.ts'
import {moveDirectory, removeDirectory, removePartition} from './partition-files.ts'

const TOPIC_ID = Buffer.alloc(16, 0xab).toString('base64url')

function disk(): MemoryDisk {
  const storage = new MemoryDisk()
  storage.makeDirectory('/b/t-0')
  const file = storage.open('/b/t-0/a', 'create')
  file.close()
  return storage
}

function namesIn(storage: MemoryDisk, path: string): string[] {
  return storage
    .list(path)!
    .map(({name}) => name)
    .sort()
}

test('a partition that is removed is renamed first, and what an earlier try left goes, too', () => {
  const storage = disk()
  const doomed = `/b/t-0.${'ab'.repeat(16)}-delete`
  storage.makeDirectory(doomed)
  removePartition(storage, '/b/t-0', TOPIC_ID)
  assert.equal([storage.stat('/b/t-0'), storage.stat(doomed)], [undefined, undefined])
  removePartition(storage, '/b/t-0', TOPIC_ID)
  removeDirectory(storage, '/b/none')
})

test('what is put aside stands beside what was put aside before', () => {
  const storage = disk()
  for (let i = 0; i < 3; i++) {
    storage.makeDirectory('/b/t-0')
    moveDirectory(storage, '/b/t-0', '/q/broker-1', TOPIC_ID)
  }
  moveDirectory(storage, '/b/t-0', '/q/broker-1', TOPIC_ID)
  const hex = 'ab'.repeat(16)
  const names = [hex, `${hex.slice(8)}00000001`, `${hex.slice(8)}00000002`].map(id => `t-0.${id}-stray`)
  assert.equal(namesIn(storage, '/q/broker-1'), names.sort())
  assert.ok(storage.stat(`/q/broker-1/t-0.${hex}-stray/a`) !== undefined)
})

test('what cannot be moved to another file system stays in the broker’s dir, which is one still', () => {
  const storage = disk()
  let renames = 0
  storage.intercept = (kind, path) => {
    if (kind === 'rename' && renames++ === 0) throw systemError('EXDEV', path)
    return undefined
  }
  moveDirectory(storage, '/b/t-0', '/q/broker-1', TOPIC_ID)
  const names = namesIn(storage, '/b')
  assert.equal(names, [`t-0.${'ab'.repeat(16)}-stray`])
  assert.ok(names.every(isPartitionDirectory))
})

test.run()
