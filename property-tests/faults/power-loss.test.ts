/**
 * The power goes at each call to the disk, and of what was not synced any sectors of any writes are there, in any mixture. The dir
 * opens, holds what was acknowledged as synced and nothing that was never written, and works on.
 *
 *   RUNS=1000000 SEED=7           random states, and where chance starts
 *   HISTORY=absck                 the steps of one history, every call, every way
 */
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import type {MemoryDisk} from '../simulation/memory-disk.ts'
import {Reached} from '../simulation/reached.ts'
import {openWholeDir} from '../simulation/whole-dir.ts'
import {Chance, replayCommand, tries} from './chance.ts'
import {anyHistory, DirHistory, SMALL, type Step} from './dir-history.ts'
import {checkPromises, type Promises} from './promises.ts'
import {anyScattering, Odometer, scatteringBy} from './scatterings.ts'

const {count, seed} = tries(20_000)
const {HISTORY} = process.env
/** Every way to lose power at every call of these. */
const SMALL_HISTORIES =
  HISTORY === undefined ? ['asa', 'arsa', 'ap', 'asdx', 'ast', 'abc', 'akb', 'bskt', 'bdbbsx'] : [HISTORY]
/** Ways at one call, of which the first ones are tried. */
const WAYS_MAX = 600

const reached = new Reached(['opened', 'cut', 'lost nothing', 'lost something', 'clean', 'worked on'])

/** A disk as it is when the power goes, and what had been promised by then. */
interface Moment {
  readonly disk: MemoryDisk
  readonly promises: Promises
  readonly where: string
}

/** Runs a history and stops before each call that changes something, and after each step. */
async function momentsOf(history: string): Promise<Moment[]> {
  const moments: Moment[] = []
  const run = new DirHistory()
  const look = (where: string): void => {
    moments.push({disk: run.disk.copy(), promises: run.promises, where})
  }
  run.disk.makeDirectory('/data')
  run.disk.intercept = (kind, path) => {
    if (['write', 'truncate', 'sync', 'remove', 'rename'].includes(kind)) look(`before ${kind} ${path}`)
    return undefined
  }
  await run.open()
  for (const [i, step] of [...history].entries()) {
    await run.step(step as Step)
    look(`after step ${i + 1}, ${step}`)
  }
  return moments
}

/** The dir as it is found after that: it keeps what was promised, and takes more. */
async function checkDisk(disk: MemoryDisk, promises: Promises): Promise<void> {
  const dir = await openWholeDir(disk, SMALL)
  const {log} = dir.partition.replica
  reached.add(dir.partition.recovered.clean ? 'clean' : 'opened')
  if (dir.partition.recovered.cutAt !== undefined) reached.add('cut')
  const end = promises.batches.at(-1)?.nextOffset ?? 0
  reached.add(log.logEndOffset < end ? 'lost something' : 'lost nothing')
  checkPromises(dir, promises, promises.synced)
  disk.endProcess()
}

/** After the first power loss records are appended, synced, and the power goes again. */
async function workOn(disk: MemoryDisk, promises: Promises, chance: Chance): Promise<void> {
  const next = new DirHistory(disk)
  await next.open()
  const {log} = next.dir.partition.replica
  const kept = [...promises.batches, ...promises.perhaps].filter(batch => batch.nextOffset <= log.logEndOffset)
  next.promises = {
    ...promises,
    batches: kept,
    perhaps: [],
    startAsked: Math.max(promises.startAsked, log.logStartOffset),
  }
  const steps = anyHistory(chance, 4)
  try {
    for (const step of steps) await next.step(step as Step)
    reached.add('worked on')
    disk.scatter(anyScattering(chance))
    await checkDisk(disk, next.promises)
  } catch (error) {
    ;(error as Error).message = `then ${steps}: ${(error as Error).message}`
    throw error
  }
}

for (const history of SMALL_HISTORIES) {
  test(`${history}: every call, every way to lose power`, async () => {
    let states = 0
    let unfinished = 0
    for (const {disk, promises, where} of await momentsOf(history)) {
      const ways = new Odometer()
      let tried = 0
      let more = true
      for (; more && tried < WAYS_MAX; tried++) {
        const lost = disk.copy()
        lost.scatter(scatteringBy(options => ways.decide(options)))
        await checkDisk(lost, promises).catch((error: Error) => {
          error.message = `${where}, way ${tried}: ${error.message}. Again: ${replayCommand('power-loss', {HISTORY: history})}`
          throw error
        })
        more = ways.next()
      }
      states += tried
      if (more) unfinished++
    }
    console.log(`\n${history}: ${states} states, 0 red; at ${unfinished} calls only the first ${WAYS_MAX} ways`)
  })
}

if (HISTORY === undefined) {
  test(`${count} random states of random histories`, async () => {
    let states = 0
    for (let i = 0; states < count; i++) {
      const chance = new Chance(seed + i)
      const history = anyHistory(chance, 3 + chance.below(10))
      const again = replayCommand('power-loss', {SEED: seed + i, RUNS: 1})
      const annotate = (where: string) => (error: Error) => {
        error.message = `${history}, ${where}: ${error.message}. Again: ${again}`
        throw error
      }
      for (const {disk, promises, where} of await momentsOf(history).catch(annotate('no fault'))) {
        if (chance.oneIn(2)) continue
        const lost = disk.copy()
        lost.scatter(anyScattering(chance))
        await checkDisk(lost, promises).catch(annotate(where))
        if (chance.oneIn(4)) await workOn(lost, promises, chance).catch(annotate(where))
        states++
      }
    }
    console.log(`\n${states} random states, seed ${seed}, 0 red; ${reached}`)
    assert.equal(reached.missing(10), [])
  })
}

test.run()
