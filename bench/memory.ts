import {bytesPayload} from './append/payload.ts'
import {bound} from './harness/bound.ts'
import type {Case, Context} from './harness/case.ts'
import {runChild} from './harness/child.ts'
import {compare} from './harness/compare.ts'
import {OURS, type Subject} from './harness/measure.ts'
import {measureRounds} from './harness/rounds.ts'

const MIB = 1024 * 1024
const IDLE = 'one idle log, over a bare process'
const GROWTH = 'growth after the first GiB appended'
const {recordBytes} = bytesPayload('1 KiB', 1024)

export const memory: Case = {
  name: 'memory',
  question: 'How much memory does a log take, and does that grow?',
  method:
    'Resident memory of a process of its own, after a collection: before the package is imported; with one log open, its replica and flusher threads up; after 1 GiB of records of 1 KiB; and after nine more (`--quick`: three). A process that has shrunk counts as 0.1 MiB of growth.',
  async run(context) {
    context.progress('append in a process of its own')
    const results = await measureRounds([appendLong(context)], context)
    return compare({case: 'memory', level: 'written'}, [...results, bound(IDLE, 'MiB', 40), bound(GROWTH, 'MiB', 8)])
  },
}

function appendLong({scale, scratch}: Context): Subject {
  const records = (mib: number): string => String(Math.floor((mib * MIB) / recordBytes))
  const first = scale.pick({full: 1024, quick: 1024, tiny: 1})
  const all = scale.pick({full: 10 * 1024, quick: 4 * 1024, tiny: 10})
  return {
    name: OURS,
    round: () =>
      scratch.use(async dir => {
        const entry = new URL('./memory/appender.js', import.meta.url)
        const found = (await runChild(entry, [dir, records(first), records(all)], {
          flags: ['--expose-gc'],
        })) as Found
        return [
          {what: IDLE, unit: 'MiB', value: (found.idle - found.bare) / MIB},
          {what: GROWTH, unit: 'MiB', value: Math.max(0.1, (found.end - found.after) / MIB)},
        ]
      }),
  }
}

interface Found {
  readonly bare: number
  readonly idle: number
  readonly after: number
  readonly end: number
}
