/** Trials on what nobody changed: all are green there, or they would notice everything; how long they take, and what code they run. */
import type {Host} from './host.ts'
import {Reached} from './reached.ts'
import {environmentOf} from './rooms.ts'
import type {Answer, Question, Trial} from './trial.ts'

export interface Measured {
  readonly trial: Trial
  readonly cpuMs: number
  readonly reached: Reached
}

const LIMIT_MS = 120_000
/** What takes longer is left out: survivors are asked everything. */
const CPU_MS_MAX = 4_000

export async function measured(hosts: readonly Host[], tests: ReadonlySet<string>, seed: string): Promise<Measured[]> {
  const all: Measured[] = []
  const queue = tests.values()
  const work = async (host: Host) => {
    for (const test of queue) {
      for (const trial of await trialsIn(host, test, environmentOf(test, seed))) {
        const name = `${test}${trial.only === undefined ? '' : `, test ${trial.only + 1}`}`
        const {problem, cpuMs} = await asked(host, {trial, limitMs: LIMIT_MS})
        if (problem !== undefined) {
          if (trial.only === undefined) throw new Error(`red without a mutant: ${name}\n${problem}`)
          console.log(`left out, red by itself: ${name}`)
        } else if (cpuMs > CPU_MS_MAX) console.log(`left out, too dear with ${cpuMs} ms: ${name}`)
        else {
          const {ranges = []} = await asked(host, {trial, limitMs: LIMIT_MS, covers: true})
          all.push({trial, cpuMs, reached: new Reached(ranges)})
        }
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
  const {tests} = await asked(host, {trial: {...whole, only: -1}, limitMs: LIMIT_MS})
  return Array.from({length: tests}, (_, only) => ({...whole, only}))
}

async function asked(host: Host, question: Question): Promise<Answer> {
  const told = await host.ask(question)
  if ('ended' in told) throw new Error(`without a mutant ${question.trial.test} ${told.ended}`)
  return told
}
