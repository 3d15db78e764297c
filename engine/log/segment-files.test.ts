import fc from 'fast-check'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {runs} from '../../property-tests/runs.ts'
import {
  isPartitionDirectory,
  isTopicName,
  offsetOfFile,
  partitionDirectory,
  SUFFIX,
  segmentBases,
  segmentFile,
} from './segment-files.ts'

test('a segment’s file is named after its base offset, in 20 digits', () => {
  assert.is(segmentFile('/d', 0, SUFFIX.log), '/d/00000000000000000000.log')
  assert.is(segmentFile('/d', 42, SUFFIX.timeIndex), '/d/00000000000000000042.timeindex')
  assert.is(segmentFile('/d', 2 ** 53 - 1, SUFFIX.snapshot), '/d/00009007199254740991.snapshot')
})

test('property: the name tells the offset, and only under its own suffix', () => {
  const suffixes = Object.values(SUFFIX)
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.constantFrom(...suffixes), (offset, suffix) => {
      const name = segmentFile('', offset, suffix).slice(1)
      for (const other of suffixes) assert.is(offsetOfFile(name, other), other === suffix ? offset : undefined)
    }),
    runs(100),
  )
})

test('a name of another kind tells no offset', () => {
  for (const name of [
    '',
    '.log',
    '0.log',
    '0000000000000000000.log',
    '000000000000000000000.log',
    '00000000000000000000.LOG',
    '00000000000000000000_log',
    '00000000000000000000.log.deleted',
    '0000000000000000000x.log',
    '-0000000000000000001.log',
    '000000000000000001e2.log',
    ' 0000000000000000001.log',
    '00009007199254740992.log',
    '99999999999999999999.log',
  ])
    assert.is(offsetOfFile(name, SUFFIX.log), undefined, name)
})

test('the segments of a directory, by number and not by name', () => {
  const names = [
    'leader-epoch-checkpoint',
    '00000000000000000100.log',
    '00000000000000000100.index',
    '00000000000000000000.log',
    '00000000000000000007.snapshot',
    '00000000000000000020.log',
    '00000000000000000003.log.deleted',
  ]
  assert.equal(segmentBases(names), [0, 20, 100])
  assert.equal(segmentBases([]), [])
})

test('topic names by Kafka’s rule', () => {
  for (const name of ['a', 'A-z_0.9', '-', '...', '__consumer_offsets', 'x'.repeat(249)])
    assert.ok(isTopicName(name), name)
  for (const name of ['', '.', '..', 'a b', 'a/b', 'a\n', 'ä', 'a:b', 'x'.repeat(250)])
    assert.not(isTopicName(name), name)
})

test('a partition’s directory is topic and number', () => {
  assert.is(partitionDirectory('orders', 12), 'orders-12')
  assert.ok(isPartitionDirectory(partitionDirectory('a-1', 0)))
})

test('which directories Kafka takes for a partition’s', () => {
  const unique = '0123456789abcdef0123456789abcdef'
  for (const name of [
    'orders-0',
    'my-orders-10',
    'a.b-0',
    '__cluster_metadata-0',
    `orders-0.${unique}-delete`,
    `orders-0.${unique}-future`,
    `orders-0.${unique}-stray`,
  ])
    assert.ok(isPartitionDirectory(name), name)
  for (const name of [
    '',
    'orders',
    'orders-',
    '-0',
    'orders-x',
    'orders-0x',
    'or ders-0',
    '.-0',
    '..-0',
    `${'x'.repeat(250)}-0`,
    'orders-0.delete',
    'orders-0.-delete',
    `orders-0.${unique}-gone`,
    `orders-0.${unique}`,
    `orders-0.${unique.slice(1)}-delete`,
    `orders-0.${unique.toUpperCase()}-delete`,
    'lost+found',
  ])
    assert.not(isPartitionDirectory(name), name)
})

test.run()
