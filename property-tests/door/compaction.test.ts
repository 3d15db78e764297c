/** Compaction through the doors: a log and a cluster, real threads, the pool's job. */
import fs from 'node:fs'
import {setTimeout as sleep} from 'node:timers/promises'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import type {OdradekError} from '../../engine/errors.ts'
import {attachLog, openCluster, openLog} from '../../index.ts'
import {tempDir} from './temp-dir.ts'

const KEYS = 10
const ROUNDS = 60
const FILLER = '.'.repeat(100)
const RULES = {segmentBytes: 4096, cleanupPolicy: 'compact', durability: 'written', cleanerBackoffMs: 20} as const

/** Until it holds, as long as a busy machine may need. */
async function until(holds: () => boolean): Promise<void> {
  for (const endMs = Date.now() + 20_000; !holds(); await sleep(10))
    if (Date.now() > endMs) throw new Error('it does not come to that')
}

const logBytes = (dir: string) =>
  fs
    .readdirSync(dir)
    .filter(name => name.endsWith('.log'))
    .reduce((sum, name) => sum + (fs.statSync(`${dir}/${name}`, {throwIfNoEntry: false})?.size ?? 0), 0)

async function newest(records: AsyncIterable<{key: Buffer | undefined | null; text(): string}>) {
  const values = new Map<string, string>()
  for await (const record of records) values.set(String(record.key), record.text())
  return values
}

const EXPECTED = new Map(Array.from({length: KEYS}, (_, i) => [`key ${i}`, `value ${ROUNDS - 1}${FILLER}`]))

test('a log is compacted while it is open, and what is left is right, also after it was opened again', async () => {
  const dir = tempDir()
  const log = await openLog(dir, RULES)
  for (let round = 0; round < ROUNDS; round++)
    await log.send(Array.from({length: KEYS}, (_, i) => ({key: `key ${i}`, value: `value ${round}${FILLER}`})))
  await until(() => logBytes(`${dir}/log-0`) < 10_000)
  // what is shown follows what was done
  await until(() => log.metrics().compaction.dirtyRatio === 0)
  const {cleanedBytes, lastRunMs} = log.metrics().compaction
  assert.ok(cleanedBytes > 50_000 && Math.abs(Date.now() - lastRunMs) < 30_000, `${cleanedBytes} ${lastRunMs}`)
  assert.equal(await newest(log.reader()), EXPECTED)
  assert.is((await log.verify()).ok, true)
  const attached = await attachLog(log.handle)
  assert.equal(await newest(attached.reader({from: 3})), EXPECTED, 'a reader at an offset that is gone goes on')
  await attached.close()
  await log.close()
  assert.match(fs.readFileSync(`${dir}/cleaner-offset-checkpoint`, 'utf8'), /^0\n1\nlog 0 \d+\n$/)
  const again = await openLog(dir, RULES)
  assert.equal(await newest(again.reader()), EXPECTED)
  assert.is(again.logEndOffset, KEYS * ROUNDS)
  await again.close()
})

test('a log that is compacted takes no record without a key', async () => {
  const log = await openLog(tempDir(), RULES)
  const error = await log.send([{key: 'a', value: '1'}, {value: '2'}]).catch((failure: OdradekError) => failure)
  assert.is((error as OdradekError).code, 'INVALID_RECORD')
  await log.send({key: 'a', value: '1'})
  await log.close()
})

test('why a log is not compacted is among its metrics', async () => {
  const dir = tempDir()
  const rules = {...RULES, cleanupPolicy: 'delete'} as const
  const log = await openLog(dir, rules)
  assert.is(log.metrics().compactionError, undefined)
  for (let i = 0; i < 10; i++) await log.send({key: 'a', value: 'x'.repeat(1000)})
  await log.close()
  const path = `${dir}/log-0/00000000000000000000.log`
  const bytes = fs.readFileSync(path)
  bytes[500]! ^= 1
  fs.writeFileSync(path, bytes)
  const again = await openLog(dir, RULES)
  await until(() => again.metrics().compactionError !== undefined)
  assert.is(again.metrics().compactionError, 'CORRUPT_MESSAGE')
  await again.close()
})

test('each replica of a cluster compacts for itself, and one whose dir was lost copies what is left', async () => {
  const dir = tempDir()
  const options = {dir, brokers: 3, durability: 'written', cleanerBackoffMs: 20} as const
  const cluster = await openCluster(options)
  const configs = {'cleanup.policy': 'compact', 'segment.bytes': 4096, 'min.cleanable.dirty.ratio': 0}
  await cluster.admin.createTopics([{name: 'state', numPartitions: 1, replicationFactor: 3, configs}])
  const state = await cluster.partition('state')
  for (let round = 0; round < ROUNDS; round++)
    await state.send(Array.from({length: KEYS}, (_, i) => ({key: `key ${i}`, value: `value ${round}${FILLER}`})))
  const bytes = (broker: number) => logBytes(`${dir}/broker-${broker}/state-0`)
  await until(() => [1, 2, 3].every(broker => bytes(broker) < 10_000))
  await until(() => state.metrics().compaction.cleanedBytes > 50_000)
  const lost = [1, 2, 3].find(broker => broker !== state.leader)!
  cluster.broker(lost).kill()
  await until(() => !cluster.metrics().partitions[0]!.isr.includes(lost))
  fs.rmSync(`${dir}/broker-${lost}`, {recursive: true})
  cluster.broker(lost).restart()
  await until(() => cluster.metrics().partitions[0]!.isr.includes(lost))
  await until(() => bytes(lost) < 10_000)
  // the one that had to copy what was compacted leads
  for (const broker of [1, 2, 3].filter(other => other !== lost)) cluster.broker(broker).kill()
  await until(() => state.leader === lost)
  assert.equal(await newest(state.reader()), EXPECTED)
  await cluster.close()
  const again = await openCluster(options)
  assert.equal(await newest((await again.partition('state')).reader()), EXPECTED)
  await again.close()
})

test.run()
