/**
 * The replica thread is terminated at a random moment, wherever it is, while two threads send: whoever waits hears REPLICA_CRASHED,
 * the dir can be opened at once, and everything acknowledged is there. Then the next one, on the same dir.
 *
 *   RUNS=2000 SEED=7              deaths, and where chance starts
 */
import {once} from 'node:events'
import {createRequire, syncBuiltinESMExports} from 'node:module'
import {setTimeout} from 'node:timers/promises'
import type {Worker as WorkerType} from 'node:worker_threads'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import type {Log, LogOptions, OdradekError} from '../../index.ts'
import {payload} from '../door/payload.ts'
import {tempDir} from '../door/temp-dir.ts'
import {Chance, replayCommand, tries} from './chance.ts'
import {Ledger} from './ledger.ts'

const {count, seed} = tries(40)
const DEATHS_A_DIR = 20
const OPTIONS: LogOptions = {segmentBytes: 16_384, indexIntervalBytes: 512, retentionMs: -1, durability: 'written'}
const CRASHED = 'REPLICA_CRASHED'

/** Every worker that is started, the newest last. */
const started: WorkerType[] = []
const threads = createRequire(import.meta.url)('node:worker_threads') as {Worker: typeof WorkerType}
threads.Worker = class extends threads.Worker {
  constructor(...args: ConstructorParameters<typeof WorkerType>) {
    super(...args)
    started.push(this)
  }
}
syncBuiltinESMExports()
// only now, so that it starts workers we know
const {attachLog, openLog} = await import('../../index.ts')

/** Sends until the log is gone; each send ends once, acknowledged or with the right code. */
async function sendOn(log: Log, sender: string, ledger: Ledger): Promise<number> {
  const codes = new Map<string, number>()
  const pending = new Set<Promise<void>>()
  for (let sequence = 0; codes.size === 0; sequence++) {
    const durability = sequence % 5 === 0 ? 'synced' : 'written'
    const size = 48 + ((sequence * 97) % 900)
    const send = log.send(payload(sender, sequence, size), {durability}).then(
      ({baseOffset}) => ledger.note(`sent ${sender} ${sequence} 1 ${baseOffset}`),
      ({code}: OdradekError) => void codes.set(code, (codes.get(code) ?? 0) + 1),
    )
    pending.add(send.then(() => void pending.delete(send)))
    if (sequence % 9 === 8) await Promise.race([send, setTimeout(5)])
  }
  await Promise.all(pending)
  assert.equal([...codes.keys()], [CRASHED])
  return codes.get(CRASHED)!
}

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'done',
    (error: OdradekError) => error.code,
  )

/** One life of a log, ended from outside; gives how many promises it broke. */
async function death(dir: string, life: string, ledger: Ledger, chance: Chance): Promise<number> {
  started.length = 0
  const log = await openLog(dir, OPTIONS)
  // recovery may have started others, for the segments
  const replica = started[0]!
  const attached = await attachLog(log.handle)
  const waits = [log.closed, attached.closed, log.reader({from: 'latest', level: 'synced'}).wait()].map(codeOf)
  const sends = [sendOn(log, `${life}a`, ledger), sendOn(attached, `${life}b`, ledger)]
  await setTimeout(chance.below(80))
  const ended = once(replica, 'exit')
  void replica.terminate()
  await ended
  // the dir is free before anybody has been told
  const next = await openLog(dir, OPTIONS)
  const broken = await Promise.all(sends)
  const outcomes = await Promise.all(waits)
  assert.equal(outcomes.slice(0, 2), [CRASHED, CRASHED])
  assert.ok([CRASHED, 'done'].includes(outcomes[2]!), outcomes[2])
  await ledger.check(next)
  if (chance.oneIn(4)) assert.ok((await next.verify()).ok)
  await next.close()
  assert.equal(await Promise.all([attached, log].map(each => codeOf(each.close()))), [CRASHED, CRASHED])
  return broken[0]! + broken[1]!
}

test(`${count} deaths of the replica thread: all that waits is told, nothing acknowledged is lost`, async () => {
  const chance = new Chance(seed)
  let [dir, ledger, acknowledged, broken] = ['', new Ledger(), 0, 0]
  for (let i = 0; i < count; i++) {
    if (i % DEATHS_A_DIR === 0) {
      acknowledged += ledger.acknowledged
      ;[dir, ledger] = [tempDir(), new Ledger()]
    }
    broken += await death(dir, `l${i}`, ledger, chance).catch((error: Error) => {
      const again = replayCommand('killed-replica', {SEED: seed, RUNS: count})
      error.message = `death ${i}: ${error.message}. Again: ${again}`
      throw error
    })
  }
  acknowledged += ledger.acknowledged
  console.log(`\n${count} deaths, seed ${seed}: ${acknowledged} acknowledged, 0 lost; ${broken} told that it crashed`)
  assert.ok(acknowledged > 0 && broken > 0)
})

test.run()
