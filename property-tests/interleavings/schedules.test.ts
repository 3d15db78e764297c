/**
 * The shared-memory protocols under controlled schedules: all of them with few preemptions, random ones beyond, on a machine
 * with one memory and on one where each thread has its own.
 *
 *   RUNS=100000                   random schedules of each scenario and machine
 *   PREEMPTIONS=3                 for the exhaustive part, where there are few enough schedules
 *   SCHEDULE='inbox weak …'       one schedule again, as a failure prints it
 */
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {runs} from '../runs.ts'
import {exhaust, replay, sample} from './explore.ts'
import {openLab} from './lab.ts'
import {describe, parseSchedule} from './report.ts'

const {SCHEDULE, PREEMPTIONS = '1'} = process.env
const {numRuns, seed = 1} = runs(40)
/** Times a priority falls in a random schedule: bugs of this depth and one more are found with good probability. */
const FALLS = 3

const {scenarios, scheduler, sites, preemptions} = await openLab()

for (const scenario of SCHEDULE === undefined ? scenarios : []) {
  test(`${scenario.name}: every schedule with few preemptions, and random ones`, () => {
    const bound = Math.min(preemptions.get(scenario)!, Number(PREEMPTIONS))
    const startMs = performance.now()
    let schedules = 0
    let turns = 0
    for (const world of [{weak: false}, {weak: true}]) {
      const all = exhaust(scheduler, scenario, world, bound)
      const some = all.red ?? sample(scheduler, scenario, world, {runs: numRuns, seed, falls: FALLS})
      for (const explored of 'schedules' in some ? [all, some] : [all]) {
        schedules += explored.schedules
        turns += explored.turns
        if (explored.red !== undefined) assert.unreachable(describe(scenario, world, explored.red, sites))
      }
    }
    const perSecond = Math.round(schedules / ((performance.now() - startMs) / 1000))
    const counted = `${schedules} schedules (all with ≤ ${bound} preemptions, ${2 * numRuns} random, seed ${seed})`
    console.log(`\n${scenario.name}: ${counted}, ${Math.round(turns / schedules)} turns each, ${perSecond}/s, 0 red`)
  })
}

if (SCHEDULE !== undefined) {
  test(`again: ${SCHEDULE}`, () => {
    const {scenario, world, grants} = parseSchedule(SCHEDULE, scenarios)
    const outcome = replay(scheduler, scenario, world, grants)
    const failure = outcome.failure ?? new Error('it keeps every promise')
    console.log(describe(scenario, world, {...outcome, failure}, sites))
    assert.is(outcome.failure, undefined)
  })
}

test.run()
