/** A disk that refuses: what is refused is told to whoever gave it, what was acknowledged stays, and reading goes on. */
import fs from 'node:fs'
import {setTimeout} from 'node:timers/promises'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {type Log, type LogOptions, openLog} from '../../index.ts'
import {refused} from './refused.ts'
import {tempDir} from './temp-dir.ts'

const failing: LogOptions = {workerEntry: new URL('./failing-disk.js', import.meta.url)}

async function texts(log: Log): Promise<string[]> {
  const all: string[] = []
  for await (const record of log.reader()) all.push(record.text())
  return all
}

for (const word of ['#full', '#short'] as const) {
  const value = word.padEnd(500, '.')

  test(`${word}: a send is refused with DISK_FULL, and the log goes on without a gap`, async () => {
    const dir = tempDir()
    const log = await openLog(dir, failing)
    await log.send('one')
    const [failed, behind] = await Promise.allSettled([log.send(['x', value, 'y']), log.send('in the same batch')])
    await refused('DISK_FULL', () => Promise.reject((failed as PromiseRejectedResult).reason))
    await refused('DISK_FULL', () => Promise.reject((behind as PromiseRejectedResult).reason))
    assert.equal((await log.send('two')).baseOffset, 1)
    assert.equal(await texts(log), ['one', 'two'])
    assert.ok((await log.verify()).ok)
    // a send tells its failure itself
    await log.flush()
    await log.close()
    await log.closed
    const again = await openLog(dir)
    assert.equal(await texts(again), ['one', 'two'])
    await again.close()
  })

  test(`${word}: a failure of something appended surfaces once, at the next append, flush or close, and in closed`, async () => {
    for (const surface of [
      (log: Log) => log.append('not taken'),
      (log: Log) => log.flush(),
      (log: Log) => log.flushSync(),
      (log: Log) => log.close(),
    ]) {
      const log = await openLog(tempDir(), failing)
      log.append(value)
      await log.send('its failure is not that of the batch before', {durability: 'written'}).catch(() => {})
      await refused('DISK_FULL', () => surface(log))
      await log
        .close()
        .then(() => log.close())
        .catch(() => {})
      await refused('DISK_FULL', () => log.closed)
    }
  })
}

test('a roll that fails takes nothing with it that was written before: what is acknowledged can be read at once', async () => {
  const log = await openLog(tempDir(), {...failing, segmentBytes: 4096, durability: 'written'})
  const slow = log.send('#slow')
  await setTimeout(20)
  // both are there when the replica thread comes back: one run, with a roll in its middle
  const written = log.send('#roll'.padEnd(3000))
  const rolled = refused('DISK_FULL', () => log.send('x'.repeat(3000)))
  const {lastOffset} = await written
  const {highWatermark} = log
  assert.is(lastOffset, 1)
  assert.ok(highWatermark > lastOffset, `acknowledged ${lastOffset}, visible below ${highWatermark}`)
  await Promise.all([rolled, slow])
  assert.is((await texts(log)).length, 2)
  await log.close().catch(() => {})
})

test('after a failed sync nothing is acknowledged as synced and no record is taken; reading goes on, and a reopen heals', async () => {
  const dir = tempDir()
  const log = await openLog(dir, failing)
  await log.send('one')
  const {syncedOffset} = log
  // the replica thread's own words, with the system's
  const words = `${dir}: a sync failed, so the log takes no more records; check the disk and open the log again (Error: EIO: `
  await refused('KAFKA_STORAGE_ERROR', () => log.send('#sync'), words)
  await refused('KAFKA_STORAGE_ERROR', () => log.append('x'), words)
  await refused('KAFKA_STORAGE_ERROR', () => log.send('x', {durability: 'written'}))
  await refused('KAFKA_STORAGE_ERROR', () => log.flush({durability: 'synced'}))
  await refused('KAFKA_STORAGE_ERROR', () => log.flushSync())
  assert.is(log.syncedOffset, syncedOffset)
  assert.is((await texts(log))[0], 'one')
  await refused('KAFKA_STORAGE_ERROR', () => log.close())
  const again = await openLog(dir)
  assert.is(again.recovered.clean, false)
  assert.is((await texts(again))[0], 'one')
  await again.send('two')
  await again.close()
})

test('a dir that is removed or replaced under an open log: nothing more counts as synced, and nothing is written there', async () => {
  for (const replaced of [false, true]) {
    const dir = `${tempDir()}/dir`
    const log = await openLog(dir)
    await log.send('one')
    fs.rmSync(dir, {recursive: true})
    if (replaced) fs.mkdirSync(dir)
    await refused('KAFKA_STORAGE_ERROR', () => log.send('into the void'))
    await refused('KAFKA_STORAGE_ERROR', () => log.append('x'), `${dir} was removed or replaced while the log was open`)
    assert.is(log.syncedOffset, 1)
    await refused('KAFKA_STORAGE_ERROR', () => log.close())
    assert.is(fs.existsSync(dir), replaced)
    if (replaced) assert.equal(fs.readdirSync(dir), [])
  }
})

test('a flusher thread that dies in a sync leaves nobody waiting: sends and close are refused, reading goes on', async () => {
  const dir = tempDir()
  const log = await openLog(dir, {workerEntry: new URL('./dying-flusher.js', import.meta.url)})
  // syncs are done by the replica thread until the flusher is up
  let stored = 0
  const sending = (async () => {
    for (;;) await log.send(String(stored)).then(() => stored++)
  })()
  await refused('KAFKA_STORAGE_ERROR', () => sending)
  assert.equal(
    (await texts(log)).slice(0, stored),
    Array.from({length: stored}, (_, i) => String(i)),
  )
  const synced = log.reader({from: log.syncedOffset, level: 'synced', follow: true}).wait()
  await refused('KAFKA_STORAGE_ERROR', () => log.flush({durability: 'synced'}))
  await refused('KAFKA_STORAGE_ERROR', () => log.close())
  assert.is(await synced, false)
  const again = await openLog(dir)
  assert.ok(again.logEndOffset >= stored)
  await again.close()
})

test.run()
