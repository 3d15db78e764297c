import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {type Check, checkEqual, checkFingerprint, checkLookUps, checkVerified} from './checks.ts'
import {fingerprintOf} from './fingerprint.ts'
import type {Flight} from './flights.ts'
import {lookUpEach} from './look-ups.ts'

const flight = (key: string, minute: number): Flight => ({key, timestamp: minute * 60_000, value: `${minute},${key}`})
/** ATL and DFW are the first producer's, ORD and SEA the second's. */
const FLIGHTS = [flight('ATL', 1), flight('ORD', 1), flight('DFW', 2), flight('SEA', 3), flight('ATL', 3)]
const [atlanta, chicago, dallas, seattle, atlantaAgain] = FLIGHTS as [Flight, Flight, Flight, Flight, Flight]

const failed = (checks: readonly Check[]) => checks.filter(({problem}) => problem !== undefined).map(({name}) => name)
const judge = (flights: readonly Flight[]) =>
  failed(checkFingerprint('log', fingerprintOf(flights), fingerprintOf(FLIGHTS)))

const COUNT = 'log: every record, once'
const CONTENTS = 'log: contents as in the data set'
const FIRST = 'log: producer 1 in its order'
const SECOND = 'log: producer 2 in its order'

test('the producers may be interleaved in any way', () => {
  assert.equal(judge(FLIGHTS), [])
  assert.equal(judge([chicago, seattle, atlanta, dallas, atlantaAgain]), [])
})

for (const [what, flights, broken] of [
  ['a lost record', [atlanta, chicago, dallas, atlantaAgain], [COUNT, CONTENTS, SECOND]],
  ['a record that is there twice', [atlanta, ...FLIGHTS], [COUNT, CONTENTS, FIRST]],
  ['one record in the place of another', [atlanta, chicago, dallas, chicago, atlantaAgain], [CONTENTS, SECOND]],
  ['a changed value', [{...atlanta, value: '1,ATl'}, chicago, dallas, seattle, atlantaAgain], [CONTENTS, FIRST]],
  ['a changed time', [{...atlanta, timestamp: 1}, chicago, dallas, seattle, atlantaAgain], [CONTENTS, FIRST]],
  ['a changed key', [{...atlanta, key: 'SLC'}, chicago, dallas, seattle, atlantaAgain], [CONTENTS, FIRST, SECOND]],
  ["a producer's records in another order", [dallas, chicago, atlanta, seattle, atlantaAgain], [FIRST]],
  ['no record at all', [], [COUNT, CONTENTS, FIRST, SECOND]],
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

test('a segment that is not intact is named', () => {
  const segment = {baseOffset: 0, endOffset: 5, bytes: 100, batches: 1, records: 5, ok: true, damaged: [], problems: []}
  const problemOf = (over: object, records = 5) => {
    const one = {...segment, ...over}
    return checkVerified('a', {ok: one.ok, records: one.records, bytes: 100, segments: [segment, one]}, records).problem
  }
  assert.is(problemOf({}), undefined)
  assert.is(problemOf({}, 6), 'is 5, should be 6')
  assert.is(
    problemOf({baseOffset: 5, ok: false, problems: ['the time index goes back']}),
    'the segment at offset 5: the time index goes back',
  )
})

test.run()
