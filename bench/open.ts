import {openLog} from '../index.ts'
import {bound} from './harness/bound.ts'
import type {Case} from './harness/case.ts'
import {runChild} from './harness/child.ts'
import {compare} from './harness/compare.ts'
import {OURS, type Subject} from './harness/measure.ts'
import {measureRounds} from './harness/rounds.ts'
import type {Scratch} from './harness/scratch.ts'
import {median} from './harness/statistics.ts'

const IMPORT = 'import the package'
const OPEN = 'open an existing dir, to the first synced acknowledgement'

export const open: Case = {
  name: 'open',
  question: 'How long does a program wait for its log?',
  method:
    'A new process each time: `import` of the package as it is installed, which does not start a thread, then `openLog` of a dir that was closed cleanly, and one `send` at `synced`. Beside it what Node itself takes: for a process with an empty module, from its start to its end, and for a thread that does nothing, until it runs. The median of several processes is one round.',
  async run(context) {
    context.progress('new processes')
    const processes = context.scale.pick({full: 9, quick: 5, tiny: 1})
    const results = await measureRounds([openAgain(processes, context.scratch), bareNode(processes)], context)
    return compare({case: 'open', level: 'synced'}, [...results, bound(IMPORT, 'ms', 30), bound(OPEN, 'ms', 60)])
  },
}

function openAgain(processes: number, scratch: Scratch): Subject {
  return {
    name: OURS,
    round: () =>
      scratch.use(async dir => {
        const log = await openLog(dir)
        await log.send(Array.from({length: 1000}, (_, i) => `record ${i}`))
        await log.close()
        const times: {importMs: number; openMs: number}[] = []
        for (let i = 0; i < processes; i++) times.push((await run('opener', dir)) as (typeof times)[0])
        return [
          {what: IMPORT, unit: 'ms', value: median(times.map(({importMs}) => importMs))},
          {what: OPEN, unit: 'ms', value: median(times.map(({openMs}) => openMs))},
        ]
      }),
  }
}

function bareNode(processes: number): Subject {
  return {
    name: 'bare Node',
    async round() {
      const processMs: number[] = []
      const threadMs: number[] = []
      for (let i = 0; i < processes; i++) {
        const startMs = performance.now()
        await run('bare-process')
        processMs.push(performance.now() - startMs)
        threadMs.push((await run('bare-thread')) as number)
      }
      return [
        {what: 'an empty process', unit: 'ms', value: median(processMs)},
        {what: 'an empty thread', unit: 'ms', value: median(threadMs)},
      ]
    },
  }
}

function run(program: string, ...args: string[]): Promise<unknown> {
  return runChild(new URL(`./open/${program}.js`, import.meta.url), args)
}
