/** Reading by poll: what a handler gets, for how long, and what it may do. */
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import type {RecordView} from '../../index.ts'
import {poll, range, sendNumbers} from './numbers.ts'
import {onNewLog} from './on-new-log.ts'
import {refused} from './refused.ts'

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

test('an async handler is refused: its record would be gone before it is done', async () => {
  await onNewLog({}, async log => {
    await sendNumbers(log, 3)
    const reader = log.reader()
    await refused('INVALID_ARGUMENT', () => reader.poll(async () => {}), 'use batches()')
    const later = async (): Promise<void> => Promise.reject(new Error('a failure of the handler'))
    await refused('INVALID_ARGUMENT', () => reader.poll(later), 'use batches()')
    assert.is(reader.position, 0)
    assert.equal(poll(reader), [0, 1, 2])
  })
})

test('a handler may return what it likes otherwise', async () => {
  await onNewLog({}, async log => {
    const values = [null, 5, 'text', {}]
    await log.send(values.map(String))
    let i = 0
    const give = (): undefined => values[i++] as undefined
    assert.is(log.reader().poll(give), values.length)
  })
})

test.run()
