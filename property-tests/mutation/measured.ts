/** Trials on what nobody changed: all are green there, or they would notice everything; how long they take, and what code they run. */
import type {Host} from './host.ts'
import {Reached} from './reached.ts'
import {environmentOf} from './rooms.ts'
import type {Trial} from './trial.ts'

export interface Measured {
  readonly trial: Trial
  readonly cpuMs: number
  readonly reached: Reached
}

/** Of processor time. A test from above that takes longer is left out: survivors are asked everything. */
const CPU_MS_MAX = 4000
const LIMIT_MS = 60_000

export async function measured(hosts: readonly Host[], tests: ReadonlySet<string>, seed: string): Promise<Measured[]> {
  const all: Measured[] = []
  const queue = tests.values()
  const work = async (host: Host) => {
    for (const test of queue) {
      for (const trial of await trialsIn(host, test, environmentOf(test, seed))) {
        const found = await measure(host, trial)
        if (typeof found !== 'string') all.push(found)
        else if (trial.only === undefined) throw new Error(`without a mutant ${test}: ${found}`)
        else console.log(`left out: ${test}, test ${trial.only + 1}: ${found}`)
      }
    }
  }
  await Promise.all(hosts.map(work))
  return all
}

/** The tests beside a module are quick, all together; of those above each is a trial of its own. */
async function trialsIn(host: Host, test: string, environment: Trial['environment']): Promise<Trial[]> {
  const whole: Trial = {test, environment}
  if (test.startsWith('engine/')) return [whole]
  const told = await host.ask({trial: {...whole, only: -1}, limitMs: CPU_MS_MAX})
  if ('ended' in told) throw new Error(`without a mutant ${test}: ${told.ended}`)
  return Array.from({length: told.tests}, (_, only) => ({...whole, only}))
}

/** A word says why a trial is none. */
async function measure(host: Host, trial: Trial): Promise<Measured | string> {
  const told = await host.ask({trial, limitMs: trial.only === undefined ? LIMIT_MS : CPU_MS_MAX})
  if ('ended' in told) return told.ended
  if (told.problem !== undefined) return told.problem.split('\n', 1)[0]!
  const covered = await host.ask({trial, limitMs: LIMIT_MS, covers: true})
  return 'ended' in covered ? covered.ended : {trial, cpuMs: told.cpuMs, reached: new Reached(covered.ranges)}
}
