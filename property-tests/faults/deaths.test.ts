/**
 * A thread dies at each of its steps, in the middle of every operation and of every copy: the others go on, and nobody sees
 * half of what it did.
 *
 *   SCHEDULES=1000                for each step at which a thread dies
 */
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {killEverywhere} from '../interleavings/kill.ts'
import {openLab} from '../interleavings/lab.ts'
import {describe} from '../interleavings/report.ts'

const {SCHEDULES = '200'} = process.env
const PREEMPTIONS = 1

const {scenarios, scheduler, sites} = await openLab()

for (const scenario of scenarios) {
  for (const victim of Object.keys(scenario.mortal)) {
    const actor = scenario.actors.findIndex(({name}) => name === victim)
    if (actor < 0) continue
    test(`${scenario.name}: ${victim} dies`, () => {
      let schedules = 0
      let steps = 0
      for (const weak of [false, true]) {
        const options = {weak, preemptions: PREEMPTIONS, schedulesMax: Number(SCHEDULES)}
        const killed = killEverywhere(scheduler, scenario, actor, options)
        schedules += killed.schedules
        steps = Math.max(steps, killed.steps)
        if (killed.red === undefined) continue
        const {outcome, kill} = killed.red
        assert.unreachable(describe(scenario, {weak, kill}, outcome, sites))
      }
      assert.ok(steps > 1, 'it dies in the middle')
      console.log(`\n${scenario.name}: ${victim} died at each of ${steps} steps, ${schedules} schedules, 0 red`)
    })
  }
}

test.run()
