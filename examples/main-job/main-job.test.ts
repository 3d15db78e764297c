/** The main job as a user starts it, on a slice of the flights. */
import {spawnSync} from 'node:child_process'
import {mkdtempSync, readdirSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {test} from 'uvu'
import * as assert from 'uvu/assert'

const MAIN = fileURLToPath(new URL('./main.js', import.meta.url))
const root = mkdtempSync(join(tmpdir(), 'odradek-main-job-'))
test.after(() => rmSync(root, {recursive: true, force: true}))

/** Its temporary directories go where the test can see them. */
function start(...args: readonly string[]) {
  const env = {...process.env, TMPDIR: root}
  const {status, stdout, stderr} = spawnSync(process.execPath, [MAIN, ...args], {encoding: 'utf8', env})
  return {status, stdout, stderr}
}

test('a run checks itself, reports and leaves nothing behind', () => {
  const {status, stdout, stderr} = start('--records', '4000')
  assert.is(stderr, '')
  assert.is(status, 0, stdout)
  const lines = stdout.split('\n')
  for (const line of [
    /^streaming at full speed \.\.\.$/,
    /^4 000 flights, 2 producer threads, a live reader in a third$/,
    /durability synced$/,
    /^append {6}[\d .]+ (million )?records\/s, [\d.]+ MB\/s$/,
    /^live read {3}[\d .]+ (million )?records\/s$/,
    /^latency {5}p50 [\d.]+ ms {2}p90 [\d.]+ ms {2}p99 [\d.]+ ms {2}max [\d.]+ ms$/,
    /^on disk {5}[\d.]+ MB in 1 segment with its indexes$/,
    /^open {8}new [\d.]+ ms, again [\d.]+ ms$/,
    /^look-up {5}by offset p50 [\d ]+ µs {2}p99 [\d ]+ µs$/,
    /^ {12}by time {3}p50 [\d ]+ µs {2}p99 [\d ]+ µs$/,
    /^ok {6}read by offset: every record, once$/,
    /^ok {6}read by time: every record, once$/,
    /^All 15 checks held\.$/,
  ]) {
    assert.ok(
      lines.some(text => line.test(text)),
      `no line is like ${line}:\n${stdout}`,
    )
  }
  assert.not.match(stdout, '\u001b')
  assert.not.match(stdout, 'FAILED')
  assert.ok(
    lines.filter(line => !line.includes(root)).every(line => line.length <= 80),
    `a line is longer than a terminal is wide:\n${stdout}`,
  )
  assert.equal(readdirSync(root), [])
})

test('a directory of its own is kept, and not used twice', () => {
  const dir = join(root, 'kept')
  const options = ['--records', '1000', '--rate', '20000', '--durability', 'written', '--dir', dir]
  const first = start(...options)
  assert.is(first.status, 0, first.stdout + first.stderr)
  assert.match(first.stdout, /durability written/)
  assert.match(first.stdout, `The log is in ${dir}. `)
  assert.not.match(first.stdout, /full speed/)
  const second = start(...options)
  assert.is(second.status, 2)
  assert.match(second.stderr, /kept holds a log already, of 1000 records/)
})

for (const [args, message] of [
  [['--speed', '1'], /Unknown option '--speed'.*try --help/],
  [['--durability', 'hoped'], /--durability is written or synced, not hoped/],
  [['--rate', '1e3'], /--rate is a whole number from 1 to 1000000, not 1e3/],
  [['--records', '300001'], /--records is a whole number from 1000 to 300000, not 300001/],
  [['--dir='], /--dir is the path of a directory/],
] as const) {
  test(`refused: ${args.join(' ')}`, () => {
    const {status, stdout, stderr} = start(...args)
    assert.is(status, 2)
    assert.is(stdout, '')
    assert.match(stderr, message)
  })
}

test('what the disk refuses is told in a sentence', () => {
  const {status, stderr} = start('--dir', MAIN)
  assert.is(status, 1)
  assert.match(stderr, /^NOT_A_DIRECTORY: [^\n]+\n$/)
})

test('--help tells the options', () => {
  const {status, stdout} = start('--help')
  assert.is(status, 0)
  for (const option of ['--dir', '--durability', '--rate', '--records']) assert.match(stdout, option)
})

test.run()
