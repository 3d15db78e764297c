import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {MemoryDisk} from '../property-tests/simulation/memory-disk.ts'
import {moveDirectory, removeDirectory, removePartition} from './partition-files.ts'

const TOPIC_ID = Buffer.alloc(16, 0xab).toString('base64url')

function disk(): MemoryDisk {
  const storage = new MemoryDisk()
  storage.makeDirectory('/b/t-0')
  const file = storage.open('/b/t-0/a', 'create')
  file.close()
  return storage
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
  moveDirectory(storage, '/b/t-0', '/q/broker-1/t-0')
  storage.makeDirectory('/b/t-0')
  moveDirectory(storage, '/b/t-0', '/q/broker-1/t-0')
  moveDirectory(storage, '/b/t-0', '/q/broker-1/t-0')
  assert.equal(
    storage
      .list('/q/broker-1')!
      .map(({name}) => name)
      .sort(),
    ['t-0', 't-0.2'],
  )
  assert.ok(storage.stat('/q/broker-1/t-0/a') !== undefined)
})

test.run()
