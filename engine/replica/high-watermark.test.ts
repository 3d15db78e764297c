import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {reachedByAll} from './high-watermark.ts'

const led = (isr: number) => ({leaderEpoch: 5, version: 1, leader: 0, isr, deleted: false})
const ends =
  (...all: readonly (readonly [number, number])[]) =>
  (slot: number) => ({
    epoch: all[slot]![0],
    end: all[slot]![1],
  })

test('the least end of the ISR counts; who is not in it does not', () => {
  assert.is(reachedByAll(led(0b011), 0, 1, ends([5, 9], [5, 7], [5, 1])), 7)
})

test('a member that follows another epoch, or none, holds it up', () => {
  assert.is(reachedByAll(led(0b011), 0, 1, ends([5, 9], [4, 7])), undefined)
  assert.is(reachedByAll(led(0b011), 0, 1, ends([5, 9], [-1, 0])), undefined)
})

test('a replica whose entry was asked for counts as a member', () => {
  assert.is(reachedByAll(led(0b001), 0b100, 1, ends([5, 9], [5, 0], [5, 3])), 3)
})

test('with fewer than the least number of replicas it stays; one that is only asked for does not count to that', () => {
  assert.is(reachedByAll(led(0b001), 0b010, 2, ends([5, 9], [5, 9])), undefined)
  assert.is(reachedByAll(led(0b011), 0, 2, ends([5, 9], [5, 9])), 9)
})

test.run()
