import fc from 'fast-check'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {runs} from '../../property-tests/runs.ts'
import {MemoryDisk} from '../../property-tests/simulation/memory-disk.ts'
import {CHECKPOINT, checkpointKey, readCheckpoint, writeCheckpoint} from './offset-checkpoint.ts'

const PATH = `/data/${CHECKPOINT.recoveryPoint}`

function diskWith(text: string): MemoryDisk {
  const disk = new MemoryDisk()
  disk.makeDirectory('/data')
  disk.put(PATH, new TextEncoder().encode(text))
  return disk
}

function found(text: string): [string, number][] {
  return [...readCheckpoint(diskWith(text), PATH)]
}

test('the names are Kafka’s', () => {
  assert.equal(Object.values(CHECKPOINT), [
    'recovery-point-offset-checkpoint',
    'log-start-offset-checkpoint',
    'replication-offset-checkpoint',
    'cleaner-offset-checkpoint',
  ])
})

test('a checkpoint is Kafka’s text: version, count, a line for each partition', () => {
  const disk = diskWith('')
  const offsets = new Map([
    [checkpointKey('orders', 0), 12],
    [checkpointKey('a.b_c-d', 10), Number.MAX_SAFE_INTEGER],
  ])
  writeCheckpoint(disk, PATH, offsets)
  assert.is(disk.bytes(PATH).toString(), '0\n2\norders 0 12\na.b_c-d 10 9007199254740991\n')
  assert.equal(readCheckpoint(disk, PATH), offsets)
})

test('no partitions are a checkpoint, too', () => {
  const disk = diskWith('0\n1\nt 0 1\n')
  writeCheckpoint(disk, PATH, new Map())
  assert.is(disk.bytes(PATH).toString(), '0\n0\n')
  assert.equal(found('0\n0\n'), [])
})

test('a checkpoint that is missing is empty', () => {
  assert.equal([...readCheckpoint(new MemoryDisk(), PATH)], [])
})

test('a last line without its end is a line', () => {
  assert.equal(found('0\n1\nt 0 7'), [['t 0', 7]])
})

test('a checkpoint that is malformed anywhere counts as empty', () => {
  for (const text of [
    '',
    '\n',
    '0',
    '0\n',
    '1\n1\nt 0 7\n',
    'x\n1\nt 0 7\n',
    '0\r\n1\r\nt 0 7\r\n',
    '\0\0\0\0\0\0\0\0',
    '0\nx\nt 0 7\n',
    '0\n-1\nt 0 7\n',
    '0\n1.5\nt 0 7\n',
    '0\n2\nt 0 7\n',
    '0\n2\nt 0 7\n\n',
    '0\n2\nt 0 7\nt 0 8\n',
    '0\n1\n\n',
    '0\n1\nt 0\n',
    '0\n1\nt 0 \n',
    '0\n1\nt x 7\n',
    '0\n1\nt 0 x\n',
    '0\n1\nt 0 -7\n',
    '0\n1\nt -1 7\n',
    '0\n1\nt 0 7 7\n',
    '0\n1\nt u 0 7\n',
    '0\n1\n 0 7\n',
    '0\n1\nt 0 9007199254740992\n',
    '0\n2\nt 0 7\nu 0 99999999999999999999\n',
  ])
    assert.equal(found(text), [], JSON.stringify(text))
})

test('property: what is written is what is read', () => {
  const topic = fc.stringMatching(/^[a-zA-Z0-9._-]{1,20}$/)
  const key = fc.tuple(topic, fc.nat(1000)).map(([name, partition]) => checkpointKey(name, partition))
  fc.assert(
    fc.property(fc.array(fc.tuple(key, fc.maxSafeNat())), lines => {
      const disk = diskWith('')
      const offsets = new Map(lines)
      writeCheckpoint(disk, PATH, offsets)
      assert.equal(readCheckpoint(disk, PATH), offsets)
    }),
    runs(100),
  )
})

test.run()
