/** Damage is found and told, what is intact is still read, and a torn tail is no damage. */
import fs from 'node:fs'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {objectsOf} from './run-cli.ts'
import {runHere} from './run-here.ts'
import {filesOf, flip, sampleLog} from './samples.ts'

/** What was left behind by a process that was killed: no marker of a clean close. */
function forgetClose(dir: string): void {
  fs.rmSync(`${dir}/.kafka_cleanshutdown`)
}

test('a flipped bit in a record is found by verify, and passed over by the others with exit code 1', async () => {
  const dir = await sampleLog()
  const file = filesOf(dir, '.log')[1]!
  const base = Number(file.slice(-24, -4))
  flip(file, 100)
  const {status, stdout} = await runHere(['log', 'verify', '--json', dir])
  assert.is(status, 1)
  const [bad, ...others] = objectsOf(stdout).filter(({ok}) => ok === false)
  const [range] = bad!['damaged'] as {position: number; offset: number; nextOffset: number; why: string}[]
  assert.equal([bad!['baseOffset'], range!.position, range!.offset, range!.why], [base, 0, base, 'CRC does not match'])
  assert.is(others.length, 1, 'only the log as a whole')
  const words = await runHere(['log', 'verify', dir])
  assert.is(words.status, 1)
  assert.match(words.stdout, `offsets [${base}, ${range!.nextOffset}): CRC does not match`)
  assert.match(words.stdout, /\nDAMAGED\n$/)
  const exported = await runHere(['log', 'export', dir])
  assert.is(exported.status, 1)
  assert.is(objectsOf(exported.stdout).length, 90 - (range!.nextOffset - base))
  assert.match(exported.stderr, `segment ${base} is damaged at byte 0`)
  const dumped = await runHere(['log', 'dump', '--json', dir])
  assert.is(dumped.status, 1)
  assert.is(objectsOf(dumped.stdout).filter(({type}) => type === 'damage').length, 1)
  const stats = await runHere(['log', 'stats', dir])
  assert.is(stats.status, 1)
  assert.match(stats.stdout, `damage    segment ${base} is damaged`)
})

test('a wrong index entry, and a segment that is gone, are damage', async () => {
  const dir = await sampleLog()
  const [, second, third] = filesOf(dir, '.log')
  flip(filesOf(dir, '.index')[0]!, 3)
  fs.rmSync(second!)
  const {status, stdout} = await runHere(['log', 'verify', dir])
  assert.is(status, 1)
  assert.match(stdout, /\.index entry 0: no batch ends at offset/)
  assert.match(stdout, `not ${Number(third!.slice(-24, -4))}`)
})

test('half a batch behind the end of a log that was not closed is a torn tail, and no damage', async () => {
  const dir = await sampleLog()
  forgetClose(dir)
  const file = filesOf(dir, '.log').at(-1)!
  fs.appendFileSync(file, fs.readFileSync(file).subarray(0, 40))
  const {status, stdout} = await runHere(['log', 'verify', dir])
  assert.is(status, 0)
  assert.match(
    stdout,
    /40 bytes behind byte \d+ of segment \d+, from offset 90: a torn tail, which the next opening cuts/,
  )
  const tail = await runHere(['log', 'tail', '-n', '1', '--json', dir])
  assert.equal([tail.status, objectsOf(tail.stdout)[0]!['offset'], tail.stderr], [0, 89, ''])
  // the same flipped bit is damage below the synced end, and a torn tail above it
  flip(file, 70)
  assert.is((await runHere(['log', 'verify', dir])).status, 1)
  fs.rmSync(`${dir}/log-0/synced-end`)
  fs.rmSync(`${dir}/recovery-point-offset-checkpoint`)
  assert.is((await runHere(['log', 'verify', dir])).status, 0)
})

test.run()
