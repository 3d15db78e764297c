import {once} from 'node:events'
import fs from 'node:fs'
import {setTimeout} from 'node:timers/promises'
import {openLog} from 'odradek'
import {pino} from 'pino'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {tempDir} from '../../property-tests/door/temp-dir.ts'
import {FlightRecorder, keepLast} from './flight-recorder.ts'
import {lastLines} from './last-lines.ts'

const KIB = 1024

function storedBytes(dir: string): number {
  const names = fs.readdirSync(`${dir}/log-0`).filter(name => name.endsWith('.log'))
  return names.reduce((sum, name) => sum + (fs.statSync(`${dir}/log-0/${name}`, {throwIfNoEntry: false})?.size ?? 0), 0)
}

test('the newest lines stay, and the oldest go', async () => {
  const dir = tempDir()
  const log = await openLog(dir, {...keepLast(256 * KIB), retentionCheckMs: 10})
  const recorder = new FlightRecorder(log)
  const logger = pino({}, recorder)
  for (let i = 0; i < 10_000; i++) logger.info({i}, 'of no interest')
  await new Promise<void>((resolve, reject) => recorder.flush(error => (error ? reject(error) : resolve())))
  for (let i = 0; i < 400 && storedBytes(dir) >= 320 * KIB; i++) await setTimeout(5)
  assert.is(recorder.dropped, 0)
  assert.ok(log.logStartOffset > 0)
  assert.is(log.logEndOffset, 10_000)
  const bytes = storedBytes(dir)
  assert.ok(bytes >= 256 * KIB && bytes < 320 * KIB, `${bytes} bytes are left`)
  await log.close()
  const {lines, ended} = await lastLines(dir, 2)
  assert.equal([...lines.map(line => JSON.parse(line).i), ended], [9998, 9999, true])
})

test('an error is in the file when its call returns; a log that is gone ends no program', async () => {
  const log = await openLog(tempDir(), keepLast(256 * KIB))
  const recorder = new FlightRecorder(log)
  const logger = pino({}, recorder)
  logger.info('before')
  assert.is(log.logEndOffset, 0)
  logger.error('now')
  assert.is(log.logEndOffset, 2)
  await log.close()
  logger.info('too late')
  logger.fatal('this, too')
  assert.is(recorder.dropped, 2)
})

test("pino's worker stores lines of any length, and what is on its way when the program ends it", async () => {
  const dir = tempDir()
  const target = new URL('./transport.js', import.meta.url).href
  const transport = pino.transport({target, options: {dir, bytes: 64 * 1024 * KIB}})
  const logger = pino({}, transport)
  // more than fits into the memory that pino's threads share, and characters of several bytes
  const words = ['short', ...Array<string>(8).fill('long '.repeat(150_000)), 'ö'.repeat(300_000), 'last']
  for (const word of words) logger.info(word)
  // pino's thread keeps no program up
  const up = setInterval(() => {}, 1000)
  transport.end()
  await once(transport, 'close')
  clearInterval(up)
  const {lines, ended} = await lastLines(dir, 20)
  assert.equal([lines.map(line => JSON.parse(line).msg.length), ended], [words.map(word => word.length), true])
})

test.run()
