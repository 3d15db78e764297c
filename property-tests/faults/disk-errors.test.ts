/**
 * The disk refuses at the first call, the second, the third, and so on to the end of a history: once or from then on for a while,
 * with an I/O error, a full disk or a write cut short. Whoever asked is told with a typed error, what was acknowledged stays and can be read, and
 * once the disk is well again the log takes more.
 *
 *   RUNS=100000 SEED=7            faults in random histories, and where chance starts
 */
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {OdradekError, storageError} from '../../engine/errors.ts'
import {DiskFaults} from '../simulation/disk-faults.ts'
import {Reached} from '../simulation/reached.ts'
import {Chance, replayCommand, tries} from './chance.ts'
import {anyHistory, DirHistory, type Step} from './dir-history.ts'
import {checkPromises, type Promises, writtenEnd} from './promises.ts'

const {count, seed} = tries(1500)
const HISTORIES = ['asrbs', 'bdbbsx', 'psbtac', 'bkbx']

/** How a call goes wrong, and how many after it. */
const WAYS = [
  {fails: 'EIO', times: 1},
  {fails: 'ENOSPC', times: 1},
  {fails: 'ENOSPC', times: 8},
  {fails: 'EMFILE', times: 3},
  {fails: 'EACCES', times: 4},
  {fails: 'EROFS', times: 1},
  {fails: 'ENOTDIR', times: 2},
  {fails: 0, times: 2},
  {fails: 30, times: 1},
] as const
const CODES = new Set(['DISK_FULL', 'PERMISSION_DENIED', 'NOT_A_DIRECTORY', 'KAFKA_STORAGE_ERROR'])
type Way = (typeof WAYS)[number]

const reached = new Reached([
  'refused to open',
  'refused an append',
  'refused a sync',
  'refused a roll',
  'refused a close',
  'failed for good',
  'nobody noticed',
])
const NAMES: Partial<Record<Step, Parameters<typeof reached.add>[0]>> = {
  a: 'refused an append',
  b: 'refused an append',
  s: 'refused a sync',
  r: 'refused a roll',
  c: 'refused a close',
}

/** Runs a history in which the nth call goes wrong; false where it ended before. */
async function runWith(history: string, nth: number, way: Way): Promise<boolean> {
  const run = new DirHistory()
  const {disk} = run
  disk.makeDirectory('/data')
  const faults = new DiskFaults({kind: typeof way.fails === 'number' ? 'write' : 'any', nth, ...way})
  let refusals = 0
  for (const step of [...history] as Step[]) {
    disk.intercept = faults.intercept
    try {
      if (!run.isOpen) await run.reopen()
      await run.step(step)
    } catch (error) {
      refusals++
      // what the replica thread makes of it
      const {code} = storageError(error, 'a step')
      assert.ok(CODES.has(code), String(error))
      reached.add(run.isOpen ? (NAMES[step] ?? 'refused a sync') : step === 'c' ? 'refused a close' : 'refused to open')
    }
    disk.intercept = undefined
    if (!run.isOpen) {
      disk.endProcess()
      checkKept(await copyOf(run), run.promises)
      continue
    }
    // a cut that failed leaves it open what is still there
    if (step !== 't') checkPromises(run.dir, run.promises, writtenEnd(run.promises))
    if (run.dir.partition.replica.log.failure !== undefined) await mend(run, step)
  }
  disk.intercept = undefined
  if (faults.happened > 0 && refusals === 0) reached.add('nobody noticed')
  await goesOn(run)
  return faults.happened > 0
}

/** After a failed sync or cut nothing is taken any more; opening it again helps. */
async function mend(run: DirHistory, failed: Step): Promise<void> {
  reached.add('failed for good')
  const before = run.promises
  for (const step of failed === 't' ? [] : (['a', 'r'] as const)) {
    const error = await run.step(step).catch((caught: unknown) => caught)
    assert.ok(
      error instanceof OdradekError && error.code === 'KAFKA_STORAGE_ERROR',
      `${step} after ${failed}: ${error}`,
    )
  }
  assert.is(run.promises.synced, before.synced)
  assert.is(writtenEnd(run.promises), writtenEnd(before))
  checkKept(await copyOf(run), before)
  await run.reopen()
}

/** The dir as another process would find it. */
async function copyOf(run: DirHistory): Promise<DirHistory> {
  const copy = new DirHistory(run.disk.copy())
  await copy.open()
  return copy
}

function checkKept(found: DirHistory, promises: Promises): void {
  checkPromises(found.dir, promises, writtenEnd(promises))
}

/** The disk is well: the log opens, takes records, and has them after a kill, a power loss and a close. */
async function goesOn(run: DirHistory): Promise<void> {
  if (!run.isOpen) await run.reopen()
  for (const step of ['a', 'b', 's', 'a'] as const) await run.step(step)
  const {promises} = run
  checkPromises(run.dir, promises, writtenEnd(promises))
  for (const [how, end] of [['kill', writtenEnd(promises)] as const, ['power', promises.synced] as const]) {
    const after = new DirHistory(run.disk.copy())
    if (how === 'power') after.disk.losePower({changes: () => 0, bytes: () => 0})
    await after.open()
    checkPromises(after.dir, promises, end)
  }
  await run.step('c')
  checkPromises(run.dir, run.promises, writtenEnd(run.promises))
}

for (const history of HISTORIES) {
  test(`${history}: each call goes wrong in each way`, async () => {
    let faults = 0
    for (const way of WAYS) {
      for (let nth = 1; ; nth++, faults++) {
        const happened = await runWith(history, nth, way).catch((error: Error) => {
          error.message = `call ${nth}, ${JSON.stringify(way)}: ${error.message}`
          throw error
        })
        if (!happened) break
      }
    }
    console.log(`\n${history}: ${faults} faults, 0 red`)
    assert.ok(faults > 300, 'it makes many calls')
  })
}

test(`${count} faults in random histories`, async () => {
  for (let i = 0; i < count; i++) {
    const chance = new Chance(seed + i)
    const history = anyHistory(chance, 4 + chance.below(8))
    const [nth, way] = [1 + chance.below(120), chance.pick(WAYS)]
    await runWith(history, nth, way).catch((error: Error) => {
      const again = replayCommand('disk-errors', {SEED: seed + i, RUNS: 1})
      error.message = `${history}, call ${nth}, ${JSON.stringify(way)}: ${error.message}. Again: ${again}`
      throw error
    })
  }
  console.log(`\n${count} faults, seed ${seed}, 0 red; ${reached}`)
  assert.equal(reached.missing(10), [])
})

test.run()
