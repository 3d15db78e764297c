import type {Case} from './harness/case.ts'
import {compare} from './harness/compare.ts'
import {measureRounds} from './harness/rounds.ts'
import {DESTINATIONS} from './pino/destinations.ts'
import {logLines} from './pino/log-lines.ts'

export const pino: Case = {
  name: 'pino',
  question: 'How many lines a second does a program log with pino, and how long do the calls keep it?',
  method:
    'The same `logger.info` of an object with two numbers and a message, 130 bytes a line, 100 lines a turn of the event loop, into each destination: the flight recorder of `examples/` in the thread ' +
    'that logs, and in pino’s worker; pino’s own file destination, `sync: true`, and `sync: false` with `minLength: 4096`; its `pino/file` in its worker. A line is in a file when it ' +
    'survives the end of the process; nothing is synced. With no destination, pino only makes the line. Lines are counted and looked at, every round.',
  async run(context) {
    const lines = {
      before: context.scale.pick({full: 200_000, quick: 10_000, tiny: 200}),
      count: context.scale.pick({full: 500_000, quick: 25_000, tiny: 300}),
    }
    context.progress(Object.keys(DESTINATIONS).join(', '))
    const subjects = Object.keys(DESTINATIONS).map(name => logLines(name, lines, context))
    return compare({case: 'pino', level: 'written'}, await measureRounds(subjects, context))
  },
}
