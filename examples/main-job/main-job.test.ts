/** The main job as a user starts it, on a slice of the flights. */
import {spawnSync} from 'node:child_process'
import {mkdtempSync, readdirSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {userEnv} from '../../property-tests/door/user-env.ts'

const MAIN = fileURLToPath(new URL('./main.js', import.meta.url))
const root = mkdtempSync(join(tmpdir(), 'odradek-main-job-'))
test.after(() => rmSync(root, {recursive: true, force: true}))

/** Its temporary directories go where the test can see them. */
function start(...args: readonly string[]) {
  const env = {...userEnv(), TMPDIR: root}
  const {status, stdout, stderr} = spawnSync(process.execPath, [MAIN, ...args], {encoding: 'utf8', env})
  return {status, stdout, stderr}
}

const dir = join(root, 'kept')

test('a run sees its cluster through, checks itself and reports', () => {
  const {status, stdout, stderr} = start('--records', '2000', '--durability', 'written', '--dir', dir)
  assert.is(stderr, '')
  assert.is(status, 0, stdout)
  const lines = stdout.split('\n')
  for (const line of [
    /^ +[\d.]+ s {2}streaming at full speed$/,
    /^ +[\d.]+ s {2}broker \d is killed; it led partitions \d and \d$/,
    /^ +[\d.]+ s {2}coordinator \d is killed; it was the one that writes$/,
    /^ +[\d.]+ s {2}broker \d is in sync everywhere$/,
    /^2 000 flights, 2 producer threads, a live reader in a third$/,
    /^3 brokers, 3 coordinators, 6 partitions × 3 replicas$/,
    /durability written, acks all$/,
    /^send {8}[\d .]+ (million )?records\/s, [\d.]+ MB\/s$/,
    /^live read {3}[\d .]+ (million )?records\/s$/,
    /^latency {5}p50 [\d.]+ ms {2}p90 [\d.]+ ms {2}p99 [\d.]+ ms {2}max [\d.]+ ms$/,
    /^failures {4}broker killed: no ack for [\d.]+ ms$/,
    /^on disk {5}[\d.]+ MB, 3 replicas of everything$/,
    /^open {8}new [\d.]+ ms, again [\d.]+ ms$/,
    /^look-up {5}by offset p50 [\d ]+ µs {2}p99 [\d ]+ µs$/,
    /^ {12}by time {3}p50 [\d ]+ µs {2}p99 [\d ]+ µs$/,
    /^ok {6}all 2 000 flights were acknowledged$/,
    /^ok {6}read by time: every record, once$/,
    /^All 15 checks held\.$/,
  ]) {
    assert.ok(
      lines.some(text => line.test(text)),
      `no line is like ${line}:\n${stdout}`,
    )
  }
  assert.match(stdout, `The cluster is in ${dir}. `)
  assert.not.match(stdout, '\u001b')
  assert.not.match(stdout, 'FAILED')
  assert.ok(
    lines.filter(line => !line.includes(root)).every(line => line.length <= 80),
    `a line is longer than a terminal is wide:\n${stdout}`,
  )
  assert.equal(readdirSync(root), ['kept'])
})

test('a directory is not used twice', () => {
  const {status, stdout, stderr} = start('--dir', dir)
  assert.is(status, 2)
  assert.is(stdout, '')
  assert.match(stderr, /kept is not empty; name a new directory/)
})

test('what the disk refuses is told in a sentence', () => {
  const {status, stderr} = start('--dir', MAIN)
  assert.is(status, 1)
  assert.match(stderr, /^NOT_A_DIRECTORY: [^\n]+\n$/)
})

test.run()
