import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {type FlushPolicy, type FlushState, flushDueInMs, flushIsDue} from './flush-policy.ts'

const NEVER: FlushPolicy = {durability: 'written', flushMessages: -1, flushMs: -1}
/** Five records are not synced, the oldest since 1000. */
const STATE: FlushState = {writtenEnd: 15, syncedEnd: 10, wantedEnd: 0, oldestUnsyncedMs: 1000}

function isDue(policy: Partial<FlushPolicy>, state: Partial<FlushState> = {}, nowMs = 1000): boolean {
  return flushIsDue({...NEVER, ...policy}, {...STATE, ...state}, nowMs)
}

function dueIn(policy: Partial<FlushPolicy>, state: Partial<FlushState> = {}, nowMs = 1000): number {
  return flushDueInMs({...NEVER, ...policy}, {...STATE, ...state}, nowMs)
}

test('by itself nothing is flushed, however long ago it was written', () => {
  assert.not(isDue({}, {}, Number.MAX_SAFE_INTEGER))
  assert.is(dueIn({}, {}, Number.MAX_SAFE_INTEGER), Number.POSITIVE_INFINITY)
})

test('what is synced is never due', () => {
  const synced = {syncedEnd: 15, wantedEnd: 15}
  for (const policy of [{durability: 'synced'}, {flushMessages: 1}, {flushMs: 0}] as const) {
    assert.not(isDue(policy, synced, 9999))
    assert.is(dueIn(policy, synced, 9999), Number.POSITIVE_INFINITY)
  }
})

test('a log that must be synced is due as soon as anything is written', () => {
  assert.ok(isDue({durability: 'synced'}))
  assert.ok(isDue({durability: 'synced'}, {writtenEnd: 11}))
})

test('a flush that somebody wants is due until it is done', () => {
  assert.equal(
    [0, 9, 10, 11, 15].map(wantedEnd => isDue({}, {wantedEnd})),
    [false, false, false, true, true],
  )
})

test('flush.messages counts the records that are not synced', () => {
  assert.equal(
    [-1, 0, 1, 4, 5, 6].map(flushMessages => isDue({flushMessages})),
    [false, false, true, true, true, false],
  )
})

test('flush.ms counts from the oldest record that is not synced', () => {
  const times = [1000, 1499, 1500, 1501]
  assert.equal(
    times.map(nowMs => isDue({flushMs: 500}, {}, nowMs)),
    [false, false, true, true],
  )
  assert.equal(
    times.map(nowMs => dueIn({flushMs: 500}, {}, nowMs)),
    [500, 1, 0, 0],
  )
  assert.ok(isDue({flushMs: 0}))
  assert.is(dueIn({flushMs: 0}), 0)
})

test('either bound alone makes a flush due', () => {
  assert.ok(isDue({flushMs: 500, flushMessages: 5}))
  assert.ok(isDue({flushMs: 500, flushMessages: 6}, {}, 1500))
  assert.not(isDue({flushMs: 500, flushMessages: 6}, {}, 1499))
})

test.run()
