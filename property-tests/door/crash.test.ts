/** The end of the replica thread, however it comes: everybody learns it, nobody waits for good, and the dir is free at once. */
import {once} from 'node:events'
import {Worker} from 'node:worker_threads'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {attachLog, type Log, type LogHandle, type OdradekError, openLog} from '../../index.ts'
import {refused} from './refused.ts'
import {runProgram} from './run-program.ts'
import {tempDir} from './temp-dir.ts'

const workerEntry = new URL('./crashing-replica.js', import.meta.url)

const outcome = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'done',
    (error: OdradekError) => error.code,
  )

/** Everything that waits for the replica thread; the first of it makes it crash. */
function pendingWork(log: Log, way: string): Promise<unknown>[] {
  return [
    log.send(way),
    log.send('behind it', {durability: 'written'}),
    log.flush(),
    log.deleteRecordsBefore(0),
    log.reader({from: {last: 0}}).wait(),
  ]
}

async function readAll(log: Log): Promise<string[]> {
  const texts: string[] = []
  for await (const record of log.reader()) texts.push(record.text())
  return texts
}

for (const way of ['#throw', '#exit', '#overflow']) {
  test(`${way}: pending work rejects, and the dir opens again at once with all that was acknowledged`, async () => {
    const dir = tempDir()
    const log = await openLog(dir, {workerEntry})
    await log.send(['one', 'two'])
    const pending = pendingWork(log, way)
    log.append('and one that nobody waits for')
    const outcomes = await Promise.all(pending.map(outcome))
    const again = await openLog(dir)
    assert.equal(new Set(outcomes), new Set(['REPLICA_CRASHED']))
    assert.is(again.recovered.clean, false)
    assert.equal((await readAll(again)).slice(0, 2), ['one', 'two'])
    await again.send('three')
    await refused('REPLICA_CRASHED', () => log.closed, dir)
    await again.close()
    await refused('REPLICA_CRASHED', () => log.close(), 'open the log again')
  })
}

test('a crashed log refuses everything but reading, every time', async () => {
  const log = await openLog(tempDir(), {workerEntry})
  await log.send('one')
  await refused('REPLICA_CRASHED', () => log.send('#throw'), 'thrown in the replica thread')
  for (let i = 0; i < 3; i++) {
    await refused('REPLICA_CRASHED', () => log.append('x'))
    await refused('REPLICA_CRASHED', () => log.send('x'))
    await refused('REPLICA_CRASHED', () => log.flush())
    await refused('REPLICA_CRASHED', () => log.deleteRecordsBefore(0))
    await refused('REPLICA_CRASHED', () => log.flushSync())
  }
  assert.is((await readAll(log))[0], 'one')
  assert.is(await log.reader({from: 0}).wait(), true)
  await refused('LOG_CLOSED', () => attachLog(log.handle))
  await outcome(log.close())
})

test('a crash while nothing is under way is told by closed', async () => {
  const log = await openLog(tempDir(), {workerEntry})
  const attached = await attachLog(log.handle)
  const third = await attachLog(log.handle)
  const told = [log.closed, third.closed].map(outcome)
  await outcome(attached.send('#exit'))
  assert.equal(await Promise.all(told), ['REPLICA_CRASHED', 'REPLICA_CRASHED'])
  await refused('REPLICA_CRASHED', () => third.append('x'))
  await Promise.all([log, attached, third].map(each => outcome(each.close())))
})

test('attached threads learn of a crash: their pending work rejects', async () => {
  const log = await openLog(tempDir(), {workerEntry})
  const attached = await attachLog(log.handle)
  const closed = outcome(attached.closed)
  const pending = pendingWork(attached, '#throw').map(outcome)
  assert.equal(new Set(await Promise.all([...pending, closed])), new Set(['REPLICA_CRASHED']))
  await outcome(attached.close())
  await outcome(log.close())
})

test('a crash during close: close rejects', async () => {
  const dir = tempDir()
  const log = await openLog(dir, {workerEntry})
  log.append('#throw')
  await refused('REPLICA_CRASHED', () => log.close())
  await refused('REPLICA_CRASHED', () => log.closed)
  await (await openLog(dir)).close()
})

test('the end of the thread that opened the log is the end of the log for attached ones', async () => {
  const dir = tempDir()
  const opener = new Worker(new URL('./worker.js', import.meta.url), {workerData: {does: 'stay', dir}})
  const [handle] = (await once(opener, 'message')) as [LogHandle]
  const attached = await attachLog(handle)
  await attached.send('acknowledged')
  const waiting = [attached.reader({from: 'latest'}).wait(), attached.closed].map(outcome)
  await opener.terminate()
  const pending = [attached.send('lost'), attached.flush()].map(outcome)
  assert.equal(new Set(await Promise.all([...waiting, ...pending])), new Set(['REPLICA_CRASHED']))
  await outcome(attached.close())
  const again = await openLog(dir)
  assert.is((await readAll(again))[0], 'acknowledged')
  await again.close()
})

test('a replica thread that runs out of memory takes only the log with it', async () => {
  const {status, stdout} = await runProgram('run out of memory', [tempDir()], {flags: ['--max-old-space-size=64']})
  assert.is(stdout, 'REPLICA_CRASHED one\n')
  assert.is(status, 0)
})

test.run()
