/** Kafka's own DumpLogSegments reads the files of our logs, however they came about, and finds the records we find. */
import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {readdirSync} from 'node:fs'
import {join} from 'node:path'
import {setTimeout} from 'node:timers/promises'
import {fileURLToPath} from 'node:url'
import {Worker} from 'node:worker_threads'
import fc from 'fast-check'
import {suite} from 'uvu'
import * as assert from 'uvu/assert'
import {type LogOptions, type OpenLog, openLog} from '../../index.ts'
import {tempDir} from '../door/temp-dir.ts'
import {anyRecords} from '../records.ts'
import {skip} from '../runner/skip.ts'
import {runs} from '../runs.ts'
import {dumpLogSegments} from './dump-log-segments.ts'
import {kafkaJars} from './kafka-jars.ts'
import {toInput} from './record-input.ts'

/** Small segments, so that every log has several; nothing goes unless the test says so. */
const SMALL: LogOptions = {segmentBytes: 1024, retentionMs: -1, durability: 'written'}
const WAIT_MS_MAX = 10_000

const test = suite('our logs')
const jars = await kafkaJars()

/** A record in four numbers: offset, timestamp, bytes of key and of value. */
type Numbers = string

async function ourRecords(log: OpenLog): Promise<Numbers[]> {
  const found: Numbers[] = []
  for await (const records of log.reader().batches()) {
    for (const {offset, timestamp, key, value} of records) {
      found.push(`${offset} ${timestamp} ${key?.length ?? -1} ${value?.length ?? -1}`)
    }
  }
  return found
}

const RECORD = /^\| offset: (\d+) (?:CreateTime|LogAppendTime): (-?\d+) keySize: (-?\d+) valueSize: (-?\d+) /gm

async function kafkasRecords(dir: string, isFine: (complaint: string) => boolean = () => false): Promise<Numbers[]> {
  const partition = join(dir, 'log-0')
  const files = readdirSync(partition).filter(name => /^\d{20}\.(log|index|timeindex|snapshot)$/.test(name))
  const {complaints, unread, output} = await dumpLogSegments(
    files.sort().map(name => join(partition, name)),
    {deep: true},
  )
  assert.is(
    complaints
      .filter(complaint => !isFine(complaint))
      .slice(0, 20)
      .join('\n'),
    '',
  )
  assert.equal(unread, [])
  return [...output.matchAll(RECORD)].map(([, ...numbers]) => numbers.join(' '))
}

/** Closes a log whose records are all there, and has Kafka find the same ones. Returns how many there are. */
async function checkClosed(log: OpenLog, dir: string): Promise<number> {
  const ours = await ourRecords(log)
  const report = await log.verify()
  assert.ok(report.ok, JSON.stringify(report.segments.filter(segment => !segment.ok)))
  const {logStartOffset, logEndOffset} = log
  assert.is(ours.length, logEndOffset - logStartOffset)
  await log.close()
  const theirs = await kafkasRecords(dir)
  // the oldest segment may begin before the log does
  const deleted = theirs.length - ours.length
  assert.ok(deleted >= 0 && theirs.slice(0, deleted).every(numbers => Number.parseInt(numbers, 10) < logStartOffset))
  assert.is(theirs.slice(deleted).join('\n'), ours.join('\n'))
  return ours.length
}

async function onLog(options: LogOptions, write: (log: OpenLog) => Promise<void>): Promise<void> {
  const dir = tempDir()
  const log = await openLog(dir, {...SMALL, ...options})
  await write(log)
  assert.ok((await checkClosed(log, dir)) > 0)
}

/** Sends records in batches of a few. */
async function sendSome(log: OpenLog, records: number, timestamp?: (i: number) => number): Promise<void> {
  const end = log.logEndOffset + records
  for (let i = log.logEndOffset; i < end; ) {
    const batch = Array.from({length: Math.min(end - i, 1 + (i % 5))}, (_, j) => {
      const value = `${i + j} ${'.'.repeat((i * 37) % 150)}`
      return timestamp === undefined ? {value} : {value, timestamp: timestamp(i + j)}
    })
    await log.send(batch)
    i += batch.length
  }
}

async function until(what: string, holds: () => boolean): Promise<void> {
  const deadline = performance.now() + WAIT_MS_MAX
  while (!holds()) {
    assert.ok(performance.now() < deadline, `waited ${WAIT_MS_MAX} ms: ${what}`)
    await setTimeout(10)
  }
}

if ('missing' in jars) {
  skip(test, 'Kafka reads our logs', jars.missing)
} else {
  for (const indexIntervalBytes of [0, 1, 100, 4096]) {
    for (const messageTimestampType of ['CreateTime', 'LogAppendTime'] as const) {
      test(`index entries every ${indexIntervalBytes} bytes, ${messageTimestampType}`, async () => {
        await onLog({indexIntervalBytes, messageTimestampType, segmentBytes: 8192}, log => sendSome(log, 600))
      })
    }
  }

  for (const messageTimestampType of ['CreateTime', 'LogAppendTime'] as const)
    test(`a log that was compacted, deletions and their time included, ${messageTimestampType}`, async () => {
      const dir = tempDir()
      const log = await openLog(dir, {
        ...SMALL,
        messageTimestampType,
        segmentBytes: 4096,
        indexIntervalBytes: 100,
        cleanupPolicy: 'compact',
        minCleanableDirtyRatio: 0,
        cleanerBackoffMs: 20,
      })
      for (let round = 0; round < 60; round++)
        await log.send(
          Array.from({length: 10}, (_, i) => ({
            key: `key ${(i * 7 + round) % 40}`,
            value: (i + round) % 9 === 0 ? null : `${round} ${'.'.repeat((i * 37) % 150)}`,
            timestamp: 1_700_000_000_000 + round * 1000 - i * 300,
          })),
        )
      const size = () => {
        const {sizeBytes} = log.metrics()
        return sizeBytes
      }
      await until('it is compacted', () => size() < 20_000)
      await log.close()
      const again = await openLog(dir, {...SMALL, cleanupPolicy: 'compact'})
      const ours = await ourRecords(again)
      assert.ok((await again.verify()).ok)
      await again.close()
      // what Kafka's own compaction leaves is told in the same way
      const theirs = await kafkasRecords(dir, complaint => / is followed by /.test(complaint))
      assert.is(theirs.join('\n'), ours.join('\n'))
      assert.ok(ours.length > 0 && ours.length < 300 && ours.some(numbers => numbers.endsWith(' -1')))
    })

  test('property: records of every shape', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyRecords, {minLength: 1, maxLength: 12, size: 'max'}),
        fc.constantFrom('CreateTime', 'LogAppendTime'),
        fc.constantFrom(0, 1, 512, 4096),
        fc.constantFrom(64_000, 300_000),
        async (batches, messageTimestampType, indexIntervalBytes, segmentBytes) => {
          await onLog({messageTimestampType, indexIntervalBytes, segmentBytes}, async log => {
            for (const records of batches) await log.send(records.map(toInput))
          })
        },
      ),
      {...runs(8), endOnFailure: true},
    )
  })

  test('records larger than a window of memory, between small ones', async () => {
    const MIB = 1024 * 1024
    await onLog({segmentBytes: 16 * MIB, maxMessageBytes: 8 * MIB}, async log => {
      for (const bytes of [10, MIB, 3, 5 * MIB, 64 * 1024, 7 * MIB, 0, 64 * 1024 - 1, 2 * MIB]) {
        await log.send([
          {key: 'small', value: 'before'},
          {key: Buffer.alloc(70), value: Buffer.alloc(bytes, 7)},
        ])
      }
    })
  })

  for (const [what, timestamp] of [
    ['fall', i => 1_700_000_000_000 - i * 1000],
    ['stay the same', () => 1_700_000_000_000],
    ['are 0', () => 0],
    ['rise and fall', i => 1_700_000_000_000 + Math.round(50_000 * Math.sin(i / 9))],
    ['are as far apart as can be', i => (i % 2 === 0 ? 0 : Number.MAX_SAFE_INTEGER)],
  ] as readonly (readonly [string, (i: number) => number])[]) {
    test(`timestamps that ${what}`, () => onLog({indexIntervalBytes: 64}, log => sendSome(log, 100, timestamp)))
  }

  test('a segment that ends by its age, and one whose index is full', async () => {
    const minutes = (i: number) => 1_700_000_000_000 + i * 60_000
    await onLog({segmentMs: 5 * 60_000, segmentBytes: 1 << 20}, log => sendSome(log, 100, minutes))
    await onLog({segmentIndexBytes: 64, indexIntervalBytes: 0, segmentBytes: 1 << 20}, log => sendSome(log, 100))
  })

  test('several threads append', async () => {
    const NAMES = ['one', 'two', 'three']
    const RECORDS = 500
    const dir = tempDir()
    const log = await openLog(dir, {...SMALL, segmentBytes: 16_384, indexIntervalBytes: 256})
    const threads = NAMES.map(
      name =>
        new Worker(new URL('./writer-thread.js', import.meta.url), {
          workerData: {handle: log.handle, name, records: RECORDS},
        }),
    )
    const ends = threads.map(thread => once(thread, 'exit'))
    await sendSome(log, RECORDS)
    assert.equal(
      (await Promise.all(ends)).map(([code]) => code),
      NAMES.map(() => 0),
    )
    assert.is(await checkClosed(log, dir), (NAMES.length + 1) * RECORDS)
  })

  test('opened and closed again and again', async () => {
    const dir = tempDir()
    for (const indexIntervalBytes of [4096, 0, 100, 4096, 1]) {
      const log = await openLog(dir, {...SMALL, indexIntervalBytes})
      assert.ok(log.recovered.clean)
      await sendSome(log, 23)
      await log.close()
    }
    const log = await openLog(dir, SMALL)
    assert.is(await checkClosed(log, dir), 5 * 23)
  })

  test('a log that nothing was ever written to', async () => {
    const dir = tempDir()
    assert.is(await checkClosed(await openLog(dir, SMALL), dir), 0)
    assert.is(await checkClosed(await openLog(dir, SMALL), dir), 0)
  })

  test('the writing process is killed, again and again', async () => {
    const dir = tempDir()
    const options: LogOptions = {...SMALL, segmentBytes: 8192, indexIntervalBytes: 300}
    const program = fileURLToPath(new URL('./writer-process.js', import.meta.url))
    let acknowledged = 0
    for (const ms of [30, 150, 80]) {
      const child = spawn(process.execPath, [program, dir, JSON.stringify(options)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      let printed = ''
      child.stdout.setEncoding('utf8').on('data', text => {
        printed += text
      })
      const closed = once(child, 'close')
      await once(child.stdout, 'data')
      await setTimeout(ms)
      child.kill('SIGKILL')
      await closed
      const last = Number(printed.slice(0, printed.lastIndexOf('\n')).split('\n').at(-1))
      assert.ok(last > acknowledged, `${last} after ${acknowledged}`)
      acknowledged = last
      const log = await openLog(dir, options)
      assert.not(log.recovered.clean)
      assert.ok(log.logEndOffset >= acknowledged, `${log.logEndOffset} of ${acknowledged}`)
      await sendSome(log, 10)
      acknowledged = log.logEndOffset
      await checkClosed(log, dir)
    }
  })

  test('retention by size, and records deleted', async () => {
    const dir = tempDir()
    const log = await openLog(dir, {...SMALL, retentionBytes: 4096, retentionCheckMs: 10})
    await sendSome(log, 200)
    await until('the oldest segments go', () => log.logStartOffset > 0)
    const start = log.logEndOffset - 5
    assert.is(await log.deleteRecordsBefore(start), start)
    await until('their segments go', () => log.metrics().segments <= 3)
    assert.is(await checkClosed(log, dir), 5)
    const again = await openLog(dir, SMALL)
    assert.is(again.logStartOffset, start)
    await sendSome(again, 50)
    assert.is(await checkClosed(again, dir), 55)
  })

  test('retention by age takes everything', async () => {
    const dir = tempDir()
    const log = await openLog(dir, {...SMALL, retentionMs: 1000, retentionCheckMs: 10})
    await sendSome(log, 50, i => 1000 + i)
    await until('all is gone', () => log.logStartOffset === log.logEndOffset)
    await sendSome(log, 3)
    assert.is(await checkClosed(log, dir), 3)
  })
}

test.run()
