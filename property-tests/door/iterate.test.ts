/** Reading by iterators: what they keep, how they wait and how they end. */
import {setTimeout} from 'node:timers/promises'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {openLog} from '../../index.ts'
import {poll, range, sendNumbers} from './numbers.ts'
import {onNewLog} from './on-new-log.ts'
import {payload} from './payload.ts'
import {refused} from './refused.ts'
import {arrayBuffers} from './resources.ts'
import {tempDir} from './temp-dir.ts'

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

test('records held stay as they are, however few came with a read and whatever the reader reads next', async () => {
  await onNewLog({}, async log => {
    for (const count of [1, 7, 3000]) {
      const reader = log.reader({from: 'latest', follow: true})
      const held = []
      for (let round = 0; round < 5; round++) {
        const first = log.logEndOffset
        await sendNumbers(log, count)
        while (reader.position < first + count) held.push(...((await reader.batches().next()).value ?? []))
      }
      assert.is(held.length, 5 * count)
      for (const record of held) assert.is(record.text(), String(record.offset))
      reader.close()
    }
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

test.run()
