import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {IsrPolicy} from './isr-policy.ts'

const LAG_MS = 100

/** Slot 0 leads in epoch 2; `follower` is slot 1. */
function look(
  policy: IsrPolicy,
  nowMs: number,
  state: {
    isr: number
    end: number
    follower: {epoch: number; end: number}
    highWatermark?: number
    epochStart?: number
    synced?: {floor: number; end: number}
  },
): number {
  const {isr, end, follower, highWatermark = 0, epochStart = 0, synced = {floor: 0, end: 0}} = state
  return policy.wanted(
    {
      leadership: {leaderEpoch: 2, version: 0, leader: 0, isr, deleted: false},
      logEndOffset: end,
      highWatermark,
      epochStart,
      endOf: () => follower,
      syncedFloor: synced.floor,
      syncedEndOf: () => ({epoch: 2, end: synced.end}),
      replicas: 0b11,
    },
    nowMs,
  )
}

function begun(end = 0): IsrPolicy {
  const policy = new IsrPolicy(LAG_MS)
  policy.begin(0, end)
  return policy
}

test('who comes to the high watermark and to the start of the epoch enters', () => {
  const outside = {isr: 0b01, end: 10, highWatermark: 6, epochStart: 5}
  assert.is(look(begun(), 1, {...outside, follower: {epoch: 2, end: 6}}), 0b11)
  assert.is(look(begun(), 1, {...outside, follower: {epoch: 2, end: 5}}), 0b01)
  assert.is(look(begun(), 1, {...outside, highWatermark: 4, follower: {epoch: 2, end: 4}}), 0b01)
  assert.is(look(begun(), 1, {...outside, follower: {epoch: 1, end: 10}}), 0b01)
})

test('who has written all of it, and not synced what counts as synced by all, does not enter', () => {
  const outside = {isr: 0b01, end: 10, highWatermark: 10, follower: {epoch: 2, end: 10}}
  assert.is(look(begun(), 1, {...outside, synced: {floor: 8, end: 7}}), 0b01)
  assert.is(look(begun(), 1, {...outside, synced: {floor: 8, end: 8}}), 0b11)
})

test('a member that ends below the high watermark has lost what it had, and leaves at once', () => {
  const inside = {isr: 0b11, end: 10, highWatermark: 6}
  assert.is(look(begun(), 1, {...inside, follower: {epoch: 2, end: 5}}), 0b01)
  assert.is(look(begun(), 1, {...inside, follower: {epoch: 2, end: 6}}), 0b11)
  // what it has in another epoch says nothing yet
  assert.is(look(begun(), 1, {...inside, follower: {epoch: 1, end: 5}}), 0b11)
})

test('who was not at the end for too long leaves; who comes to where the end was at the last look has been there', () => {
  const policy = begun()
  assert.is(look(policy, 90, {isr: 0b11, end: 10, follower: {epoch: 2, end: 0}}), 0b11)
  assert.is(look(policy, 101, {isr: 0b11, end: 10, follower: {epoch: 2, end: 0}}), 0b01)
  const keptUp = begun()
  for (let nowMs = 60; nowMs <= 600; nowMs += 60)
    assert.is(look(keptUp, nowMs, {isr: 0b11, end: nowMs, follower: {epoch: 2, end: nowMs - 60}}), 0b11)
})

test('who is at the end does not lag, however long nothing comes; who stopped following does', () => {
  const policy = begun(10)
  assert.is(look(policy, 1000, {isr: 0b11, end: 10, follower: {epoch: 2, end: 10}}), 0b11)
  assert.is(look(policy, 1101, {isr: 0b11, end: 10, follower: {epoch: 1, end: 10}}), 0b01)
})

test('whoever leads is a member, whatever its slot, and nobody else who is no replica any more', () => {
  for (const leader of [0, 1, 2]) {
    const wanted = begun().wanted(
      {
        leadership: {leaderEpoch: 2, version: 0, leader, isr: 0b111, deleted: false},
        logEndOffset: 0,
        highWatermark: 0,
        epochStart: 0,
        endOf: () => ({epoch: 2, end: 0}),
        syncedFloor: 0,
        syncedEndOf: () => ({epoch: 2, end: 0}),
        replicas: 0,
      },
      0,
    )
    assert.is(wanted, 1 << leader)
  }
})

test.run()
