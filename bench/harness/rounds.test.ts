import {test} from 'uvu'
import * as assert from 'uvu/assert'
import type {Measure, Subject} from './measure.ts'
import {Quiet} from './quiet.ts'
import {measureRounds} from './rounds.ts'
import {ourRows, toJson} from './row.ts'
import type {Scale} from './scale.ts'
import {Scratch} from './scratch.ts'

const scale: Scale = {name: 'quick', rounds: 3, warmsUp: true, pick: by => by.quick}
const context = {scale, quiet: new Quiet(0), scratch: new Scratch('none is used')}

/** Gives one value after the other; the first falls into the round of warm-up. */
function subject(name: string, unit: Measure['unit'], values: number[], order: string[] = []): Subject {
  return {
    name,
    round() {
      order.push(name)
      return [{what: '100 B', unit, value: values.shift()!}]
    },
  }
}

test('rounds are interleaved, the first does not count, the median and the spread of the others do', async () => {
  const order: string[] = []
  const subjects = [subject('a', 'ns', [9000, 10, 40, 20], order), subject('b', 'ns', [0, 7, 7, 7], order)]
  const results = await measureRounds(subjects, context)
  assert.is(order.join(''), 'abababab')
  assert.equal(results, [
    {subject: 'a', what: '100 B', unit: 'ns', value: 20, spread: 1.5},
    {subject: 'b', what: '100 B', unit: 'ns', value: 7, spread: 0},
  ])
})

test('a ratio above 1 means that we are better, whichever way the unit counts', async () => {
  for (const [unit, ours, theirs] of [
    ['records/s', 30, 10],
    ['MiB/s', 30, 10],
    ['ns', 10, 30],
    ['µs', 10, 30],
  ] as const) {
    const subjects = [
      subject('odradek', unit, [0, ours, ours, ours]),
      subject('peer', unit, [0, theirs, theirs, theirs]),
    ]
    const [our, their] = await measureRounds(subjects, context)
    assert.equal(ourRows({case: 'a', level: 'written'}, our!, [their!]).map(toJson), [
      `{"case":"a","subject":"odradek","level":"written","metric":"100 B, ${unit}","value":${ours},"spread":0,"peer":"peer","ratio":3}`,
    ])
  }
})

test.run()
