import type {Case} from './harness/case.ts'
import {measureRounds} from './harness/rounds.ts'
import {plainRow} from './harness/row.ts'
import {diskLimits} from './limits/disk.ts'
import {memoryLimits} from './limits/memory.ts'
import {pipelineLimit} from './limits/pipeline.ts'
import {recordLimits} from './limits/records.ts'
import {threadLimits} from './limits/threads.ts'

export const limits: Case = {
  name: 'limits',
  question: 'What is physically possible on this machine, in this version of Node?',
  method:
    'Each step by itself, in the shortest loop there is, nothing else going on. Building and walking records run our own code without a log around it, and so do, side by side, building them in one thread and checking and writing them in another, neither of which ever looks at the other; the rest ' +
    'is Node and the kernel. Round trips are between the main thread and a worker.',
  async run(context) {
    const {pick} = context.scale
    const results = await measureRounds(
      [
        ...recordLimits(pick({full: 2_000_000, quick: 1_000_000, tiny: 2000})),
        ...memoryLimits(pick({full: 2_000_000, quick: 1_000_000, tiny: 2000})),
        pipelineLimit(pick({full: 512, quick: 256, tiny: 2}), context.scratch),
        ...threadLimits(pick({full: 2000, quick: 500, tiny: 20})),
        ...diskLimits(pick({full: 256, quick: 64, tiny: 2}), context.scratch),
      ],
      context,
    )
    return results.map(result => plainRow({case: 'limits', level: null}, result))
  },
}
