/** What is stored stays as it was, and where it does not, that is told: verify, damage, reading around it. */
import fs from 'node:fs'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {type OpenLog, openLog} from '../../index.ts'
import {payload, readPayload} from './payload.ts'
import {refused} from './refused.ts'
import {snapshot} from './snapshot.ts'
import {tempDir} from './temp-dir.ts'

const OPTIONS = {segmentBytes: 8192, indexIntervalBytes: 1024, retentionMs: -1} as const
const BATCHES = 40
const A_BATCH = 5

/** A closed log of several segments. */
async function makeLog(): Promise<string> {
  const dir = tempDir()
  const log = await openLog(dir, OPTIONS)
  for (let i = 0; i < BATCHES; i++) {
    await log.send(
      Array.from({length: A_BATCH}, (_, k) => payload('v', i * A_BATCH + k, 200)),
      {durability: 'written'},
    )
  }
  await log.close()
  return dir
}

const segmentsOf = (dir: string): string[] =>
  fs
    .readdirSync(`${dir}/log-0`)
    .filter(name => name.endsWith('.log'))
    .map(name => `${dir}/log-0/${name}`)

function flip(file: string, position: number): void {
  const bytes = fs.readFileSync(file)
  bytes[position]! ^= 0x10
  fs.writeFileSync(file, bytes)
}

async function texts(log: OpenLog): Promise<string[]> {
  const all: string[] = []
  for await (const record of log.reader()) all.push(record.text())
  return all
}

test('verify finds a whole log whole, also while it is written', async () => {
  const log = await openLog(await makeLog(), OPTIONS)
  const report = await log.verify()
  assert.is(report.ok, true)
  assert.is(report.records, BATCHES * A_BATCH)
  assert.is(report.segments.length, log.metrics().segments)
  let expected = 0
  for (const segment of report.segments) {
    assert.equal([segment.baseOffset, segment.ok, segment.damaged, segment.problems], [expected, true, [], []])
    assert.is(segment.records, segment.endOffset - segment.baseOffset)
    expected = segment.endOffset
  }
  assert.is(expected, log.logEndOffset)
  let writing = true
  const writer = (async () => {
    for (let i = 0; writing; i++) await log.send(payload('w', i, 300), {durability: 'written'})
  })()
  for (let i = 0; i < 3; i++) assert.is((await log.verify()).ok, true)
  writing = false
  await writer
  await log.close()
})

test('verify passes over what retention takes away meanwhile', async () => {
  const log = await openLog(tempDir(), {...OPTIONS, retentionBytes: 20_000, retentionCheckMs: 1, durability: 'written'})
  let writing = true
  const writer = (async () => {
    for (let i = 0; writing; i++) await log.send(payload('w', i, 3000))
  })()
  for (let i = 0; i < 6; i++) assert.is((await log.verify()).ok, true)
  writing = false
  await writer
  assert.ok(log.logStartOffset > 0)
  await log.close()
})

test('verify names the segment of a flipped byte, wherever it is, and leaves it alone', async () => {
  const dir = await makeLog()
  const files = segmentsOf(dir)
  assert.ok(files.length > 3)
  const log = await openLog(dir, OPTIONS)
  const {size} = fs.statSync(files[1]!)
  for (const position of [0, 8, 12, 16, 17, 57, Math.floor(size / 2), size - 1]) {
    flip(files[1]!, position)
    const {ok, segments} = await log.verify()
    assert.is(ok, false, `byte ${position}`)
    assert.equal(
      segments.map(segment => segment.ok),
      segments.map((_, i) => i !== 1),
      `byte ${position}`,
    )
    const {damaged, problems} = segments[1]!
    assert.ok(damaged.length + problems.length > 0)
    flip(files[1]!, position)
  }
  for (const suffix of ['index', 'timeindex']) {
    const file = files[1]!.replace(/log$/, suffix)
    for (const position of [7, fs.statSync(file).size - 1]) {
      flip(file, position)
      const {segments} = await log.verify()
      assert.is(segments[1]!.ok, false, `${suffix}, byte ${position}`)
      assert.ok(segments[1]!.problems.length > 0)
      flip(file, position)
    }
  }
  assert.is((await log.verify()).ok, true)
  await log.close()
})

test('a damaged batch is never given to a reader, who can go on behind it', async () => {
  const dir = await makeLog()
  flip(segmentsOf(dir)[1]!, 500)
  const log = await openLog(dir, OPTIONS)
  const {segments} = await log.verify()
  const {offset, nextOffset = -1} = segments[1]!.damaged[0]!
  assert.is(nextOffset - offset, A_BATCH)
  const reader = log.reader()
  const given: number[] = []
  const read = (): number => reader.poll(record => given.push(readPayload(record.text()).sequence))
  await refused(
    'CORRUPT_MESSAGE',
    () => {
      while (read() > 0);
    },
    'log.verify()',
  )
  await refused('CORRUPT_MESSAGE', read)
  assert.is(reader.position, offset)
  reader.seek(nextOffset)
  while (read() > 0);
  const all = Array.from({length: BATCHES * A_BATCH}, (_, i) => i)
  assert.equal(
    given,
    all.filter(i => i < offset || i >= nextOffset),
  )
  await log.close()
})

test('damage found while opening: refused with nothing changed, or kept with the rest readable', async () => {
  const dir = await makeLog()
  // as after a crash: the end of the last segment is read
  fs.rmSync(`${dir}/.kafka_cleanshutdown`)
  const last = segmentsOf(dir).at(-1)!
  flip(last, fs.statSync(last).size - 20)
  const before = snapshot(dir)
  await refused('LOG_DAMAGED', () => openLog(dir, OPTIONS), "onDamage: 'keep'")
  await refused('LOG_DAMAGED', () => openLog(dir, OPTIONS), 'Nothing was changed')
  assert.equal(snapshot(dir), before)
  const log = await openLog(dir, {...OPTIONS, onDamage: 'keep'})
  assert.ok(log.recovered.damage.length > 0)
  assert.is(log.logEndOffset, BATCHES * A_BATCH)
  await refused('CORRUPT_MESSAGE', () => texts(log))
  const {baseOffset} = await log.send('the log goes on')
  assert.is(baseOffset, BATCHES * A_BATCH)
  const reader = log.reader({from: baseOffset})
  assert.is(
    reader.poll(() => {}),
    1,
  )
  await log.close()
})

test('a torn tail is cut, and the log goes on there', async () => {
  const dir = await makeLog()
  fs.rmSync(`${dir}/.kafka_cleanshutdown`)
  const last = segmentsOf(dir).at(-1)!
  const end = fs.statSync(last).size
  fs.appendFileSync(last, fs.readFileSync(last).subarray(0, 90))
  const log = await openLog(dir, OPTIONS)
  assert.is(log.recovered.cutAt, BATCHES * A_BATCH)
  assert.is(fs.statSync(last).size, end)
  assert.is((await texts(log)).length, BATCHES * A_BATCH)
  await log.send('on')
  assert.is((await log.verify()).ok, true)
  await log.close()
})

test.run()
