/** Threads that append are ended at any moment, round after round: what is left of each is whole, and the log goes on. */
import {once} from 'node:events'
import {setTimeout} from 'node:timers/promises'
import {Worker} from 'node:worker_threads'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {THREADS_MAX} from '../../engine/limits.ts'
import {attachLog, type OpenLog} from '../../index.ts'
import {onNewLog} from '../door/on-new-log.ts'
import {payload, readPayload} from '../door/payload.ts'
import {runs} from '../runs.ts'
import type {DyingTask} from './dying-sender.ts'

const {numRuns: rounds, seed = Date.now() | 0} = runs(25)
const SENDERS = 3
const STALL_MS = 5000

let state = seed
/** A number from 0 up to, not including, `end`: the times of death are those of the seed. */
function random(end: number): number {
  state = (Math.imul(state, 1664525) + 1013904223) | 0
  return ((state >>> 0) / 2 ** 32) * end
}

interface Sender {
  readonly name: string
  readonly stored: Int32Array
  /** Settles when it is dead; whether it had got under way. */
  readonly died: Promise<boolean>
}

/** `early`: at any moment from the thread's start on, perhaps in the middle of attaching; else once it sends. */
function startToDie(log: OpenLog, name: string, early: boolean): Sender {
  const stored = new Int32Array(new SharedArrayBuffer(4))
  const task: DyingTask = {handle: log.handle, name, stored}
  const worker = new Worker(new URL('./dying-sender.js', import.meta.url), {workerData: task})
  const afterMs = random(early ? 120 : 12)
  const die = async (): Promise<boolean> => {
    const failed = once(worker, 'exit').then(() => assert.unreachable(`${name} ended by itself`))
    if (!early) await Promise.race([once(worker, 'message'), failed])
    await Promise.race([setTimeout(afterMs), failed])
    failed.catch(() => {})
    await worker.terminate()
    return Atomics.load(stored, 0) > 0
  }
  return {name, stored, died: die()}
}

/** Fails instead of waiting for ever; returns how long it took. */
async function inTime(what: string, work: Promise<unknown>): Promise<number> {
  const startMs = performance.now()
  const cancel = new AbortController()
  const late = setTimeout(STALL_MS, undefined, {signal: cancel.signal}).then(() =>
    assert.unreachable(`${what}: nothing for ${STALL_MS} ms, SEED=${seed}`),
  )
  late.catch(() => {})
  await Promise.race([work, late])
  cancel.abort()
  return performance.now() - startMs
}

test(`${rounds} rounds of ${SENDERS} senders that die: records whole, no gaps, nothing promised is lost`, async () => {
  await onNewLog({durability: 'written'}, async log => {
    const counts = new Map<string, number>()
    const reader = log.reader()
    const readOn = (): void => {
      // readPayload throws at a record that is not as it was sent
      while (
        reader.poll(record => {
          const {sender, sequence} = readPayload(record.text())
          const next = counts.get(sender) ?? 0
          assert.is(sequence, next, `${sender}: ${sequence} after ${next - 1}, SEED=${seed}`)
          counts.set(sender, next + 1)
        }) > 0
      );
    }
    let attached = 0
    let longestMs = 0
    let mains = 0
    for (let round = 0; round < rounds; round++) {
      const senders = Array.from({length: SENDERS}, (_, i) =>
        startToDie(log, `${'xyz'[i]}${round}`, i === 0 && round % 3 === 0),
      )
      let alive = true
      const deaths = Promise.all(senders.map(sender => sender.died)).finally(() => (alive = false))
      // the others go on while and after they die
      do {
        const sent = log.send(payload('main', mains++))
        longestMs = Math.max(longestMs, await inTime(`a send in round ${round}`, sent))
        readOn()
        await setTimeout(2)
      } while (alive)
      attached += (await deaths).filter(Boolean).length
      await log.send(payload('main', mains++))
      readOn()
      for (const {name, stored} of senders)
        assert.ok((counts.get(name) ?? 0) >= stored[0]!, `${name}: ${counts.get(name)} of ${stored[0]}, SEED=${seed}`)
    }
    readOn()
    assert.is(counts.get('main'), mains)
    if (rounds >= 25) assert.ok(attached > THREADS_MAX, `only ${attached} attached: no place was used again`)
    // the places of the dead are looked for when a thread comes
    await inTime(
      'a thread that comes last',
      attachLog(log.handle).then(last => last.close()),
    )
    for (let i = 0; log.metrics().attachedThreads > 1; i++) {
      assert.ok(i < STALL_MS / 5, `${log.metrics().attachedThreads} places still taken, SEED=${seed}`)
      await setTimeout(5)
    }
    const read = [...counts.values()].reduce((sum, count) => sum + count)
    console.log(`${attached} senders died, ${read} records read, longest send ${longestMs.toFixed(0)} ms, SEED=${seed}`)
    assert.ok((await log.verify()).ok)
  })
})

test.run()
