import {bound} from './harness/bound.ts'
import type {Case, Context} from './harness/case.ts'
import {runChild} from './harness/child.ts'
import {compare} from './harness/compare.ts'
import {type Measure, OURS, type Result} from './harness/measure.ts'
import {measureRounds} from './harness/rounds.ts'
import type {Found} from './partitions/many.ts'

const MIB = 1024 * 1024
/** What holds for every number of partitions is held against its bound once, at its worst. */
const WORST = 'at most'

export const partitions: Case = {
  name: 'partitions',
  question: 'What do many partitions cost?',
  method:
    'A process each, limited to 1 024 open files: one broker, one coordinator, a topic of so many partitions with one replica each, written. Making the topic counts until every partition has a leader that serves. Then 10 000 records of 100 B a second, each to the next partition, at planned times, with an acknowledgement each, of which the second half is looked at; ' +
    'then records of 100 B as fast as they are taken, 64 to one partition at a time. Memory and files are looked at after that, and then the processor time of the whole process while nothing happens, for 3 s. Every partition is read to its end at last: it has its records in their order.',
  async run(context) {
    const counts = context.scale.pick({full: [1, 16, 100, 1000, 10_000], quick: [1, 16, 100, 1000, 10_000], tiny: [2]})
    const results: Result[] = []
    for (const count of counts) {
      context.progress(`${count} partitions`)
      const name = `${count.toLocaleString('en')} partition${count === 1 ? '' : 's'}`
      results.push(...(await measureRounds([{name: OURS, round: () => runMany(name, count, context)}], context)))
    }
    const bounds = [
      ['creating the topic', 'ms', 5000],
      ['resident memory', 'MiB', 2048],
      ['open files', 'files', 1024],
      ['idle', '% of a core', 2],
    ] as const
    const worst = bounds.flatMap(([what, unit, value]) => {
      const same = results.filter(result => result.what.endsWith(`: ${what}`))
      const greatest = same.toSorted((a, b) => b.value - a.value)[0]!
      return [{...greatest, what: `${what}, ${WORST}`}, bound(`${what}, ${WORST}`, unit, value)]
    })
    return compare({case: 'partitions', level: 'written'}, [...results, ...worst])
  },
}

function runMany(name: string, count: number, {scale, scratch}: Context): Promise<Measure[]> {
  const seconds = scale.pick({full: 4, quick: 2, tiny: 0.05})
  const most = scale.pick({full: 2_000_000, quick: 500_000, tiny: 1000})
  return scratch.use(async dir => {
    const entry = new URL('./partitions/many.js', import.meta.url)
    const args = [dir, count, Math.round(10_000 * seconds), most, scale.pick({full: 3000, quick: 3000, tiny: 20})]
    const found = (await runChild(entry, args.map(String), {openFiles: 1024})) as Found
    const row = (what: string, unit: Measure['unit'], value: number): Measure => ({
      what: `${name}: ${what}`,
      unit,
      value,
    })
    return [
      row('creating the topic', 'ms', found.createMs),
      row('10 k records/s, p50', 'µs', found.p50),
      row('10 k records/s, p99', 'µs', found.p99),
      row('appending', 'records/s', found.perSecond),
      row('resident memory', 'MiB', found.rss / MIB),
      row('open files', 'files', found.openFiles),
      row('threads', 'threads', found.threads),
      row('idle', '% of a core', Math.max(0.01, 100 * found.idleCores)),
    ]
  })
}
