import fc from 'fast-check'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {runs} from '../../property-tests/runs.ts'
import {MemoryDisk} from '../../property-tests/simulation/memory-disk.ts'
import {epochAt, readEpochs, writeEpochs} from './leader-epoch-checkpoint.ts'

const DIR = '/topic-0'
const PATH = `${DIR}/leader-epoch-checkpoint`

function diskWith(text: string): MemoryDisk {
  const disk = new MemoryDisk()
  disk.makeDirectory(DIR)
  disk.put(PATH, new TextEncoder().encode(text))
  return disk
}

test('the file is Kafka’s text: version, count, a line for each epoch', () => {
  const disk = diskWith('')
  const epochs = [
    {epoch: 0, startOffset: 0},
    {epoch: 1, startOffset: 250},
    {epoch: 7, startOffset: 2 ** 53 - 1},
  ]
  writeEpochs(disk, DIR, epochs)
  assert.is(disk.bytes(PATH).toString(), '0\n3\n0 0\n1 250\n7 9007199254740991\n')
  assert.equal(readEpochs(disk, DIR), epochs)
})

test('no epochs: nothing written, an empty file, no file', () => {
  const disk = diskWith('')
  assert.equal(readEpochs(disk, DIR), [])
  writeEpochs(disk, DIR, [])
  assert.is(disk.bytes(PATH).toString(), '0\n0\n')
  assert.equal(readEpochs(disk, DIR), [])
  assert.equal(readEpochs(new MemoryDisk(), DIR), [])
})

test('an epoch without records starts where the next one does', () => {
  assert.equal(readEpochs(diskWith('0\n2\n1 5\n2 5\n'), DIR), [
    {epoch: 1, startOffset: 5},
    {epoch: 2, startOffset: 5},
  ])
})

test('a file that is malformed anywhere gives no epochs', () => {
  for (const text of [
    '\n',
    '0',
    '0\n',
    '0\n1',
    '1\n1\n0 0\n',
    '0\r\n1\r\n0 0\r\n',
    '\0\0\0\0\0\0\0\0',
    '0\nx\n0 0\n',
    '0\n-1\n',
    '0\n1\n2147483648 0\n',
    '0\n1\n0 9007199254740992\n',
    '0\n0\n0 0\n',
    '0\n1\n0 0\n1 5\n',
    '0\n2\n0 0\n',
    '0\n2\n0 0\n1 5',
    '0\n2\n0 0\n\n',
    '0\n1\n0\n',
    '0\n1\n0 0 0\n',
    '0\n1\n-1 0\n',
    '0\n1\n0 -1\n',
    '0\n1\n0 x\n',
    '0\n2\n1 0\n1 5\n',
    '0\n2\n2 0\n1 5\n',
    '0\n2\n1 5\n2 4\n',
  ])
    assert.equal(readEpochs(diskWith(text), DIR), [], JSON.stringify(text))
})

test('an offset has the epoch that began last at or before it', () => {
  const epochs = [
    {epoch: 3, startOffset: 10},
    {epoch: 5, startOffset: 20},
    {epoch: 6, startOffset: 20},
    {epoch: 9, startOffset: 30},
  ]
  assert.equal(
    [0, 9, 10, 19, 20, 29, 30, 2 ** 53 - 1].map(offset => epochAt(epochs, offset)),
    [-1, -1, 3, 3, 6, 6, 9, 9],
  )
  assert.is(epochAt([], 0), -1)
})

test('property: what is written is what is read', () => {
  const step = fc.record({epochs: fc.integer({min: 1, max: 5}), offsets: fc.nat(1000)})
  fc.assert(
    fc.property(fc.array(step), steps => {
      let epoch = -1
      let startOffset = 0
      const epochs = steps.map(({epochs, offsets}) => ({
        epoch: (epoch += epochs),
        startOffset: (startOffset += offsets),
      }))
      const disk = diskWith('')
      writeEpochs(disk, DIR, epochs)
      assert.equal(readEpochs(disk, DIR), epochs)
    }),
    runs(100),
  )
})

test.run()
