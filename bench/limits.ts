import type {Case} from './harness/case.ts'
import {measureRounds} from './harness/rounds.ts'
import {plainRow} from './harness/row.ts'
import {diskLimits} from './limits/disk.ts'
import {memoryLimits} from './limits/memory.ts'
import {recordLimits} from './limits/records.ts'
import {threadLimits} from './limits/threads.ts'

export const limits: Case = {
  name: 'limits',
  question: 'What is physically possible on this machine, in this version of Node?',
  method:
    'Each step by itself, in the shortest loop there is, nothing else going on. Building and walking records run our own code without a log around it; the rest ' +
    'is Node and the kernel. Round trips are between the main thread and a worker.',
  async run(context) {
    const {pick} = context.scale
    const results = await measureRounds(
      [
        ...recordLimits(pick({full: 2_000_000, quick: 1_000_000, tiny: 2000})),
        ...memoryLimits(pick({full: 2_000_000, quick: 1_000_000, tiny: 2000})),
        ...threadLimits(pick({full: 2000, quick: 500, tiny: 20})),
        ...diskLimits(pick({full: 256, quick: 64, tiny: 2}), context.scratch),
      ],
      context,
    )
    return results.map(result => plainRow({case: 'limits', level: null}, result))
  },
}
