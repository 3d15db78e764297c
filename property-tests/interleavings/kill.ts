/** An actor dies at every one of its steps, under every schedule with few stops: the others go on. */

import {exhaust} from './explore.ts'
import type {Scenario} from './scenario.ts'
import type {Outcome, Scheduler} from './scheduler.ts'

export interface Killed {
  readonly schedules: number
  readonly steps: number
  readonly red: {readonly outcome: Outcome; readonly kill: {actor: number; step: number}} | undefined
}

export function killEverywhere(
  scheduler: Scheduler,
  scenario: Scenario,
  victim: number,
  options: {weak: boolean; preemptions: number; schedulesMax: number},
): Killed {
  let schedules = 0
  for (let step = 0; ; step++) {
    let died = false
    const kill = {actor: victim, step}
    const {red, ...explored} = exhaust(
      scheduler,
      scenario,
      {weak: options.weak, kill},
      options.preemptions,
      options.schedulesMax,
      outcome => {
        died ||= outcome.killed
      },
    )
    schedules += explored.schedules
    if (red !== undefined) return {schedules, steps: step, red: {outcome: red, kill}}
    if (!died) return {schedules, steps: step, red: undefined}
  }
}
