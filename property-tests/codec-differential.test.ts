/**
 * T03: what we build, others read; what others build, we read; and where both can say the same, the bytes are the same.
 * A night of it: `RUNS=100000 node dist/property-tests/codec-differential.test.js`.
 */
import {readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import fc from 'fast-check'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {crc32c} from '../engine/bytes/crc32c.ts'
import {BatchBuilder} from '../engine/record/batch-builder.ts'
import {batchProblem, sealBatch} from '../engine/record/batch-check.ts'
import {ATTRIBUTES, BATCH, baseOffset, batchSize, stampAppendTime, stampBatch} from '../engine/record/record-batch.ts'
import {RecordWalker, readHeaders} from '../engine/record/record-walker.ts'
import {type FoundRecord, kafkajs, type Peer, platformatic} from './codec-peers.ts'
import {anyRecords, BATCH_BYTES_MAX, type RecordParts, storedBytes} from './records.ts'
import {runs} from './runs.ts'

const builder = new BatchBuilder(BATCH_BYTES_MAX)

/** A batch of ours, sealed as a sender hands it over: base offset 0, no leader yet. */
function encode(records: readonly RecordParts[]): Buffer {
  builder.reset()
  for (const {key, value, timestamp, headers} of records) assert.ok(builder.add(key, value, timestamp, headers))
  const batch = Buffer.from(builder.finish())
  sealBatch(batch, viewOf(batch), 0, crc32c)
  return batch
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}

/** What we find in a batch, after all our checks. */
function decode(batch: Uint8Array): FoundRecord[] {
  checkBatch(batch)
  const walker = new RecordWalker(batch)
  walker.enter(0)
  const found: FoundRecord[] = []
  const part = (start: number, length: number) => (length < 0 ? null : Buffer.from(batch.slice(start, start + length)))
  while (walker.next()) {
    const headers = readHeaders(batch, walker.headersStart, walker.headerCount, batch.length)!
    found.push({
      offset: BigInt(walker.offset),
      timestamp: BigInt(walker.timestamp),
      key: part(walker.keyStart, walker.keyLength),
      value: part(walker.valueStart, walker.valueLength),
      headers: headers.map(([name, value]) => [name, value === null ? null : Buffer.from(value)]),
    })
  }
  assert.is(walker.problem, undefined)
  return found
}

function checkBatch(batch: Uint8Array): void {
  const view = viewOf(batch)
  assert.is(batchProblem(batch, view, 0, batch.length, crc32c), undefined)
  assert.is(batchSize(view, 0), batch.length)
}

function stored(records: readonly RecordParts[], base = 0): FoundRecord[] {
  return records.map(({key, value, timestamp, headers}, i) => ({
    offset: BigInt(base + i),
    timestamp: BigInt(timestamp),
    key: storedBytes(key),
    value: storedBytes(value),
    headers: headers.map(([name, content]) => [Buffer.from(name).toString(), storedBytes(content)]),
  }))
}

/** uvu's own comparison draws a picture of the difference, which for long records takes for ever. */
function same(actual: readonly FoundRecord[], expected: readonly FoundRecord[]): void {
  assert.is(inWords(actual), inWords(expected))
}

function inWords(records: readonly FoundRecord[]): string {
  const hex = (bytes: Buffer | null) => bytes?.toString('hex') ?? 'null'
  return records
    .map(({offset, timestamp, key, value, headers}) =>
      [offset, timestamp, hex(key), hex(value), ...headers.map(([name, content]) => `${name}=${hex(content)}`)].join(
        ' ',
      ),
    )
    .join('\n')
}

const anyBase = fc.oneof(fc.nat(1000), fc.integer({min: 0, max: 2 ** 53 - 1000}))

for (const peer of [kafkajs, platformatic] satisfies Peer[]) {
  test(`ours, read by ${peer.name}`, async () => {
    await fc.assert(
      fc.asyncProperty(anyRecords, anyBase, async (records, base) => {
        const batch = encode(records)
        stampBatch(viewOf(batch), 0, {baseOffset: base, leaderEpoch: 7})
        const expected = stored(records, base)
        same(decode(batch), expected)
        same(peer.seen(await peer.decode(batch)), peer.seen(expected))
      }),
      runs(200),
    )
  })

  test(`theirs, read by us: ${peer.name}`, async () => {
    await fc.assert(
      fc.asyncProperty(anyRecords, async records => {
        const narrow = peer.narrow(records)
        const batch = await peer.encode(narrow)
        same(decode(batch), stored(narrow))
        assert.is(batch.toString('hex'), encode(narrow).toString('hex'), 'the same bytes, CRC and all')
      }),
      runs(200),
    )
  })

  test(`compressed by ${peer.name}`, async () => {
    await fc.assert(
      fc.asyncProperty(anyRecords, fc.nat(), async (records, flip) => {
        const narrow = peer.narrow(records)
        const batch = await peer.encode(narrow, {gzip: true})
        const view = viewOf(batch)
        checkBatch(batch)
        assert.is(view.getInt16(BATCH.attributes) & ATTRIBUTES.codec, 1)
        assert.is(view.getInt32(BATCH.recordCount), records.length)
        batch[BATCH.attributes + (flip % (batch.length - BATCH.attributes))]! ^= 0x10
        assert.ok(batchProblem(batch, view, 0, batch.length, crc32c) !== undefined)
      }),
      runs(50),
    )
  })
}

test('under LogAppendTime kafkajs sees the broker’s time, as we do', async () => {
  await fc.assert(
    fc.asyncProperty(anyRecords, fc.maxSafeNat(), async (records, nowMs) => {
      const batch = encode(records)
      stampAppendTime(viewOf(batch), 0, nowMs)
      sealBatch(batch, viewOf(batch), 0, crc32c)
      const expected = stored(records).map(record => ({...record, timestamp: BigInt(nowMs)}))
      same(decode(batch), expected)
      same(kafkajs.seen(await kafkajs.decode(batch)), kafkajs.seen(expected))
    }),
    runs(50),
  )
})

const SAMPLE = fileURLToPath(
  new URL('property-tests/kafka/sample/log-dir', import.meta.resolve('odradek/package.json')),
)

function* batchesOf(file: string): Generator<Buffer> {
  const bytes = readFileSync(file)
  const view = viewOf(bytes)
  for (let at = 0; at < bytes.length; at += batchSize(view, at)) {
    assert.is(batchProblem(bytes, view, at, bytes.length, crc32c), undefined, `${file}, byte ${at}`)
    yield Buffer.from(bytes.subarray(at, at + batchSize(view, at)))
  }
}

/** Records, by how their batch is written. */
interface Tally {
  plain: number
  compressed: number
  control: number
}

async function checkSample(file: string, tally: Tally): Promise<void> {
  let next = -1
  for (const batch of batchesOf(file)) {
    const view = viewOf(batch)
    const count = view.getInt32(BATCH.recordCount)
    assert.ok(baseOffset(view, 0) >= next, `${file}: base offset ${baseOffset(view, 0)}`)
    next = baseOffset(view, 0) + count
    const attributes = view.getInt16(BATCH.attributes)
    if (attributes & ATTRIBUTES.codec) {
      tally.compressed += count
    } else if (attributes & ATTRIBUTES.control) {
      assert.equal(decode(batch), [], 'control records are not for applications')
      tally.control += count
    } else {
      const found = decode(batch)
      assert.is(found.length, count)
      for (const peer of [kafkajs, platformatic]) same(peer.seen(found), peer.seen(await peer.decode(batch)))
      tally.plain += count
    }
  }
}

test('what Kafka itself wrote', async () => {
  const logs = readdirSync(SAMPLE, {recursive: true, encoding: 'utf8'}).filter(name => name.endsWith('.log'))
  const tallies: Record<string, Tally> = {}
  for (const name of logs) {
    const topic = name.replace(/-\d+[/\\].*/, '')
    tallies[topic] ??= {plain: 0, compressed: 0, control: 0}
    await checkSample(join(SAMPLE, name), tallies[topic])
  }
  assert.equal(tallies['segments'], {plain: 1000, compressed: 0, control: 0})
  assert.equal(tallies['codecs'], {plain: 0, compressed: 80, control: 0})
  assert.equal(tallies['transactions'], {plain: 15, compressed: 0, control: 4})
  assert.ok(tallies['__cluster_metadata']!.plain > 0 && tallies['__transaction_state']!.plain > 0)
})

test('the words that were sent to Kafka are the ones we find', () => {
  const file = join(SAMPLE, 'transactions-0', '00000000000000000000.log')
  const found = [...batchesOf(file)].flatMap(decode)
  assert.equal(
    found
      .slice(0, 3)
      .map(({offset, key, value, headers}) => [
        Number(offset),
        key?.toString() ?? null,
        value?.toString() ?? null,
        headers.map(([name, content]) => `${name}=${content}`).join(),
      ]),
    [
      [0, 'committed-key', 'committed-value', 'first=one,second=two,third='],
      [1, null, 'committed-no-key', ''],
      [2, 'committed-tombstone', null, ''],
    ],
  )
})

test.run()
