import {bound} from './harness/bound.ts'
import type {Case} from './harness/case.ts'
import {compare} from './harness/compare.ts'
import {measureRounds} from './harness/rounds.ts'
import type {Row} from './harness/row.ts'
import {deliver} from './latency/subjects.ts'

const PLACE = {case: 'latency', level: 'written'} as const

export const latency: Case = {
  name: 'latency',
  question: 'How long after it was to be appended does a reader in another thread have a record?',
  method:
    'Records of 100 B at planned times, from the main thread to a worker, by way of the replica thread and the page cache. A record’s age counts from its planned time, so a stall counts for every record it delays; the first half of them is not looked at. ' +
    'The reader waits: its thread blocks (`waitSync`, then `poll`); beside it one that awaits a promise (`wait`), and one that spins. `postMessage` sends the same bytes at the same times, one message a record, and stores nothing: one thread wakes one other. Relayed, they go by way of a third thread that passes them on, as our records do by way of the replica thread: two wake-ups each. The sender looks at the clock in a loop, so one of two cores is always busy.',
  async run(context) {
    const {pick} = context.scale
    const rows: Row[] = []
    for (const perSecond of [10_000, 100_000]) {
      context.progress(`${perSecond} records/s`)
      const count = Math.round(perSecond * pick({full: 4, quick: 2, tiny: 0.01}))
      const load = {perSecond, count, before: count / 2}
      const subjects = (['blocking', 'awaiting', 'spinning', 'message', 'relayed'] as const).map(by =>
        deliver(by, load, context),
      )
      const what = `${perSecond / 1000} k records/s`
      const bounds = [bound(`${what}, p50`, 'µs', 60), bound(`${what}, p99`, 'µs', 1500)]
      rows.push(...compare(PLACE, [...(await measureRounds(subjects, context)), ...bounds]))
    }
    return rows
  },
}
