/** The benches, hardly run at all: what they print means nothing here, that they print it does. */
import {spawnSync} from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import {fileURLToPath} from 'node:url'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {skip} from '../property-tests/runner/skip.ts'
import {CASES} from './cases.ts'
import {benchmarksPage} from './harness/benchmarks-page.ts'
import type {Context} from './harness/case.ts'
import {judge} from './harness/losses.ts'
import {metricOf, OURS} from './harness/measure.ts'
import {Quiet} from './harness/quiet.ts'
import type {Row} from './harness/row.ts'
import {scaleOf} from './harness/scale.ts'
import {Scratch} from './harness/scratch.ts'
import {Yardsticks} from './harness/yardsticks.ts'
import {measureYardsticks} from './limits/yardsticks.ts'
import {loadLmdb} from './peers/load-peer.ts'
import {TARGETS} from './targets.ts'
import {APACHE_KAFKA} from './wire/servers.ts'

const KEYS = ['case', 'subject', 'level', 'metric', 'value', 'spread', 'peer', 'ratio']

const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'odradek-bench-test-'))
const context: Context = {
  scale: scaleOf('tiny'),
  scratch: new Scratch(dir),
  quiet: new Quiet(0),
  yardsticks: new Yardsticks([]),
  installPeers: false,
  progress: () => {},
}
const rows: Row[] = []

test.after(() => fs.rmSync(dir, {recursive: true}))

for (const one of CASES) {
  test(`${one.name} runs, and its rows are whole`, async () => {
    const found = await one.run(context)
    assert.ok(found.length > 0, 'no rows')
    for (const row of found) {
      assert.is(row.case, one.name)
      assert.ok(Number.isFinite(row.value) && Number.isFinite(row.spread), `${row.subject}: ${metricOf(row)}`)
      assert.is(row.ratio === null, row.peer === null)
      if (row.peer !== null) assert.is(row.subject, OURS)
      if (row.peer !== null)
        assert.ok(
          found.some(({subject}) => subject === row.peer),
          `${row.peer} has no row`,
        )
    }
    assert.equal(fs.readdirSync(dir), [], 'files were left behind')
    rows.push(...found)
  })
}

test('the limits that results are held against have the units of results', async () => {
  const {results} = await measureYardsticks(context)
  const ours = rows.filter(({subject}) => subject === OURS)
  const yardsticks = new Yardsticks(results)
  for (const {what, unit} of results) assert.is(yardsticks.shares(1, unit, what).length, 1)
  assert.ok(results.some(({unit}) => ours.some(row => row.unit === unit)))
})

if ((await loadLmdb({install: false})) === undefined) {
  skip(test, 'every target is about rows there are', 'lmdb is not installed: npm ci --prefix bench/peers')
} else {
  test('every target is about rows there are', () => {
    // that peer is not started here
    const asked = TARGETS.filter(({peers}) => !peers.includes(APACHE_KAFKA))
    for (const {target, worst} of judge(rows, asked))
      assert.ok(worst !== undefined, `${target.case}, ${metricOf(target)} against ${target.peers.join(', ')}`)
  })
}

test('BENCHMARKS.md tells every result, and nothing of where it was made', () => {
  const page = benchmarksPage({
    cases: CASES,
    rows,
    yardsticks: [],
    scale: 'tiny',
    machine: [['Node', process.version]],
    others: 0,
    date: new Date(0),
  })
  for (const {name, question} of CASES) assert.ok(page.includes(`## ${name}: ${question}`))
  for (const {what, subject} of rows) assert.ok(page.includes(what) && page.includes(subject))
  assert.match(page, '## What we lose')
  assert.not.match(page, os.tmpdir())
  assert.not.match(page, 'undefined')
})

test('--json: an object a line with the keys that were promised, and nothing else on stdout', () => {
  const {status, stdout, stderr} = runBench('limits', '--tiny', '--json')
  assert.is(status, 0, stderr)
  const lines = stdout.trimEnd().split('\n')
  assert.ok(lines.length > 10, stdout)
  for (const line of lines) {
    const row = JSON.parse(line)
    assert.equal(Object.keys(row), KEYS)
    assert.is(row.case, 'limits')
    assert.equal(
      [typeof row.subject, typeof row.metric, typeof row.value, typeof row.spread],
      ['string', 'string', 'number', 'number'],
    )
  }
})

for (const args of [['nonsense'], ['--nonsense'], ['--write', 'append'], ['--dir', path.join(dir, 'missing')]]) {
  test(`${args.join(' ')} is refused`, () => {
    const {status, stdout, stderr} = runBench(...args)
    assert.is(status, 2)
    assert.is(stdout, '')
    assert.match(stderr, '--help')
  })
}

function runBench(...args: readonly string[]) {
  const entry = fileURLToPath(new URL('./run.js', import.meta.url))
  return spawnSync(process.execPath, [entry, ...args], {encoding: 'utf8'})
}

test.run()
