/** Reading: where a reader starts, where it may be sent, and how far it sees. */
import fs from 'node:fs'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {type Log, openLog} from '../../index.ts'
import {poll, range, sendNumbers} from './numbers.ts'
import {onNewLog} from './on-new-log.ts'
import {refused} from './refused.ts'
import {tempDir} from './temp-dir.ts'

test('a reader starts where it is told to', async () => {
  await onNewLog({}, async log => {
    assert.is(log.reader().position, 0)
    assert.is(log.reader({from: 'latest'}).position, 0)
    assert.is(log.reader({from: {last: 5}}).position, 0)
    assert.is(log.reader({from: {timestamp: 0}}).position, 0)
    assert.equal(poll(log.reader()), [])
    await sendNumbers(log, 100)
    const starts: [Parameters<Log['reader']>[0], number][] = [
      [undefined, 0],
      [{}, 0],
      [{from: 'earliest'}, 0],
      [{from: 'latest'}, 100],
      [{from: 0}, 0],
      [{from: 42}, 42],
      [{from: 100}, 100],
      [{from: {last: 0}}, 100],
      [{from: {last: 1}}, 99],
      [{from: {last: 1000}}, 0],
      [{from: {timestamp: 0}}, 0],
      [{from: {timestamp: 420}}, 42],
      [{from: {timestamp: 421}}, 43],
      [{from: {timestamp: 990}}, 99],
      [{from: {timestamp: 991}}, 100],
      [{from: {timestamp: -5}}, 0],
    ]
    for (const [options, start] of starts) {
      const reader = log.reader(options)
      assert.is(reader.position, start, JSON.stringify(options))
      assert.equal(poll(reader), range(start, 100), JSON.stringify(options))
      assert.is(reader.position, 100)
    }
  })
})

test('offsetForTimestamp finds the first record that is not older, also where times go back', async () => {
  await onNewLog({segmentBytes: 2048, indexIntervalBytes: 1}, async log => {
    const times = [50, 10, 20, 60, 60, 5, 70, 90, 80, 100]
    for (const timestamp of times) await log.send({value: 'x'.repeat(400), timestamp}, {durability: 'written'})
    assert.ok(log.metrics().segments > 1)
    for (let timestamp = 0; timestamp <= 110; timestamp++) {
      const found = times.findIndex(time => time >= timestamp)
      assert.is(log.offsetForTimestamp(timestamp), found < 0 ? undefined : found, String(timestamp))
    }
  })
})

test('seek goes anywhere in the log and nowhere else', async () => {
  await onNewLog({}, async log => {
    await sendNumbers(log, 30)
    const reader = log.reader()
    for (const at of [29, 0, 15, 30, 14]) {
      reader.seek(at)
      assert.equal(poll(reader), range(at, 30))
    }
    reader.seek('earliest')
    assert.equal(poll(reader, 2), [0, 1])
    await refused('OFFSET_OUT_OF_RANGE', () => reader.seek(31), '[0, 30)')
    assert.equal(poll(reader, 2), [2, 3])
  })
})

test('level synced shows only what is synced', async () => {
  await onNewLog({durability: 'written'}, async log => {
    await sendNumbers(log, 10)
    const reader = log.reader({level: 'synced'})
    assert.equal(poll(reader), [])
    assert.equal(poll(log.reader()), range(0, 10))
    assert.is(log.reader({level: 'synced', from: 'latest'}).position, 0)
    assert.is(log.reader({level: 'synced', from: {timestamp: 50}}).position, 0)
    const waiting = reader.wait()
    await log.flush({durability: 'synced'})
    assert.is(await waiting, true)
    await sendNumbers(log, 10)
    assert.equal(poll(reader), range(0, 10))
  })
})

test('everything is there after a reopen, and the log goes on; topics of one dir keep apart', async () => {
  const dir = tempDir()
  for (let round = 0; round < 3; round++) {
    const log = await openLog(dir)
    assert.is(log.recovered.clean, true)
    assert.is(log.logEndOffset, round * 100)
    await sendNumbers(log, 100)
    assert.equal(poll(log.reader()), range(0, round * 100 + 100))
    await log.close()
    const other = await openLog(dir, {topic: 'other'})
    await sendNumbers(other, 7)
    assert.equal(poll(other.reader()), range(0, round * 7 + 7))
    await other.close()
  }
  assert.equal(
    fs.readdirSync(dir).filter(name => !name.startsWith('.') && !name.includes('checkpoint')),
    ['log-0', 'meta.properties', 'other-0'],
  )
})

test.run()
