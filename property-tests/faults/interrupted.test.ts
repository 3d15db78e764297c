/**
 * A roll, a retention, a deletion, a cut, a close and every recovery that follows are each ended at every call they make, by the end of
 * the process or by a power loss, up to three recoveries in a row. What is found in the end is what was promised; after the end of a process it is
 * byte for byte what an undisturbed recovery makes of it.
 *
 *   RUNS=100000 SEED=7            interruptions tried at the second and third recovery, and where chance starts
 */
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import type {MemoryDisk} from '../simulation/memory-disk.ts'
import {Reached} from '../simulation/reached.ts'
import {Chance, replayCommand, tries} from './chance.ts'
import {DirHistory, type Step} from './dir-history.ts'
import {checkPromises, type Promises, writtenEnd} from './promises.ts'
import {anyScattering} from './scatterings.ts'

const {count, seed} = tries(4000)
/** What is interrupted, and what comes before it. */
const STEPS: readonly (readonly [name: string, before: string, step: Step])[] = [
  ['a roll', 'ba', 'r'],
  ['a roll of a log that is synced', 'bas', 'r'],
  ['retention', 'bdbbs', 'x'],
  ['a deletion', 'bsb', 'd'],
  ['a cut', 'bsbs', 't'],
  ['a close', 'bsba', 'c'],
  ['a run across a roll', 'bs', 'b'],
]
const DEPTH = 3

const reached = new Reached(['first', 'second', 'third', 'finished meanwhile', 'power', 'process'])
const DEPTHS = ['first', 'second', 'third'] as const

/** Ends what is under way: nothing after that reaches the disk. */
class Ended extends Error {}

/** Lets so many calls through, and ends at the next one. */
function endAfter(disk: MemoryDisk, calls: number): void {
  let left = calls
  disk.intercept = () => {
    if (left-- <= 0) throw new Ended('ended')
    return undefined
  }
}

/** Runs a step until it has made so many calls; false where it ends before. */
async function interrupt(run: DirHistory, calls: number, act: () => Promise<void>): Promise<boolean> {
  endAfter(run.disk, calls)
  try {
    await act()
    return false
  } catch (error) {
    // it may come wrapped, as an error of the disk
    const isOurs = (caught: unknown): boolean =>
      caught instanceof Ended || (caught instanceof Error && caught.cause !== undefined && isOurs(caught.cause))
    if (!isOurs(error)) throw error
    return true
  } finally {
    run.disk.intercept = undefined
  }
}

async function prepared(before: string): Promise<DirHistory> {
  const run = new DirHistory()
  await run.open()
  for (const step of before) await run.step(step as Step)
  return run
}

/** The files of a log as an undisturbed recovery leaves them. */
async function recovered(disk: MemoryDisk): Promise<Map<string, Buffer>> {
  const run = new DirHistory(disk.copy())
  await run.open()
  run.disk.endProcess()
  return new Map([...run.disk.contents()].filter(([path]) => /\.(log|index|timeindex)$|checkpoint$/.test(path)))
}

/** Recovers a disk, interrupted again and again, and looks at what comes of it. */
async function recover(disk: MemoryDisk, promises: Promises, chance: Chance, loses: boolean): Promise<void> {
  const wanted = await recovered(disk)
  let again = disk
  for (let depth = 0; depth < DEPTH; depth++) {
    const run = new DirHistory(again.copy())
    const wasEnded = await interrupt(run, chance.below(90), () => run.open())
    reached.add(wasEnded ? DEPTHS[depth]! : 'finished meanwhile')
    run.disk.endProcess()
    if (loses && chance.oneIn(2)) run.disk.scatter(anyScattering(chance))
    again = run.disk
  }
  if (!loses) assert.equal(await recovered(again), wanted, 'the same bytes')
  const last = new DirHistory(again)
  await last.open()
  checkPromises(last.dir, promises, loses ? promises.synced : writtenEnd(promises))
  last.promises = promises
  await last.reopen()
  for (const step of ['a', 's', 'c'] as const) await last.step(step)
  checkPromises(last.dir, last.promises, last.promises.synced)
}

for (const [name, before, step] of STEPS) {
  test(`${name}, ended at every call`, async () => {
    const each = Math.ceil(count / STEPS.length)
    let calls = 0
    let tried = 0
    // how many calls it makes
    for (let more = true; more; calls++) {
      const run = await prepared(before)
      more = await interrupt(run, calls, () => run.step(step))
    }
    assert.ok(calls > 3, 'it makes calls')
    for (; tried < each; tried++) {
      const at = tried % calls
      const chance = new Chance(seed + tried)
      const run = await prepared(before)
      await interrupt(run, at, () => run.step(step))
      const {promises} = run
      run.disk.endProcess()
      const loses = Math.floor(tried / calls) % 2 === 1
      if (loses) run.disk.scatter(anyScattering(chance))
      reached.add(loses ? 'power' : 'process')
      await recover(run.disk, promises, chance, loses).catch((error: Error) => {
        const replay = replayCommand('interrupted', {SEED: seed, RUNS: count})
        error.message = `${before}, then ${step} ended after ${at} calls, try ${tried}: ${error.message}. Again: ${replay}`
        throw error
      })
    }
    console.log(`\n${name}: ${calls} calls, ${tried} interruptions, seed ${seed}, 0 red`)
  })
}

test('all of that was met', () => {
  console.log(`\n${reached}`)
  assert.equal(reached.missing(50), [])
})

test.run()
