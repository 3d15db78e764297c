import fc from 'fast-check'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {agreedEnd} from './reconcile.ts'

const history = (end: number, ...epochs: readonly (readonly [number, number])[]) => ({
  end,
  epochs: epochs.map(([epoch, startOffset]) => ({epoch, startOffset})),
})

test('two logs agree up to the end of the last epoch that both know', () => {
  const leader = history(30, [0, 0], [1, 10], [3, 20])
  assert.is(agreedEnd(history(15, [0, 0], [1, 10]), leader), 15)
  assert.is(agreedEnd(history(25, [0, 0], [1, 10]), leader), 20)
  assert.is(agreedEnd(history(25, [0, 0], [1, 10], [2, 18]), leader), 18)
  assert.is(agreedEnd(history(40, [0, 0], [1, 10], [3, 20]), leader), 30)
})

test('logs without an epoch in common agree in nothing; an empty one agrees with any', () => {
  assert.is(agreedEnd(history(9, [0, 0]), history(30, [4, 20])), 0)
  assert.is(agreedEnd(history(0), history(30, [4, 20])), 0)
})

test('it is what a comparison record by record finds, where no epoch has two leaders', () => {
  // logs as lists of epochs, a record each; epochs are branches of one tree: who shares an epoch shares all before it
  const anyLog = fc.array(fc.integer({min: 0, max: 3}), {maxLength: 12}).map(steps => {
    const epochs: number[] = []
    let epoch = 0
    for (const step of steps) epochs.push((epoch += step === 3 ? 1 : 0))
    return epochs
  })
  fc.assert(
    fc.property(anyLog, fc.nat(12), fc.nat(5), fc.nat(12), (shared, keep, more, cut) => {
      const own = [...shared.slice(0, keep), ...Array.from({length: more}, () => 100)]
      const leader = [...shared.slice(0, Math.max(keep, cut)), ...Array.from({length: cut}, () => 200)]
      const same = Math.min(own.length, leader.length)
      let expected = 0
      while (expected < same && own[expected] === leader[expected]) expected++
      assert.is(agreedEnd(told(own), told(leader)), expected)
    }),
  )
})

function told(epochs: readonly number[]) {
  const starts = epochs.flatMap((epoch, startOffset) =>
    epoch === epochs[startOffset - 1] ? [] : [{epoch, startOffset}],
  )
  return {epochs: starts, end: epochs.length}
}

test.run()
