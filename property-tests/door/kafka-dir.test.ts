/** A directory that Apache Kafka itself wrote is a log like any other. */
import fs from 'node:fs'
import {fileURLToPath} from 'node:url'
import zlib from 'node:zlib'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {openLog} from '../../index.ts'
import {refused} from './refused.ts'
import {tempDir} from './temp-dir.ts'

const sample = fileURLToPath(
  new URL('property-tests/kafka/sample/log-dir', import.meta.resolve('odradek/package.json')),
)

function copyOfSample(): string {
  const dir = tempDir()
  fs.cpSync(sample, dir, {recursive: true})
  return dir
}

test('it is read from end to end, appended to, verified, and opens again', async () => {
  const dir = copyOfSample()
  const options = {topic: 'segments', segmentBytes: 30_000, retentionMs: -1} as const
  const log = await openLog(dir, options)
  assert.is(log.recovered.clean, true)
  assert.is(log.logEndOffset, 1000)
  let next = 0
  for await (const record of log.reader()) {
    assert.is(record.offset, next++)
    assert.is(record.value!.length, 100)
  }
  assert.is(next, 1000)
  const {timestamp} = (await log.reader({from: 500}).batches().next()).value![0]!
  const found = log.offsetForTimestamp(timestamp)!
  assert.ok(found <= 500 && found > 0)
  assert.ok((await log.verify()).ok)
  assert.is((await log.send('ours')).baseOffset, 1000)
  await log.close()
  const again = await openLog(dir, options)
  assert.is(again.recovered.clean, true)
  const [last] = (
    await again
      .reader({from: {last: 1}})
      .batches()
      .next()
  ).value!
  assert.is(last!.text(), 'ours')
  assert.ok((await again.verify()).ok)
  await again.close()
})

test('control records are passed over, by poll and by iterators', async () => {
  const log = await openLog(copyOfSample(), {topic: 'transactions', retentionMs: -1})
  const polled: number[] = []
  log.reader().poll(record => polled.push(record.offset))
  const iterated: number[] = []
  for await (const record of log.reader()) iterated.push(record.offset)
  // four transactions of three records, each closed by a marker, and three records after them
  assert.equal(polled, [0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 16, 17, 18])
  assert.equal(iterated, polled)
  const reader = log.reader({from: 15})
  assert.is(
    reader.poll(() => {}, 1),
    1,
  )
  assert.is(reader.position, 17)
  await log.close()
})

test('a batch with a codec that is not there is told of by name once all before it is read, and a reader can go on behind it', async () => {
  const log = await openLog(copyOfSample(), {topic: 'codecs', retentionMs: -1})
  const reader = log.reader()
  let polled = 0
  const poll = () => reader.poll(() => polled++)
  const iterated = log.reader()
  const batches = iterated.batches()
  // twenty records each in gzip, snappy and lz4, then twenty in zstd, which newer Nodes have
  if ('zstdDecompressSync' in zlib) assert.is(poll(), 80)
  else {
    for (let i = 0; i < 2; i++) await refused('UNSUPPORTED_COMPRESSION_TYPE', poll, 'the batch at offset 60')
    assert.equal([polled, reader.position], [60, 60])
    assert.equal(
      (await batches.next()).value!.map(({offset}) => offset),
      Array.from({length: 60}, (_, i) => i),
    )
    assert.is(iterated.position, 60)
    await refused('UNSUPPORTED_COMPRESSION_TYPE', () => batches.next(), 'the batch at offset 60')
  }
  await log.send('plain')
  reader.seek(80)
  const texts: string[] = []
  reader.poll(record => texts.push(record.text()))
  assert.equal(texts, ['plain'])
  await log.close()
})

test.run()
