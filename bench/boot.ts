import {bound} from './harness/bound.ts'
import type {Case, Context} from './harness/case.ts'
import {runChild} from './harness/child.ts'
import {compare} from './harness/compare.ts'
import {OURS, type Subject} from './harness/measure.ts'
import {measureRounds} from './harness/rounds.ts'
import {median} from './harness/statistics.ts'

const SMALL = '1 broker, 1 coordinator'
const LARGE = '3 brokers, 3 coordinators'

export const boot: Case = {
  name: 'boot',
  question: 'How long does a program wait for a new cluster?',
  method:
    'A new process each time, by its own clock: `openCluster` with an empty dir, `partition`, and one `send`, acknowledged by every replica, synced. The topic is made on the way. In the rows with the import the time of `import` of the package as it is installed is added. The median of several processes is one round.',
  async run(context) {
    context.progress('new processes')
    const results = await measureRounds(
      [openNew(SMALL, {brokers: 1, coordinators: 1}, context), openNew(LARGE, {brokers: 3, coordinators: 3}, context)],
      context,
    )
    return compare({case: 'boot', level: 'synced'}, [...results, bound(SMALL, 'ms', 150), bound(LARGE, 'ms', 400)])
  },
}

function openNew(
  what: string,
  {brokers, coordinators}: {brokers: number; coordinators: number},
  {scale, scratch}: Context,
): Subject {
  const processes = scale.pick({full: 9, quick: 5, tiny: 1})
  return {
    name: OURS,
    async round() {
      const times: Times[] = []
      for (let i = 0; i < processes; i++) times.push(await scratch.use(dir => open(dir, brokers, coordinators)))
      return [
        {what, unit: 'ms', value: median(times.map(({openMs}) => openMs))},
        {what: `${what}, with the import`, unit: 'ms', value: median(times.map(t => t.importMs + t.openMs))},
      ]
    },
  }
}

interface Times {
  readonly importMs: number
  readonly openMs: number
}

async function open(dir: string, brokers: number, coordinators: number): Promise<Times> {
  const entry = new URL('./boot/opener.js', import.meta.url)
  return (await runChild(entry, [dir, String(brokers), String(coordinators)])) as Times
}
