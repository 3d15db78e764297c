/** What is deleted from the front of a log, by request or by retention, and what readers make of it. */
import {setTimeout} from 'node:timers/promises'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {openLog} from '../../index.ts'
import {poll, range, sendNumbers} from './numbers.ts'
import {onNewLog} from './on-new-log.ts'
import {payload, readPayload} from './payload.ts'
import {refused} from './refused.ts'
import {tempDir} from './temp-dir.ts'

test('deleteRecordsBefore moves the log start, for readers too, and for good', async () => {
  const dir = tempDir()
  const log = await openLog(dir, {segmentBytes: 2048, retentionMs: -1})
  for (let i = 0; i < 10; i++) await sendNumbers(log, 100)
  const {segments} = log.metrics()
  assert.ok(segments > 5)
  const late = log.reader({from: 5})
  assert.is(await log.deleteRecordsBefore(0), 0)
  assert.is(await log.deleteRecordsBefore(555), 555)
  assert.is(await log.deleteRecordsBefore(100), 555)
  assert.is(log.logStartOffset, 555)
  assert.is(log.reader().position, 555)
  assert.equal(poll(log.reader()), range(555, 1000))
  await refused('OFFSET_OUT_OF_RANGE', () => log.reader({from: 554}), '[555, 1000)')
  await refused('OFFSET_OUT_OF_RANGE', () => late.poll(() => {}), '[555, 1000)')
  late.seek('earliest')
  assert.equal(poll(late, 1), [555])
  await refused('OFFSET_OUT_OF_RANGE', () => log.deleteRecordsBefore(1001), '[555, 1000)')
  assert.is(log.offsetForTimestamp(0), 555)
  while (log.metrics().segments > segments - 4) await setTimeout(2)
  await log.close()

  const again = await openLog(dir, {segmentBytes: 2048, retentionMs: -1})
  assert.is(again.logStartOffset, 555)
  assert.equal(poll(again.reader()), range(555, 1000))
  assert.is(await again.deleteRecordsBefore(-1), 1000)
  assert.equal(poll(again.reader()), [])
  await sendNumbers(again, 1)
  assert.equal(poll(again.reader()), [1000])
  await again.close()
})

test('retention by bytes and by age deletes whole segments from the front, and readers learn it', async () => {
  await onNewLog({segmentBytes: 4096, retentionBytes: 20_000, retentionCheckMs: 10}, async log => {
    await log.send(payload('r', 0, 1000), {durability: 'written'})
    const batchBytes = log.metrics().sizeBytes
    const segmentBytes = batchBytes * Math.floor(4096 / batchBytes)
    for (let i = 1; i < 60; i++) await log.send(payload('r', i, 1000), {durability: 'written'})
    // a segment goes while what is left without it is enough
    while (log.metrics().sizeBytes >= 20_000 + segmentBytes) await setTimeout(5)
    assert.ok(log.logStartOffset > 20 && log.metrics().sizeBytes >= 16_000)
    let next = log.logStartOffset
    log.reader().poll(record => assert.is(readPayload(record.text()).sequence, next++))
    assert.is(next, 60)
    await refused('OFFSET_OUT_OF_RANGE', () => log.reader({from: 0}))
  })
  await onNewLog({segmentBytes: 4096, retentionMs: 1000, retentionCheckMs: 10}, async log => {
    for (let i = 0; i < 20; i++) await log.send({value: payload('r', i, 1000), timestamp: 5}, {durability: 'written'})
    while (log.logStartOffset < 20) await setTimeout(5)
    await log.send('new')
    assert.is(log.offsetForTimestamp(0), 20)
  })
})

test('a reader in the midst of what retention deletes is told, and can go on at the start', async () => {
  await onNewLog({segmentBytes: 4096, retentionBytes: 8000, retentionCheckMs: 1, durability: 'written'}, async log => {
    const reader = log.reader()
    let next = 0
    let told = 0
    for (let i = 0; i < 80; i++) {
      for (let k = 0; k < 10; k++) log.append(payload('r', i * 10 + k, 500))
      await log.flush()
      if (i % 7 === 0) await setTimeout(2)
      if (i % 20 !== 0) continue
      try {
        reader.poll(record => {
          assert.is(readPayload(record.text()).sequence, record.offset)
          assert.ok(record.offset >= next)
          next = record.offset + 1
        })
      } catch (error) {
        await refused('OFFSET_OUT_OF_RANGE', () => {
          throw error
        })
        told++
        reader.seek('earliest')
      }
      log.offsetForTimestamp(Date.now() - 5)
    }
    assert.ok(told > 0)
  })
})

test('a segment starts anew by bytes and by age, and reading crosses from one to the next', async () => {
  await onNewLog({segmentMs: 1000}, async log => {
    for (let i = 0; i < 10; i++)
      await log.send({value: String(i), timestamp: 10_000 + i * 600}, {durability: 'written'})
    assert.ok(log.metrics().segments >= 4, `${log.metrics().segments} segments`)
    assert.equal(poll(log.reader()), range(0, 10))
  })
})

test.run()
