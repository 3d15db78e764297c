import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {type Check, checkEqual, checkFingerprint, checkLookUps, checkSame} from './checks.ts'
import {fingerprintOf} from './fingerprint.ts'
import type {Flight} from './flights.ts'
import {lookUpEach} from './look-ups.ts'

const flight = (key: string, minute: number): Flight => ({key, timestamp: minute * 60_000, value: `${minute},${key}`})
const FLIGHTS = [flight('ATL', 1), flight('ORD', 1), flight('DFW', 2), flight('SEA', 3), flight('ATL', 3)]
const [atlanta, chicago, dallas, seattle, atlantaAgain] = FLIGHTS as [Flight, Flight, Flight, Flight, Flight]

const failed = (checks: readonly Check[]) => checks.filter(({problem}) => problem !== undefined).map(({name}) => name)
const judge = (flights: readonly Flight[]) =>
  failed(checkFingerprint('log', fingerprintOf(flights), fingerprintOf(FLIGHTS)))

const COUNT = 'log: every record, once'
const CONTENTS = 'log: contents as in the data set'
const ORDER = 'log: each of 4 airports in its order'

test('the airports may be interleaved in any way', () => {
  assert.equal(judge(FLIGHTS), [])
  assert.equal(judge([chicago, seattle, atlanta, dallas, atlantaAgain]), [])
})

for (const [what, flights, broken] of [
  ['a lost record', [atlanta, chicago, dallas, atlantaAgain], [COUNT, CONTENTS, ORDER]],
  ['a record that is there twice', [atlanta, ...FLIGHTS], [COUNT, CONTENTS, ORDER]],
  ['one record in the place of another', [atlanta, chicago, dallas, chicago, atlantaAgain], [CONTENTS, ORDER]],
  ['a changed value', [{...atlanta, value: '1,ATl'}, chicago, dallas, seattle, atlantaAgain], [CONTENTS, ORDER]],
  ['a changed time', [{...atlanta, timestamp: 1}, chicago, dallas, seattle, atlantaAgain], [CONTENTS, ORDER]],
  ['a changed key', [{...atlanta, key: 'SLC'}, chicago, dallas, seattle, atlantaAgain], [CONTENTS, ORDER]],
  ["an airport's records in another order", [atlantaAgain, chicago, dallas, seattle, atlanta], [ORDER]],
  ['no record at all', [], [COUNT, CONTENTS, ORDER]],
] as const) {
  test(`found: ${what}`, () => assert.equal(judge(flights), broken))
}

test('a failed check says what is and what should be', () => {
  assert.is(checkEqual('a', 1, 1).problem, undefined)
  assert.is(checkEqual('a', {misplaced: 2}, {misplaced: 0}).problem, 'is { misplaced: 2 }, should be { misplaced: 0 }')
})

test('look-ups are compared one by one', () => {
  const right = (target: number) => FLIGHTS[target]
  const wrong = (target: number) => (target === 3 ? undefined : {...FLIGHTS[target]!})
  assert.is(checkLookUps('a', lookUpEach([0, 3, 4], right, right)).problem, undefined)
  const found = lookUpEach([0, 3, 4], wrong, right)
  assert.is(found.tookMs.length, 3)
  assert.match(checkLookUps('a', found).problem ?? '', /^1 wrong, the first: 3 gave undefined, not \{.*SEA/s)
})

test('replicas that are not all there, or not the same, are named', () => {
  assert.is(
    checkSame(
      'a',
      [
        ['x', 'x'],
        ['y', 'y'],
      ],
      2,
    ).problem,
    undefined,
  )
  assert.is(checkSame('a', [['x', 'x'], ['y', 'z'], ['y']], 2).problem, 'not so: partitions 1 2')
})

test.run()
