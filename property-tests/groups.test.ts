/** T06, groups: consumers join, sync, beat, commit, leave and die as they like, while the coordinator moves from broker to broker. */
import fc from 'fast-check'
import {test} from 'uvu'
import {REBALANCE_MS, SESSION_MS} from './groups/group-bed.ts'
import {CONSUMERS, GroupHistory} from './groups/group-history.ts'
import {runs} from './runs.ts'

/** What is done, how often beside the others, and by whom, for how long, or with how many. */
const STEPS = {
  obeyAll: {weight: 4, with: fc.nat({max: 3})},
  join: {weight: 4, with: fc.nat({max: CONSUMERS - 1})},
  sync: {weight: 4, with: fc.nat({max: CONSUMERS - 1})},
  beat: {weight: 3, with: fc.nat({max: CONSUMERS - 1})},
  commit: {weight: 4, with: fc.nat({max: CONSUMERS - 1})},
  late: {weight: 2, with: fc.nat({max: CONSUMERS - 1})},
  leave: {weight: 1, with: fc.nat({max: CONSUMERS - 1})},
  die: {weight: 1, with: fc.nat({max: CONSUMERS - 1})},
  pass: {weight: 4, with: fc.constantFrom(0, 0, 0, 1000, SESSION_MS / 2, SESSION_MS, REBALANCE_MS)},
  setSlow: {weight: 2, with: fc.constantFrom(0, 1, 1)},
  settle: {weight: 3, with: fc.constant(0)},
  refuse: {weight: 1, with: fc.constant(0)},
  move: {weight: 1, with: fc.nat({max: 3})},
  commitAlone: {weight: 1, with: fc.constant(0)},
  delete: {weight: 1, with: fc.constant(0)},
} satisfies {readonly [Step in keyof GroupHistory]?: {readonly weight: number; readonly with: fc.Arbitrary<number>}}

const step = fc.oneof(
  ...(Object.keys(STEPS) as (keyof typeof STEPS)[]).map(name => ({
    weight: STEPS[name].weight,
    arbitrary: fc.tuple(fc.constant(name), STEPS[name].with),
  })),
)

test('a generation has one leader, parts and commits are of their generation, what is stored is what is told; in the end they agree', () => {
  fc.assert(
    fc.property(fc.array(step, {maxLength: 80, size: 'max'}), steps => {
      const history = new GroupHistory()
      for (const [name, number] of steps) {
        history[name](number)
        history.check()
      }
      history.converge()
    }),
    runs(200),
  )
})

test.run()
