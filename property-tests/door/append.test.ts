/** Writing through the door: append, drained, send, flush, in all shapes and mixed. */
import {setTimeout} from 'node:timers/promises'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {type Log, openLog, type RecordInput} from '../../index.ts'
import {onNewLog} from './on-new-log.ts'
import {payload, readPayload} from './payload.ts'
import {refused} from './refused.ts'
import {tempDir} from './temp-dir.ts'

const MIB = 1024 * 1024
const slowly = {durability: 'written', workerEntry: new URL('./slow-replica.js', import.meta.url)} as const

function texts(log: Log): string[] {
  const all: string[] = []
  const reader = log.reader()
  reader.poll(record => all.push(record.text()))
  reader.close()
  return all
}

const SHAPES: readonly (readonly [RecordInput, {key: string | null; value: string | null; headers: object}])[] = [
  ['text', {key: null, value: 'text', headers: {}}],
  ['', {key: null, value: '', headers: {}}],
  ['höher – 😀 \ud800', {key: null, value: 'höher – 😀 \ufffd', headers: {}}],
  [Buffer.from('bytes'), {key: null, value: 'bytes', headers: {}}],
  [new Uint8Array([0x68, 0x69]), {key: null, value: 'hi', headers: {}}],
  [new Uint8Array(Buffer.from('xhix').buffer.slice(0, 0)), {key: null, value: '', headers: {}}],
  [Buffer.from('a view').subarray(2), {key: null, value: 'view', headers: {}}],
  [{value: null}, {key: null, value: null, headers: {}}],
  [
    {key: 'k', value: null},
    {key: 'k', value: null, headers: {}},
  ],
  [
    {key: '', value: ''},
    {key: '', value: '', headers: {}},
  ],
  [
    {key: null, value: 'v'},
    {key: null, value: 'v', headers: {}},
  ],
  [
    {key: undefined, value: 'v', headers: undefined, timestamp: undefined},
    {key: null, value: 'v', headers: {}},
  ],
  [
    {key: Buffer.from('k'), value: Buffer.from('v')},
    {key: 'k', value: 'v', headers: {}},
  ],
  [
    {value: 'v', headers: {}},
    {key: null, value: 'v', headers: {}},
  ],
  [
    {value: 'v', headers: {a: 'text', b: Buffer.from('bytes'), none: null, '': 'empty name', many: ['1', null, '2']}},
    {
      key: null,
      value: 'v',
      headers: {a: 'text', b: 'bytes', none: null, '': 'empty name', many: ['1', null, '2']},
    },
  ],
  [
    {value: 'v', headers: {['__proto__']: 'own'}},
    {key: null, value: 'v', headers: {['__proto__']: 'own'}},
  ],
]

test('records in every shape come back as they went in, by append and by send', async () => {
  await onNewLog({}, async log => {
    for (const [input] of SHAPES) log.append(input)
    await log.flush()
    await log.send(SHAPES.map(([input]) => input))
    const found: unknown[] = []
    for await (const record of log.reader()) {
      const {key, value, headers} = JSON.parse(JSON.stringify(record))
      found.push({key, value, headers})
    }
    const expected = JSON.parse(JSON.stringify(SHAPES.map(([, output]) => output)))
    assert.equal(found, [...expected, ...expected])
  })
})

test('a record that was read can be appended as it is', async () => {
  await onNewLog({}, async log => {
    await log.send({key: 'k', value: 'v', headers: {a: ['1', '2']}, timestamp: 1234})
    for await (const record of log.reader()) log.append(record)
    await log.flush()
    log.reader({from: 0}).poll(record => log.append(record), 1)
    await log.flush()
    const all = []
    for await (const record of log.reader()) all.push({...record.toJSON(), offset: 0})
    assert.is(all.length, 3)
    assert.equal(all[1], all[0])
    assert.equal(all[2], all[0])
  })
})

test('timestamps: the given one is kept, else it is now', async () => {
  await onNewLog({}, async log => {
    const before = Date.now()
    const given = [0, 1, 1_700_000_000_000, Number.MAX_SAFE_INTEGER, 5]
    for (const timestamp of given) log.append({value: 'x', timestamp})
    log.append('now')
    const {timestamp} = await log.send('sent')
    const found: number[] = []
    log.reader().poll(record => found.push(record.timestamp))
    assert.equal(found.slice(0, 5), given)
    for (const now of [...found.slice(5), timestamp]) assert.ok(now >= before && now <= Date.now(), String(now))
  })
})

test('LogAppendTime: the log stamps every record, whatever its sender says', async () => {
  await onNewLog({messageTimestampType: 'LogAppendTime'}, async log => {
    const before = Date.now()
    await log.send([{value: 'a', timestamp: 5}, 'b'])
    log.reader().poll(record => assert.ok(record.timestamp >= before && record.timestamp <= Date.now()))
    assert.is(log.offsetForTimestamp(before), 0)
    assert.is(log.offsetForTimestamp(Date.now() + 10_000), undefined)
  })
})

test('append is on its way at the end of the turn, with nothing more to call', async () => {
  await onNewLog({}, async log => {
    log.append('one')
    log.append('two')
    assert.is(log.logEndOffset, 0)
    while (log.metrics().batches === 0) await setTimeout(1)
    assert.equal([log.metrics().batches, log.logEndOffset], [1, 2])
  })
})

test('a failed send leaves the turn of later appends alone', async () => {
  await onNewLog({}, async log => {
    await refused('MESSAGE_TOO_LARGE', () => log.send(['fits', 'x'.repeat(2 * MIB)]))
    await refused('INVALID_RECORD', () => log.send(['fits', 5 as never]))
    log.append('later')
    while (log.logEndOffset < 1) await setTimeout(1)
    assert.equal(texts(log), ['later'])
  })
})

test('append and send keep the order of the calls, across batches and around large records', async () => {
  await onNewLog({}, async log => {
    const sends: Promise<{baseOffset: number; lastOffset: number}>[] = []
    const expected: number[] = []
    let sequence = 0
    for (let i = 0; i < 600; i++) {
      const length = i % 97 === 0 ? 200_000 : i % 13 === 0 ? 9000 : 100
      if (i % 3 === 0) {
        const records = Array.from({length: 1 + (i % 4)}, () => payload('a', sequence++, length))
        expected.push(sequence - records.length)
        sends.push(log.send(records, {durability: 'written'}))
      } else log.append(payload('a', sequence++, length))
      if (i % 50 === 0) await setTimeout(0)
    }
    const results = await Promise.all(sends)
    await log.flush()
    assert.equal(
      results.map(result => result.baseOffset),
      expected,
    )
    let next = 0
    for await (const record of log.reader()) {
      assert.is(readPayload(record.text()).sequence, next)
      assert.is(record.offset, next++)
    }
    assert.is(next, sequence)
    for (const {baseOffset, lastOffset} of results) assert.ok(lastOffset - baseOffset < 4)
  })
})

test('sends of one turn share a batch, and each learns its own offsets', async () => {
  await onNewLog({}, async log => {
    log.append('first')
    const results = await Promise.all([log.send('a'), log.send(['b', 'c']), log.send('d')])
    assert.equal(
      results.map(({baseOffset, lastOffset}) => [baseOffset, lastOffset]),
      [
        [1, 1],
        [2, 3],
        [4, 4],
      ],
    )
    assert.is(log.metrics().batches, 1)
  })
})

test('a send of many records spans batches and tells the first and the last offset', async () => {
  await onNewLog({}, async log => {
    const {baseOffset, lastOffset} = await log.send(Array.from({length: 5000}, (_, i) => payload('s', i, 100)))
    assert.equal([baseOffset, lastOffset], [0, 4999])
    assert.ok(log.metrics().batches > 5)
  })
})

test('send and flush wait for what they were asked: synced by call on a written log, written by call on a synced one', async () => {
  await onNewLog({durability: 'written'}, async log => {
    assert.is((await log.send('a')).durability, 'written')
    assert.is(log.syncedOffset, 0)
    const {durability, lastOffset} = await log.send('b', {durability: 'synced'})
    assert.is(durability, 'synced')
    assert.ok(log.syncedOffset > lastOffset)
    log.append('c')
    await log.flush()
    assert.is(log.logEndOffset, 3)
    await log.flush({durability: 'synced'})
    assert.is(log.syncedOffset, 3)
    const {syncs} = log.metrics()
    for (let i = 0; i < 5; i++) await log.flush()
    assert.is(log.metrics().syncs, syncs, 'a flush to written asks for no sync')
  })
  await onNewLog({}, async log => {
    assert.is((await log.send('a', {durability: 'written'})).durability, 'written')
    const {durability, lastOffset} = await log.send('b')
    assert.is(durability, 'synced')
    assert.ok(log.syncedOffset > lastOffset)
    log.append('c')
    await log.flush()
    assert.is(log.syncedOffset, 3)
  })
})

test('flushMessages and flushMs sync a written log by themselves', async () => {
  await onNewLog({durability: 'written', flushMessages: 3}, async log => {
    await log.send(['a', 'b'])
    await setTimeout(30)
    assert.is(log.syncedOffset, 0)
    await log.send('c')
    while (log.syncedOffset < 3) await setTimeout(1)
  })
  await onNewLog({durability: 'written', flushMs: 200}, async log => {
    await log.send('a')
    assert.is(log.syncedOffset, 0)
    while (log.syncedOffset < 1) await setTimeout(1)
  })
})

test('flushSync stores everything appended before it returns', async () => {
  for (const durability of ['written', 'synced'] as const) {
    await onNewLog({durability}, async log => {
      for (let i = 0; i < 20_000; i++) log.append(payload('f', i))
      log.flushSync({timeoutMs: 10_000})
      assert.is(log.logEndOffset, 20_000)
      if (durability === 'synced') assert.is(log.syncedOffset, 20_000)
      log.flushSync()
    })
  }
})

test('flushSync gives up in time', async () => {
  const log = await openLog(tempDir(), {workerEntry: new URL('./crashing-replica.js', import.meta.url)})
  log.append('#exit')
  await refused('FLUSH_TIMED_OUT', () => log.flushSync({timeoutMs: 50}), '50 ms')
  await log.close().catch(() => {})
})

test('back-pressure: append says false when it gets ahead, drained says when there is room', async () => {
  await onNewLog(slowly, async log => {
    let refusals = 0
    for (let i = 0; i < 1000; i++) {
      if (log.append(payload('p', i, 10_000))) continue
      refusals++
      await log.drained()
    }
    await log.flush()
    assert.ok(refusals > 0, 'the writer was never ahead')
    assert.is(log.logEndOffset, 1000)
  })
})

test('drained resolves at once where there is room, and obeys its signal', async () => {
  await onNewLog(slowly, async log => {
    await log.drained()
    const stop = new AbortController()
    while (log.append('x'.repeat(50_000)));
    const waiting = log.drained({signal: stop.signal})
    stop.abort(new Error('enough'))
    assert.is(await waiting.catch((error: Error) => error.message), 'enough')
    assert.is(await log.drained({signal: stop.signal}).catch((error: Error) => error.message), 'enough')
    await log.drained()
    log.append('there is room')
  })
})

test('false may be passed over up to bufferMemory; then append throws, and nothing of what it took is lost', async () => {
  const pushUntilFull = (bufferMemory: number): Promise<void> =>
    onNewLog({...slowly, bufferMemory}, async log => {
      let accepted = 0
      let saidFalse = false
      let thrown = 0
      for (let i = 0; i < 40_000; i++) {
        try {
          if (!log.append(payload('b', accepted, i % 100 === 0 ? 150_000 : 5000))) saidFalse = true
          accepted++
        } catch (error) {
          await refused(
            'BUFFER_EXHAUSTED',
            () => {
              throw error
            },
            'await drained()',
          )
          assert.ok(saidFalse || bufferMemory === 0, 'append says false before it throws')
          if (++thrown > 20) break
          if (thrown % 4 === 0) await log.drained()
        }
      }
      assert.ok(thrown > 0, `nothing was refused with a bufferMemory of ${bufferMemory}`)
      await log.flush()
      let next = 0
      for await (const record of log.reader()) assert.is(readPayload(record.text()).sequence, next++)
      assert.is(next, accepted)
    })
  await Promise.all([0, 100_000, 2 * MIB].map(pushUntilFull))
})

test('the end of a turn does not throw when the buffers are exhausted, and sends caught in it settle', async () => {
  await onNewLog({...slowly, bufferMemory: 0}, async log => {
    const sends: Promise<unknown>[] = []
    for (let i = 0; i < 4000; i++)
      sends.push(
        log.send(payload('s', i, 5000)).then(
          () => 'stored',
          error => error.code,
        ),
      )
    const outcomes = await Promise.all(sends)
    const stored = outcomes.filter(outcome => outcome === 'stored').length
    assert.equal(new Set(outcomes), new Set(['stored', 'BUFFER_EXHAUSTED']))
    assert.is(log.logEndOffset, stored)
  })
})

test('large records: up to maxMessageBytes, by default and at 8 MiB; beyond it is refused and leaves no trace', async () => {
  for (const maxMessageBytes of [1_048_588, 8 * MIB]) {
    await onNewLog({maxMessageBytes, durability: 'written'}, async log => {
      // beside its value a batch of one record takes 61 bytes of header, 5 of fields, and two lengths
      const most = maxMessageBytes - 66 - 2 * (maxMessageBytes < 2 * MIB ? 3 : 4)
      const sizes = [most, most - 1, 65_536, 65_535, most]
      for (const size of sizes) log.append(Buffer.alloc(size, size % 251))
      await log.send(sizes.map(size => Buffer.alloc(size, 7)))
      for (const size of [most + 1, maxMessageBytes * 2]) {
        await refused('MESSAGE_TOO_LARGE', () => log.append(Buffer.alloc(size)), `allow ${maxMessageBytes}`)
        await refused('MESSAGE_TOO_LARGE', () => log.send(['before it', Buffer.alloc(size)]))
        await refused('MESSAGE_TOO_LARGE', () => log.send({key: Buffer.alloc(size), value: null}))
      }
      await refused('MESSAGE_TOO_LARGE', () => log.send({value: '', headers: {h: Buffer.alloc(most)}}))
      await log.flush()
      const found: number[] = []
      for await (const {offset, value} of log.reader()) {
        const {length} = value!
        found.push(length)
        assert.ok(value!.equals(Buffer.alloc(length, offset < sizes.length ? length % 251 : 7)))
      }
      assert.equal(found, [...sizes, ...sizes])
    })
  }
})

test('a record larger than a segment is refused', async () => {
  await onNewLog({segmentBytes: 4096}, async log => {
    await refused('MESSAGE_TOO_LARGE', () => log.append('x'.repeat(5000)), 'segmentBytes')
    await log.send('x'.repeat(3000))
    await log.send('x'.repeat(3000))
    assert.is(log.metrics().segments, 2)
  })
})

test('metrics tell what happened', async () => {
  await onNewLog({}, async log => {
    await log.send(['a', 'b'])
    await log.send('c')
    const {batches, appendedBytes, syncs, segments, sizeBytes, compaction, attachedThreads, idleMs, ...ends} =
      log.metrics()
    const offsets = {logStartOffset: 0, highWatermark: 3, logEndOffset: 3, syncedOffset: 3}
    assert.equal(ends, {...offsets, compactionError: undefined})
    assert.equal({batches, segments, attachedThreads}, {batches: 2, segments: 1, attachedThreads: 1})
    assert.ok(syncs >= 2)
    assert.is(appendedBytes, sizeBytes)
    assert.equal(compaction, {cleanedBytes: 0, lastRunMs: -1, dirtyRatio: 0})
    assert.ok(sizeBytes > 2 * 61 && sizeBytes < 300)
    assert.ok(idleMs >= 0 && idleMs < 2000)
  })
})

test.run()
