/** After `onDamage: 'keep'` the log may end in a gap: offsets that were synced once and are gone. A reader in front of it must neither spin nor wait for them. */
import fs from 'node:fs'
import {setTimeout} from 'node:timers/promises'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {type OpenLog, openLog} from '../../index.ts'
import {tempDir} from './temp-dir.ts'

const RECORDS = 10
const KEPT = 6

/** A log whose last records were synced and then lost from the file, opened all the same. */
async function openGap(): Promise<OpenLog> {
  const dir = tempDir()
  const log = await openLog(dir)
  let kept = 0
  const [segment] = fs.readdirSync(`${dir}/log-0`).filter(name => name.endsWith('.log'))
  for (let i = 0; i < RECORDS; i++) {
    await log.send(`record ${i}`)
    if (i === KEPT - 1) kept = fs.statSync(`${dir}/log-0/${segment}`).size
  }
  await log.close()
  fs.rmSync(`${dir}/.kafka_cleanshutdown`)
  fs.truncateSync(`${dir}/log-0/${segment}`, kept)
  const again = await openLog(dir, {onDamage: 'keep'})
  assert.is(again.recovered.damage.length, 1)
  assert.is(again.logEndOffset, RECORDS)
  return again
}

test('poll gives what is there, then nothing, and stands behind the gap', async () => {
  const log = await openGap()
  const reader = log.reader()
  let given = 0
  const count = (): void => void given++
  while (reader.poll(count) > 0);
  assert.equal([given, reader.position], [KEPT, RECORDS])
  // one that starts in it, too
  const within = log.reader({from: KEPT + 1})
  assert.equal([within.poll(count), within.position], [0, RECORDS])
  await log.close()
})

test('wait waits for what comes behind the gap, and gives the loop its turns', async () => {
  for (const level of ['written', 'synced'] as const) {
    const log = await openGap()
    const reader = log.reader({from: KEPT, level})
    assert.not(reader.poll(() => {}))
    const waiting = reader.wait().then(() => 'more')
    assert.is(await Promise.race([waiting, setTimeout(20, 'still waiting')]), 'still waiting')
    const {baseOffset} = await log.send('behind it')
    assert.is(await waiting, 'more')
    const offsets: number[] = []
    reader.poll(record => offsets.push(record.offset))
    assert.equal(offsets, [baseOffset])
    await log.close()
  }
})

test('follow goes on behind the gap without spinning in front of it', async () => {
  const log = await openGap()
  const reader = log.reader({follow: true})
  let asked = 0
  const {wait} = reader
  reader.wait = options => {
    // a reader that spins leaves the loop no turn in which a test could be stopped
    assert.ok(++asked < 100, 'it waits and waits')
    return wait.call(reader, options)
  }
  const texts: string[] = []
  const reading = (async () => {
    for await (const record of reader) if (texts.push(record.text()) > KEPT) return
  })()
  await setTimeout(20)
  assert.equal([texts.length, asked], [KEPT, 1])
  await log.send('behind it')
  await reading
  assert.is(texts.at(-1), 'behind it')
  await log.close()
})

test('without follow the end of the log is behind the gap', async () => {
  const log = await openGap()
  const texts: string[] = []
  for await (const record of log.reader()) texts.push(record.text())
  assert.is(texts.length, KEPT)
  await log.close()
})

test.run()
