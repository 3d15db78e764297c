/** T17: whatever is under way when a log is closed or a process ends, every promise settles once, and the process ends by itself. */
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {openLog} from '../../index.ts'
import {times} from '../runs.ts'
import {refused} from './refused.ts'
import {runProgram} from './run-program.ts'
import {tempDir} from './temp-dir.ts'

const MANY = 10_000
const SOME = 500
const RUNS_EACH = times(1, 5)
const LIMIT_MS = 5000

/** Programs, and how many of their promises must come to which end. */
const ENDINGS: Readonly<Record<string, Readonly<Record<string, number>> | undefined>> = {
  'sends, then close': {done: MANY + 1},
  'sends that ask for more than the log, then close': {done: SOME + 1},
  'waits, then close': {done: 8},
  'sends and waits, then the end': {done: SOME},
  'waits, then exit': undefined,
  'close again and again': {done: SOME + 5},
  'a crash under sends and waits': undefined,
  'close under an attached sender': undefined,
  'an attached log closes, then its owner': {done: 2 * SOME + 9},
  'the owner closes, then an attached log': {done: 9},
}

for (const [name, ending] of Object.entries(ENDINGS)) {
  test(`${name}: all settle, and the process ends by itself`, async () => {
    const run = async (): Promise<void> => {
      const count = String(name === 'sends, then close' ? MANY : SOME)
      const {status, signal, stdout, ms} = await runProgram(name, [tempDir(), count], {limitMs: LIMIT_MS})
      assert.equal([status, signal], [0, null], `after ${ms} ms: ${stdout}`)
      if (ending !== undefined) assert.equal(JSON.parse(stdout), ending)
      else if (name.startsWith('a crash')) checkCrash(JSON.parse(stdout))
      else if (name.startsWith('close under'))
        checkAttached(
          stdout
            .trim()
            .split('\n')
            .map(line => JSON.parse(line)),
        )
    }
    // two at a time, as there are cores
    let left = RUNS_EACH
    const runSome = async (): Promise<void> => {
      while (left-- > 0) await run()
    }
    await Promise.all([runSome(), runSome()])
  })
}

function checkCrash(counts: Record<string, number>): void {
  assert.is(
    Object.values(counts).reduce((sum, count) => sum + count),
    SOME + 9,
  )
  assert.equal(Object.keys(counts).sort(), ['REPLICA_CRASHED', 'done'], JSON.stringify(counts))
  assert.ok(counts['REPLICA_CRASHED']! >= 2)
}

function checkAttached([own, attached]: Record<string, number>[]): void {
  assert.equal(own, {done: SOME})
  assert.equal(Object.keys(attached!).sort(), ['LOG_CLOSED', 'done'], JSON.stringify(attached))
}

test('a closed log refuses everything, and says so', async () => {
  const dir = tempDir()
  const log = await openLog(dir)
  await log.send('one')
  const reader = log.reader()
  const closing = log.close()
  assert.is(log.close(), closing)
  for (let i = 0; i < 2; i++) {
    await refused('LOG_CLOSED', () => log.append('x'))
    await refused('LOG_CLOSED', () => log.send('x'))
    await refused('LOG_CLOSED', () => log.flush())
    await refused('LOG_CLOSED', () => log.drained())
    await refused('LOG_CLOSED', () => log.reader())
    await refused('LOG_CLOSED', () => log.offsetForTimestamp(0))
    await refused('LOG_CLOSED', () => log.deleteRecordsBefore(0))
    await refused('LOG_CLOSED', () => log.verify())
    await refused('READER_CLOSED', () => reader.poll(() => {}))
    log.flushSync()
    assert.is(log.metrics().logEndOffset, 1)
    await closing
  }
  await log.closed
})

test('await using closes', async () => {
  const dir = tempDir()
  const log = await openLog(dir)
  log.append('one')
  await log[Symbol.asyncDispose]()
  const again = await openLog(dir)
  assert.is(again.logEndOffset, 1)
  await again.close()
})

test('opening and closing leaves nothing behind in the process', async () => {
  const dir = tempDir()
  const before = process.getActiveResourcesInfo().sort()
  for (let i = 0; i < 5; i++) {
    const log = await openLog(dir)
    await log.send('x')
    await log.close()
  }
  assert.equal(process.getActiveResourcesInfo().sort(), before)
})

test.run()
