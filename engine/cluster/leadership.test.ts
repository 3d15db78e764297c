import fc from 'fast-check'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {REPLICAS_MAX} from '../limits.ts'
import {decodeLeadership, encodeLeadership, NO_LEADERSHIP, slotsOf, VERSION_LAPS} from './leadership.ts'

const anyLeadership = fc
  .record({
    leaderEpoch: fc.integer({min: 0, max: 2 ** 31 - 1}),
    version: fc.integer({min: 0, max: VERSION_LAPS - 1}),
    leader: fc.integer({min: -1, max: REPLICAS_MAX - 1}),
    isr: fc.integer({min: 0, max: 2 ** REPLICAS_MAX - 1}),
    deleted: fc.boolean(),
  })
  .map(all => ({...all, isr: all.leader < 0 ? all.isr : all.isr | (1 << all.leader)}))

test('a leadership comes out of its word as it went in', () => {
  fc.assert(
    fc.property(anyLeadership, leadership => {
      assert.equal(decodeLeadership(encodeLeadership(leadership)), leadership)
    }),
  )
})

test('an untouched word is no leadership; a later epoch or version is another word', () => {
  assert.is(decodeLeadership(0n), NO_LEADERSHIP)
  const first = {leaderEpoch: 0, version: 1, leader: 0, isr: 1, deleted: false}
  const words = [first, {...first, leaderEpoch: 1}, {...first, version: 2}, {...first, deleted: true}]
  assert.is(new Set(words.map(encodeLeadership)).size, 4)
  assert.is(encodeLeadership({...first, version: VERSION_LAPS + 1}), encodeLeadership(first))
})

test('a leader outside of the ISR is a bug', () => {
  assert.throws(
    () => encodeLeadership({leaderEpoch: 0, version: 0, leader: 1, isr: 1, deleted: false}),
    /the leader is in the ISR/,
  )
})

test('an ISR is told by slots, ascending', () => {
  assert.equal(slotsOf(0), [])
  assert.equal(slotsOf(0b1010001), [0, 4, 6])
})

test.run()
