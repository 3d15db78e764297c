/** What export prints, import takes: records of every shape come out of the second log as they came out of the first. */
import fs from 'node:fs'
import fc from 'fast-check'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {openLog} from '../../index.ts'
import {tempDir} from '../door/temp-dir.ts'
import {anyRecord, RECORD_BYTES_MAX} from '../records.ts'
import {objectsOf, runCli} from './run-cli.ts'
import {runHere} from './run-here.ts'

test('export, import, export: the same bytes', async () => {
  const seed = Date.now() % 1_000_000_000
  const dir = tempDir()
  const log = await openLog(dir, {retentionMs: -1, segmentBytes: 100_000, segmentMs: Number.MAX_SAFE_INTEGER})
  const longest = '\u{10ffff}'.repeat(8193)
  const records = fc.sample(anyRecord, {numRuns: 399, seed})
  records.push({key: longest, value: longest, timestamp: 0, headers: []})
  for (const record of records) if (!log.append(record)) await log.drained()
  await log.close()
  const first = await runHere(['log', 'export', dir])
  assert.equal([first.status, first.stderr], [0, ''])
  const file = `${dir}/lines`
  fs.writeFileSync(file, first.stdout)
  for (const [args, input] of [
    [['-', '--durability', 'written', '--segment-bytes', `${RECORD_BYTES_MAX}`], first.stdout],
    [[file], ''],
  ] as const) {
    const copy = `${tempDir()}/copy`
    const imported = await runHere(['log', 'import', '--json', copy, ...args], input)
    assert.equal([imported.status, imported.stderr], [0, ''])
    const [told] = objectsOf(imported.stdout)
    assert.equal([told!['records'], told!['baseOffset'], told!['lastOffset']], [400, 0, 399])
    const second = await runHere(['log', 'export', copy])
    assert.ok(second.stdout === first.stdout, `the copy differs; seed ${seed}`)
    assert.is((await runHere(['log', 'verify', copy])).status, 0)
  }
})

test('plain lines become values, and may bring their keys and times', async () => {
  const dir = tempDir()
  const bytes = Buffer.concat([Buffer.from('one\n\ntwo\r\n'), Buffer.from([0xff, 0x0a]), Buffer.from('end')])
  const plain = await runHere(['log', 'import', '--lines', '--topic', 'mine', dir], bytes)
  assert.is(plain.status, 0, plain.stderr)
  assert.match(plain.stdout, '5 records imported, at offsets [0, 5)')
  const input = '{"id":"a","at":5,"x":1}\n{"id":7,"at":"1970-01-01T00:00:01Z"}\n'
  // the one log of the dir is taken, without its name
  const fields = await runHere(['log', 'import', '--lines', '--key-field', 'id', '--timestamp-field', 'at', dir], input)
  assert.match(fields.stdout, 'at offsets [5, 7)')
  const {stdout} = await runHere(['log', 'export', dir])
  const records = objectsOf(stdout)
  assert.equal(
    records.slice(0, 5).map(({value}) => value),
    ['one', '', 'two', {base64: '/w=='}, 'end'],
  )
  assert.equal(
    records.slice(5).map(({key, timestamp}) => [key, timestamp]),
    [
      ['a', 5],
      ['7', 1000],
    ],
  )
})

test('a line that is no record ends the import with its number; what came before it stays', async () => {
  const dir = tempDir()
  const {status, stdout, stderr} = await runHere(['log', 'import', dir], '{"value":"a"}\n\n{"value":"b"}\n{"val":1}\n')
  assert.equal([status, stdout], [1, ''])
  assert.match(stderr, 'line 4: there is a field val')
  assert.match(stderr, 'stopped; 2 records imported, at offsets [0, 2) before that')
  const large = await runHere(['log', 'import', '--lines', dir, '--max-message-bytes', '200'], 'x'.repeat(300))
  assert.equal([large.status, large.stdout], [1, ''])
  assert.match(large.stderr, 'line 1: MESSAGE_TOO_LARGE')
})

test('a file that cannot be read makes no log; a log that is open elsewhere takes nothing', async () => {
  const dir = `${tempDir()}/new`
  for (const [file, words] of [
    [`${dir}.jsonl`, 'ENOENT'],
    [tempDir(), 'is a directory'],
  ] as const) {
    const {status, stderr} = await runHere(['log', 'import', dir, file])
    assert.is.not(status, 0)
    assert.match(stderr, words)
  }
  assert.not(fs.existsSync(dir))
  const log = await openLog(dir)
  const {status, stderr} = await runCli(['log', 'import', dir], {input: '{"value":"a"}\n'})
  await log.close()
  assert.is(status, 1)
  assert.match(stderr, `LOG_IN_USE: ${dir} is open in process ${process.pid}`)
})

test.run()
