/** What the reading tools tell of a closed log, in words and in JSON. */
import fs from 'node:fs'
import path from 'node:path'
import {fileURLToPath} from 'node:url'
import zlib from 'node:zlib'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {snapshot} from '../door/snapshot.ts'
import {objectsOf, runCli} from './run-cli.ts'
import {runHere} from './run-here.ts'
import {filesOf, NOW, SAMPLE_RECORDS, sampleLog} from './samples.ts'

const dir = await sampleLog()
const sample = fileURLToPath(
  new URL('property-tests/kafka/sample/log-dir', import.meta.resolve('odradek/package.json')),
)
const before = snapshot(dir)

/** Runs a tool that must be fine. */
async function read(...args: string[]): Promise<string> {
  const {status, stdout, stderr} = await runHere(['log', ...args])
  assert.equal([status, stderr], [0, ''], args.join(' '))
  return stdout
}

test('verify tells of every segment and of the whole', async () => {
  const words = await read('verify', dir)
  assert.match(words, /^segment 0: offsets \[0, \d+\), \d+ records, \d+ batch(es)?, \d+ B: ok\n/)
  assert.match(
    words,
    /\nlog-0: 90 records in \d+ segments, .*; offsets \[0, 90\), synced up to 90; not open\nintact\n$/,
  )
  const objects = objectsOf(await read('verify', '--json', dir))
  const segments = objects.slice(0, -1)
  assert.is(segments.length, filesOf(dir, '.log').length)
  assert.ok(segments.every(({type, ok}) => type === 'segment' && ok === true))
  const {bytes, ...log} = objects.at(-1)!
  assert.ok(Number(bytes) > 1000)
  assert.equal(log, {
    type: 'log',
    ok: true,
    segments: segments.length,
    records: SAMPLE_RECORDS,
    logStartOffset: 0,
    logEndOffset: 90,
    syncedEnd: 90,
    torn: null,
    problems: [],
    owner: null,
  })
})

test('stats counts what is there', async () => {
  const [facts] = objectsOf(await read('stats', '--json', dir))
  const {records, batches, keyedRecords, distinctKeys, firstTimestamp, lastTimestamp, closedCleanly, segments} = facts!
  assert.equal(
    {records, batches, keyedRecords, distinctKeys, firstTimestamp, lastTimestamp, closedCleanly, segments},
    {
      records: 90,
      batches: 9,
      keyedRecords: 72,
      distinctKeys: 7,
      firstTimestamp: NOW,
      lastTimestamp: NOW + 89,
      closedCleanly: true,
      segments: filesOf(dir, '.log').length,
    },
  )
  const words = await read('stats', path.join(dir, 'log-0'))
  assert.match(words, /records +90 in 9 batches\n/)
  assert.match(words, '2026-01-01T00:00:00.000Z to 2026-01-01T00:00:00.089Z')
})

test('dump prints batches and records between two offsets, and indexes', async () => {
  const lines = (await read('dump', dir, '--records', '--from', '25', '--to', '42')).split('\n')
  const records = lines.filter(line => line.startsWith('| ')).map(line => Number(/offset: (\d+) /.exec(line)![1]))
  assert.equal(
    records,
    Array.from({length: 17}, (_, i) => 25 + i),
  )
  assert.equal(
    lines.filter(line => line.startsWith('baseOffset')).map(line => Number.parseInt(line.slice(12), 10)),
    [20, 30, 40],
  )
  assert.ok(
    lines.includes(
      `| offset: 26 CreateTime: ${NOW + 26} keySize: 5 valueSize: 8 sequence: -1 headerKeys: [n] key: key-5 payload: value 26`,
    ),
  )
  const [batch] = lines.filter(line => line.startsWith('baseOffset'))
  assert.match(
    batch!,
    /^baseOffset: 20 lastOffset: 29 count: 10 baseSequence: -1 lastSequence: -1 producerId: -1 producerEpoch: -1 partitionLeaderEpoch: 0 isTransactional: false isControl: false deleteHorizonMs: OptionalLong\.empty position: \d+ CreateTime: 1767225600029 size: \d+ magic: 2 compresscodec: none crc: \d+ isvalid: true$/,
  )
  const objects = objectsOf(await read('dump', '--json', '--records', '--to', '11', dir))
  assert.equal(
    objects.map(({type}) => type),
    ['batch', ...Array(10).fill('record'), 'batch', 'record'],
  )
  assert.equal(objects[2], {
    type: 'record',
    offset: 1,
    timestamp: NOW + 1,
    key: 'key-1',
    value: 'value 1',
    headers: [['n', '1']],
  })
  const [file] = filesOf(dir, '.timeindex')
  const entries = fs.statSync(file!).size / 12
  assert.ok(entries > 0)
  assert.is((await read('dump', file!)).split('\n').length, entries + 2)
  const index = objectsOf(await read('dump', '--json', '--index', dir))
  const sizes = filesOf(dir, '.index').reduce((sum, name) => sum + fs.statSync(name).size, 0)
  assert.is(index.length, sizes / 8)
})

test('dump says where there is nothing, and fails', async () => {
  for (const [args, words] of [
    [['--from', '90'], 'there is nothing from offset 90 on; the log is [0, 90)'],
    [['--json', '--from', '1000'], 'there is nothing from offset 1000 on; the log is [0, 90)'],
    [['--from', '40', '--to', '40'], 'there is nothing at offsets [40, 40); the log is [0, 90)'],
    [['--index', '--from', '90'], 'there is nothing from offset 90 on; the log is [0, 90)'],
  ] as const) {
    const {status, stderr} = await runHere(['log', 'dump', dir, ...args])
    assert.equal([status, stderr], [1, `odradek: ${words}\n`], args.join(' '))
  }
})

test('tail prints the last records, from a place, and at most so many', async () => {
  const offsets = async (...args: string[]) =>
    objectsOf(await read('tail', '--json', dir, ...args)).map(({offset}) => offset)
  const [last10, last2, three, time, latest] = await Promise.all([
    offsets(),
    offsets('-n', '2'),
    offsets('--from', '15', '-n', '3'),
    offsets('--from', `@${new Date(NOW + 87).toISOString()}`),
    offsets('--from', 'latest'),
  ])
  assert.equal(
    last10,
    Array.from({length: 10}, (_, i) => 80 + i),
  )
  assert.equal([last2, three, time, latest], [[88, 89], [15, 16, 17], [87, 88, 89], []])
  assert.equal(await offsets('--from', '15', '-n', '0'), [])
  assert.equal(await offsets('--from', '15', '-n', '0', '-f'), [])
  assert.is(await read('tail', dir, '--from', '-1'), '89  2026-01-01T00:00:00.089Z  key-5  value 89  {n: 89}\n')
  const {status, stderr} = await runHere(['log', 'tail', dir, '--from', '91'])
  assert.is(status, 1)
  assert.match(stderr, 'asked for offset 91, the log is [0, 90)')
})

test('export prints records as JSON lines, or their values', async () => {
  const lines = (await read('export', dir, '--from', '89')).split('\n')
  assert.equal(lines, [
    `{"offset":89,"timestamp":${NOW + 89},"key":"key-5","value":"value 89","headers":[["n","89"]]}`,
    '',
  ])
  assert.is(await read('export', '--values', '--from', '-3', '--to', '89', dir), 'value 87\nvalue 88\n')
})

test('a reader that hangs up ends the tool quietly', async () => {
  const big = await sampleLog({segmentBytes: 1 << 20})
  const file = filesOf(big, '.log')[0]!
  // the same batches many times over, with the offsets they need
  const bytes = fs.readFileSync(file)
  const copies = Array.from({length: 400}, (_, copy) => {
    const again = Buffer.from(bytes)
    for (let at = 0; at < again.length; at += 12 + again.readInt32BE(at + 8))
      again.writeBigInt64BE(again.readBigInt64BE(at) + BigInt(90 * copy), at)
    return again
  })
  fs.writeFileSync(file, Buffer.concat(copies))
  for (const args of [['export'], ['dump', '--records']]) {
    const {status, stdout, stderr} = await runCli(['log', ...args, big], {hangsUp: true})
    assert.equal([status, stderr], [0, ''])
    assert.ok(stdout.length < 2_000_000)
  }
})

test('a consumer is not shown the records with which a broker ends transactions; dump prints them', async () => {
  const ofTransactions = (tool: string, ...args: string[]) =>
    read(tool, '--topic', 'transactions', sample, ...args).then(objectsOf)
  assert.is((await ofTransactions('export')).length, 15)
  const dumped = await ofTransactions('dump', '--json', '--records')
  assert.is(dumped.filter(({type}) => type === 'record').length, 19)
  const words = await read('dump', '--topic', 'transactions', '--records', '--from', '7', '--to', '8', sample)
  assert.match(words, 'endTxnMarker: ABORT coordinatorEpoch: 0')
})

test("records of a Kafka broker's dir that cannot be decompressed are a failure, told with their offset", async () => {
  // 20 records each in gzip, snappy, lz4 and zstd; newer Nodes bring zstd along
  if ('zstdDecompressSync' in zlib) return
  const {status, stdout, stderr} = await runHere(['log', 'export', '--topic', 'codecs', sample])
  assert.is(status, 1)
  assert.is(objectsOf(stdout).length, 60)
  assert.match(stderr, /^odradek: offsets 60 to 79: records are compressed with zstd, .*; what follows is read$/m)
  const stats = await runHere(['log', 'stats', '--topic', 'codecs', sample])
  assert.match(stats.stdout, /20 records compressed with zstd.* cannot be read here, only counted/)
})

test('none of this has changed a byte', () => {
  assert.equal(snapshot(dir), before)
})

test.run()
