import fc from 'fast-check'
import type {Operation, PollStep, SendStep, Value} from './operation.ts'

/** What clients of a log without a fault do next. */
interface Move {
  readonly process: number
  readonly partition: number
  readonly kind: 'send' | 'poll' | 'lost answer' | 'refused' | 'seek'
  readonly count: number
}

const move: fc.Arbitrary<Move> = fc.record({
  process: fc.nat(2),
  partition: fc.nat(1),
  kind: fc.constantFrom('send', 'send', 'poll', 'poll', 'lost answer', 'refused', 'seek'),
  count: fc.integer({min: 1, max: 4}),
})

/** A history as a log without a fault would make it: two partitions, three processes that send and poll, gaps between some offsets. */
export const cleanHistories: fc.Arbitrary<Operation[]> = fc
  .array(move, {minLength: 4, maxLength: 40, size: 'max'})
  .map(moves => {
    const logs: {offset: number; value: Value}[][] = [[], []]
    const at = new Map<string, number>()
    const history: Operation[] = []
    let next = 0
    for (const {process, partition, kind, count} of moves) {
      const log = logs[partition]!
      const name = `p-${partition}`
      const place = `${process} ${partition}`
      if (kind === 'poll' || kind === 'seek') {
        if (kind === 'seek') {
          for (const key of [...at.keys()]) if (key.startsWith(`${process} `)) at.delete(key)
          at.set(place, Math.max(0, log.length - count))
        }
        const from = at.get(place) ?? 0
        const step: PollStep = {type: 'poll', partition: name, records: log.slice(from, from + count)}
        at.set(place, from + step.records.length)
        history.push({process, outcome: 'ok', steps: [step], reassigned: kind === 'seek'})
        continue
      }
      // a marker of a transaction takes an offset that nobody ever sees
      const first = (log.at(-1)?.offset ?? -1) + 1 + (count === 4 ? 1 : 0)
      const steps: SendStep[] = []
      for (let i = 0; i < count; i++) {
        const value = next++
        const isStored = kind === 'send' || (kind === 'lost answer' && count > 2)
        if (isStored) log.push({offset: first + i, value})
        steps.push({type: 'send', partition: name, value, offset: kind === 'send' ? first + i : undefined})
      }
      history.push({process, outcome: kind === 'send' ? 'ok' : kind === 'refused' ? 'fail' : 'info', steps})
    }
    // in the end somebody reads all
    for (const [i, log] of logs.entries())
      history.push({process: 'last', outcome: 'ok', steps: [{type: 'poll', partition: `p-${i}`, records: log}]})
    return history
  })

/** Histories of which next to nothing is right. */
export const wildHistories: fc.Arbitrary<Operation[]> = fc.array(
  fc.record({
    process: fc.nat(1),
    outcome: fc.constantFrom('ok', 'ok', 'ok', 'fail', 'info'),
    reassigned: fc.constantFrom(false, false, true),
    steps: fc.array(
      fc.oneof(
        fc.record({
          type: fc.constant('send' as const),
          partition: fc.constantFrom('a', 'b'),
          value: fc.nat(5),
          offset: fc.option(fc.nat(6), {nil: undefined}),
        }),
        fc.record({
          type: fc.constant('poll' as const),
          partition: fc.constantFrom('a', 'b'),
          records: fc.array(fc.record({offset: fc.nat(6), value: fc.nat(5)}), {maxLength: 3}),
        }),
      ),
      {maxLength: 4},
    ),
  }),
  {maxLength: 8},
)
