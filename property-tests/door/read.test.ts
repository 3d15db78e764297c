/** Reading through the door: where a reader starts, what it gives and when, how it waits and how it ends. */
import fs from 'node:fs'
import {setTimeout} from 'node:timers/promises'
import {setFlagsFromString} from 'node:v8'
import {runInNewContext} from 'node:vm'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {type Log, openLog, type Reader, type RecordView} from '../../index.ts'
import {onNewLog} from './on-new-log.ts'
import {payload, readPayload} from './payload.ts'
import {refused} from './refused.ts'
import {tempDir} from './temp-dir.ts'

/** Sends `count` records whose value is their offset and whose timestamp is ten times that. */
async function sendNumbers(log: Log, count: number): Promise<void> {
  const from = log.logEndOffset
  await log.send(
    Array.from({length: count}, (_, i) => ({value: String(from + i), timestamp: (from + i) * 10})),
    {durability: 'written'},
  )
}

/** What one poll gives, as numbers; every value must be its record's offset. */
function poll(reader: Reader, max?: number): number[] {
  const offsets: number[] = []
  const count = reader.poll(record => {
    assert.is(record.text(), String(record.offset))
    offsets.push(record.offset)
  }, max)
  assert.is(count, offsets.length)
  return offsets
}

const range = (from: number, to: number): number[] => Array.from({length: to - from}, (_, i) => from + i)

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

test('poll gives at most what it is asked for, and goes on where it stopped', async () => {
  await onNewLog({}, async log => {
    await sendNumbers(log, 50)
    await sendNumbers(log, 50)
    const reader = log.reader()
    assert.equal(poll(reader, 0), [])
    assert.equal(poll(reader, 1), [0])
    assert.equal(poll(reader, 60), range(1, 61))
    assert.is(reader.position, 61)
    assert.equal(poll(reader), range(61, 100))
    assert.equal(poll(reader), [])
    await sendNumbers(log, 2)
    assert.equal(poll(reader, Number.POSITIVE_INFINITY), [100, 101])
  })
})

test('a record of poll is one object, gone when its handler returns', async () => {
  await onNewLog({}, async log => {
    await log.send({key: 'k', value: '"v"', headers: {h: '1'}, timestamp: 7})
    await sendNumbers(log, 2)
    const kept = new Set<RecordView>()
    const reader = log.reader()
    let bytes: Buffer | null = null
    reader.poll(record => {
      kept.add(record)
      assert.equal([record.offset, record.timestamp, record.keyLength, record.valueLength], [0, 7, 1, 3])
      assert.equal([record.text(), record.json(), record.valueByte(1)], ['"v"', 'v', 0x76])
      const target = new Uint8Array(5)
      assert.is(record.copyValue(target, 1), 3)
      assert.equal([...target], [0, 0x22, 0x76, 0x22, 0])
      bytes = record.value
    }, 1)
    assert.is(String(bytes), '"v"')
    reader.poll(record => kept.add(record))
    assert.is(String(bytes), '"v"', 'what a record hands out is a copy')
    assert.is(kept.size, 1)
    const [record] = kept
    for (const use of [
      () => record!.offset,
      () => record!.timestamp,
      () => record!.key,
      () => record!.keyLength,
      () => record!.value,
      () => record!.valueLength,
      () => record!.headers,
      () => record!.valueByte(0),
      () => record!.copyValue(new Uint8Array(9)),
      () => record!.text(),
      () => record!.json(),
    ])
      await refused('RECORD_EXPIRED', use, 'copy what you need')
  })
})

test('a handler that throws gets its record again', async () => {
  await onNewLog({}, async log => {
    await sendNumbers(log, 20)
    const reader = log.reader()
    for (const at of [0, 7, 19]) {
      assert.throws(
        () =>
          reader.poll(record => {
            if (record.offset === at) throw new Error('not now')
          }),
        'not now',
      )
      assert.is(reader.position, at)
    }
    assert.equal(poll(reader), [19])
  })
})

test('a handler may seek, close its reader, and poll again', async () => {
  await onNewLog({}, async log => {
    await sendNumbers(log, 20)
    const reader = log.reader()
    const given: number[] = []
    reader.poll(record => {
      given.push(record.offset)
      if (given.length === 3) reader.seek(15)
    })
    assert.equal(given, [0, 1, 2, 15, 16, 17, 18, 19])
    reader.seek(0)
    const outer: number[] = []
    const inner: number[] = []
    reader.poll(record => {
      outer.push(record.offset)
      if (record.offset === 4) inner.push(...poll(reader, 3))
    })
    assert.equal(inner, [5, 6, 7])
    assert.equal(outer, [...range(0, 5), ...range(8, 20)])
    reader.seek({last: 10})
    assert.is(
      reader.poll(() => reader.close()),
      1,
    )
    await refused('READER_CLOSED', () => reader.poll(() => {}))
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

test('iterators give records to keep, one by one or as arrays', async () => {
  await onNewLog({}, async log => {
    await sendNumbers(log, 1000)
    const kept = []
    for await (const record of log.reader()) kept.push(record)
    const arrays = []
    for await (const records of log.reader({from: 500}).batches()) arrays.push(records)
    await sendNumbers(log, 1000)
    assert.equal(
      kept.map(record => Number(record.text())),
      range(0, 1000),
    )
    assert.equal(
      arrays.flat().map(record => Number(record.text())),
      range(500, 1000),
    )
  })
})

test('whoever breaks off an iteration goes on behind the last record given', async () => {
  await onNewLog({}, async log => {
    await sendNumbers(log, 100)
    const reader = log.reader()
    for await (const record of reader) if (record.offset === 9) break
    assert.is(reader.position, 10)
    assert.equal(poll(reader, 5), range(10, 15))
    const given: number[] = []
    for await (const record of reader) {
      given.push(record.offset)
      if (record.offset === 19) reader.seek(90)
      if (record.offset === 95) reader.close()
    }
    assert.equal(given, [...range(15, 20), ...range(90, 96)])
  })
})

test('records held keep little more than their own bytes', async () => {
  await onNewLog({}, async log => {
    const reader = log.reader({follow: true})
    const batches = reader.batches()
    const kept = []
    const before = arrayBuffers()
    for (let i = 0; i < 400; i++) {
      await log.send(payload('m', i), {durability: 'written'})
      kept.push(...((await batches.next()).value ?? []))
    }
    const grown = arrayBuffers() - before
    assert.is(kept.length, 400)
    assert.ok(grown < 16e6, `400 records of 48 bytes keep ${grown} bytes`)
    reader.close()
  })
})

test('an iterator reads only when asked, and a slow one loses nothing', async () => {
  await onNewLog({}, async log => {
    const batches = log.reader({follow: true}).batches()
    await sendNumbers(log, 10)
    assert.is((await batches.next()).value!.length, 10)
    for (let i = 0; i < 20; i++) await sendNumbers(log, 10)
    await setTimeout(20)
    const {value} = await batches.next()
    assert.equal(
      value!.map(record => Number(record.text())),
      range(10, 210),
    )
    await batches.return()
  })
})

test('follow waits at the end for more, until its signal aborts', async () => {
  await onNewLog({}, async log => {
    const stop = new AbortController()
    const given: string[] = []
    const following = (async () => {
      for await (const record of log.reader({follow: true, signal: stop.signal})) given.push(record.text())
    })().catch((error: Error) => error.message)
    for (let i = 0; i < 30; i++) {
      await sendNumbers(log, 1)
      if (i % 10 === 0) await setTimeout(5)
    }
    while (given.length < 30) await setTimeout(1)
    stop.abort(new Error('enough'))
    assert.is(await following, 'enough')
    assert.equal(given.map(Number), range(0, 30))
    await refused('INVALID_ARGUMENT', () => log.reader({signal: {} as AbortSignal}))
    assert.is(
      await log
        .reader({signal: stop.signal})
        .wait()
        .catch((error: Error) => error.message),
      'enough',
    )
  })
})

test('a signal that aborts ends the iterators without follow, too, at the next read', async () => {
  await onNewLog({}, async log => {
    await sendNumbers(log, 5)
    const stopped = AbortSignal.abort(new Error('enough'))
    const messages = (error: Error): string => error.message
    const read = async (records: AsyncIterable<unknown>): Promise<void> => {
      for await (const _ of records) assert.unreachable('nothing is given')
    }
    assert.is(await read(log.reader({signal: stopped})).catch(messages), 'enough')
    assert.is(await read(log.reader({signal: stopped}).batches()).catch(messages), 'enough')
    const stop = new AbortController()
    const reader = log.reader({signal: stop.signal})
    const batches = reader.batches()
    assert.is((await batches.next()).value?.length, 5)
    await sendNumbers(log, 5)
    stop.abort(new Error('enough'))
    assert.is(await batches.next().catch(messages), 'enough')
    assert.is(reader.position, 5)
  })
})

test('wait: true when there is more, false when the reader or the log is closed, and the signals of both', async () => {
  await onNewLog({}, async log => {
    const reader = log.reader()
    const waits = [reader.wait(), reader.wait()]
    await sendNumbers(log, 1)
    assert.equal(await Promise.all(waits), [true, true])
    assert.is(await reader.wait(), true, 'nothing was read yet')
    assert.equal(poll(reader), [0])
    const sought = reader.wait()
    reader.seek(0)
    assert.is(await sought, true)
    assert.equal(poll(reader), [0])

    const own = new AbortController()
    const calls = new AbortController()
    const both = log.reader({from: 'latest', signal: own.signal})
    const messages = (error: Error): string => error.message
    const first = both.wait({signal: calls.signal}).catch(messages)
    calls.abort(new Error('of the call'))
    assert.is(await first, 'of the call')
    const second = both.wait({signal: new AbortController().signal}).catch(messages)
    own.abort(new Error('of the reader'))
    assert.is(await second, 'of the reader')

    const last = reader.wait()
    reader[Symbol.dispose]()
    reader.close()
    assert.is(await last, false)
    assert.is(await reader.wait(), false)
    const ofLog = log.reader({from: 'latest'}).wait()
    setTimeout(5).then(() => log.close())
    assert.is(await ofLog, false)
  })
})

test('closing the log ends its iterators and refuses its readers', async () => {
  const log = await openLog(tempDir())
  await sendNumbers(log, 5)
  const readers = [log.reader({follow: true}), log.reader({follow: true})]
  const counts = readers.map(async reader => {
    let count = 0
    for await (const _ of reader) count++
    return count
  })
  const idle = log.reader()
  await setTimeout(20)
  await log.close()
  assert.equal(await Promise.all(counts), [5, 5])
  for (const reader of [...readers, idle]) {
    await refused('READER_CLOSED', () => reader.poll(() => {}))
    await refused('READER_CLOSED', () => reader.seek(0))
    assert.equal(await reader.batches().next(), {done: true, value: undefined})
    assert.is(await reader.wait(), false)
  }
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
    for (let i = 0; i < 60; i++) await log.send(payload('r', i, 1000), {durability: 'written'})
    while (log.metrics().sizeBytes > 26_000) await setTimeout(5)
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

test('the files of readers are closed: by close, at the end of an iteration, and at the end of the log', async () => {
  const dir = tempDir()
  const first = await openLog(dir, {segmentBytes: 4096})
  for (let i = 0; i < 50; i++) await first.send(payload('f', i, 1000), {durability: 'written'})
  await first.close()
  const log = await openLog(dir, {segmentBytes: 4096})
  const idle = openFiles(dir)
  const reader = log.reader()
  reader.poll(() => {}, 1)
  assert.is(openFiles(dir), idle + 1)
  reader.close()
  assert.is(openFiles(dir), idle)
  for await (const _ of log.reader()) break
  for await (const _ of log.reader()) void _
  for await (const _ of log.reader().batches()) break
  assert.is(openFiles(dir), idle)
  log.reader().poll(() => {}, 1)
  log.reader({from: 10}).poll(() => {}, 1)
  assert.is(openFiles(dir), idle + 2)
  await log.close()
  assert.is(openFiles(dir), 0)
})

test('readers that are dropped without a close are let go of, and their files closed', async () => {
  const dir = tempDir()
  const first = await openLog(dir)
  await first.send(Array.from({length: 10}, (_, i) => payload('d', i, 1000)))
  await first.close()
  const log = await openLog(dir)
  const before = arrayBuffers()
  const idle = openFiles(dir)
  for (let i = 0; i < 300; i++) {
    log.reader().poll(() => {}, 1)
    if (i % 50 === 0) await setTimeout(1)
  }
  for (let i = 0; i < 100 && openFiles(dir) > idle; i++) {
    collectGarbage()
    await setTimeout(5)
  }
  assert.is(openFiles(dir), idle)
  assert.ok(arrayBuffers() - before < 16e6)
  await log.close()
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

function openFiles(dir: string): number {
  const links = fs.readdirSync('/proc/self/fd').map(fd => {
    try {
      return fs.readlinkSync(`/proc/self/fd/${fd}`)
    } catch {
      return ''
    }
  })
  return links.filter(link => link.startsWith(`${dir}/`)).length
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  ;(runInNewContext('gc') as () => void)()
}

function arrayBuffers(): number {
  collectGarbage()
  return process.memoryUsage().arrayBuffers
}

test.run()
