import {foreground} from './compaction/foreground.ts'
import type {Case} from './harness/case.ts'
import {compare} from './harness/compare.ts'
import {measureRounds} from './harness/rounds.ts'

export const compaction: Case = {
  name: 'compaction',
  question: 'What does a sender pay for compaction in the background?',
  method:
    'One thread appends 20 records of 200 B each ms, of 100 000 keys in turn, and awaits the acknowledgement at `written` of one more: the time of that is told. Segments have 4 MiB, jobs follow one another (the log is looked at every 50 ms, any dirt is enough) and ' +
    'go on all the time: the log is compacted once before the first acknowledgement that counts, and further during the others. Beside it the same with a log that is not compacted.',
  async run(context) {
    const {pick} = context.scale
    const load = {
      before: pick({full: 300_000, quick: 300_000, tiny: 60_000}),
      keys: pick({full: 100_000, quick: 100_000, tiny: 1000}),
      sends: pick({full: 4000, quick: 2500, tiny: 20}),
    }
    const subjects = [true, false].map(isCompacted => foreground({isCompacted}, load, context))
    return compare({case: 'compaction', level: 'written'}, await measureRounds(subjects, context))
  },
}
