import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {MemoryDisk} from '../../property-tests/simulation/memory-disk.ts'
import {batchOf, DIR, loadClosed, loadPartition, oneRecord} from '../../property-tests/simulation/partition.ts'
import {SUFFIX, segmentFile} from './segment-files.ts'

const batch = (baseSequence: number, producerId = 1, records = 1) =>
  batchOf({producerId, producerEpoch: 0, baseSequence}, records)

function open() {
  const disk = new MemoryDisk()
  return {disk, ...loadPartition(disk)}
}

test('a batch that is sent again is known, one of another producer is not', () => {
  const {log} = open()
  assert.is(log.duplicateOf(batch(0, 1, 3)), undefined)
  log.append(oneRecord(1), 0)
  log.append(batch(0, 1, 3), 0)
  log.commit()
  const {baseOffset, lastOffset, timestamp} = log.duplicateOf(batch(0, 1, 3))!
  assert.equal([baseOffset, lastOffset, timestamp], [1, 3, 1000])
  assert.is(log.duplicateOf(batch(0, 2, 3)), undefined)
  assert.throws(() => log.duplicateOf(batch(9)), /^OUT_OF_ORDER_SEQUENCE_NUMBER/)
  assert.throws(() => log.duplicateOf(batch(0).subarray(0, 50)), /^INVALID_RECORD/)
})

test('what is named as stored is written', () => {
  const {log} = open()
  log.append(batch(0), 0)
  log.append(batch(1), 0)
  assert.is(log.logEndOffset, 0)
  assert.is(log.duplicateOf(batch(1))?.baseOffset, 1)
  assert.is(log.logEndOffset, 2)
})

test('a batch that could not be written is not known', () => {
  const {disk, log} = open()
  log.append(batch(0), 0)
  log.commit()
  log.append(batch(1), 0)
  disk.intercept = (kind, path) => (kind === 'write' && path.endsWith('.log') ? 0 : undefined)
  assert.throws(() => log.duplicateOf(batch(1)), /^DISK_FULL/)
  disk.intercept = undefined
  assert.is(log.duplicateOf(batch(1)), undefined)
  assert.is(log.duplicateOf(batch(0))?.baseOffset, 0)
})

test('what is cut is not known any more, and its snapshots are gone', () => {
  const {disk, log} = open()
  for (let sequence = 0; sequence < 6; sequence++) {
    log.append(batch(sequence), 0)
    if (sequence === 3) log.roll()
  }
  log.close()
  const again = loadClosed(disk, 6).log
  const snapshot = (offset: number) => disk.stat(segmentFile(DIR, offset, SUFFIX.snapshot)) !== undefined
  assert.equal([4, 6].map(snapshot), [true, true])
  again.truncateTo(5)
  assert.equal([4, 6].map(snapshot), [true, false])
  assert.is(again.duplicateOf(batch(4))?.baseOffset, 4)
  assert.is(again.duplicateOf(batch(5)), undefined)
  again.truncateTo(2)
  assert.equal([4, 6].map(snapshot), [false, false])
  assert.is(again.duplicateOf(batch(0))?.baseOffset, 0)
  assert.is(again.duplicateOf(batch(2)), undefined)
  again.truncateTo(0)
  assert.is(again.duplicateOf(batch(70)), undefined)
})

test('a producer that is silent is forgotten', () => {
  const {log} = open()
  log.append(batch(0), 0)
  log.commit()
  log.expireProducers(1000, 500)
  log.expireProducers(1499, 500)
  assert.is(log.duplicateOf(batch(0))?.baseOffset, 0)
  log.expireProducers(1500, 500)
  assert.is(log.duplicateOf(batch(0)), undefined)
})

test.run()
