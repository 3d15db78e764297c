import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {ClusterMap} from '../cluster/cluster-map.ts'
import type {TopicImage} from '../ensemble/metadata.ts'
import {type WaitingFetch, WaitingFetches} from './waiting-fetches.ts'

const PLACE = 3
const LEADERSHIP = {leaderEpoch: 1, version: 0, leader: 0, isr: 1, deleted: false}

/** Rows that fetches wait for, each led by the replica in slot 0. */
class Bed {
  readonly map = ClusterMap.allocate({coordinators: 1, brokers: 1, hostsABroker: 1})
  hasPlace = true
  rings = 0
  readonly fetches = new WaitingFetches(() => (this.hasPlace ? {place: PLACE, rings: () => this.rings} : undefined))
  /** What each look told, in their order. */
  readonly looks: string[] = []
  /** Fetches that are answered when they are looked at. */
  readonly satisfied = new Set<string>()

  constructor() {
    for (const row of [0, 1]) {
      this.map.row(row).exchangeLeadership(this.map.row(row).word, LEADERSHIP)
      this.map.row(row).replica(0).publishWrittenEnd(100)
    }
  }

  add(name: string, rows: readonly number[], deadlineMs = 1000): void {
    const watched = rows.map(rowNumber => {
      const row = this.map.row(rowNumber)
      return {rowNumber, row, slot: 0, index: 0, topic: {} as TopicImage}
    })
    const fetch: WaitingFetch = {
      watched,
      deadlineMs,
      look: (_, isLast) => {
        this.looks.push(isLast ? `${name}!` : name)
        return isLast || this.satisfied.has(name)
      },
    }
    this.fetches.add(fetch, 0)
    assert.is(this.looks.pop(), name)
  }

  /** More of a row is visible, and whoever waits is rung. */
  publish(row: number, highWatermark: number): void {
    const {waiters} = this.map.row(row)
    this.map.row(row).replica(0).publishHighWatermark(highWatermark)
    if (waiters.take(0) & (1 << PLACE)) this.rings++
  }

  round(nowMs = 1): string[] {
    this.fetches.round(nowMs)
    return this.looks.splice(0)
  }
}

test('a fetch is looked at when one of its partitions has moved, and only then', () => {
  const bed = new Bed()
  bed.add('a', [0])
  bed.add('both', [0, 1])
  assert.equal(bed.round(), [])
  bed.publish(1, 5)
  assert.equal(bed.round(), ['both'])
  bed.publish(0, 5)
  bed.publish(0, 6)
  assert.equal(bed.round(), ['a', 'both'])
  assert.equal(bed.round(), [])
})

test('without a ring nothing is looked at', () => {
  const bed = new Bed()
  bed.add('a', [0])
  bed.map.row(0).replica(0).publishHighWatermark(5)
  assert.equal(bed.round(), [])
  bed.rings++
  assert.equal(bed.round(), ['a'])
})

test('a change of the leader is a move', () => {
  const bed = new Bed()
  bed.add('a', [0])
  const row = bed.map.row(0)
  row.exchangeLeadership(row.word, {...LEADERSHIP, leaderEpoch: 2, leader: -1})
  bed.rings++
  assert.equal(bed.round(), ['a'])
})

test('who is answered waits no more, and what nobody waits for is not watched', () => {
  const bed = new Bed()
  bed.add('a', [0])
  bed.satisfied.add('a')
  assert.ok(bed.fetches.isPending)
  bed.publish(0, 5)
  assert.equal(bed.round(), ['a'])
  assert.not.ok(bed.fetches.isPending)
  bed.publish(0, 6)
  assert.equal(bed.round(), [])
  assert.is(bed.fetches.dueInMs(0), Number.POSITIVE_INFINITY)
})

test('what came between the question and the waiting is seen', () => {
  const bed = new Bed()
  bed.satisfied.add('a')
  bed.add('a', [0])
  assert.not.ok(bed.fetches.isPending)
})

test('when its time is over a fetch is looked at for the last time', () => {
  const bed = new Bed()
  bed.add('a', [0], 500)
  bed.add('b', [0], 700)
  assert.is(bed.fetches.dueInMs(100), 400)
  assert.equal(bed.round(499), [])
  assert.equal(bed.round(500), ['a!'])
  assert.is(bed.fetches.dueInMs(600), 100)
  assert.equal(bed.round(800), ['b!'])
})

test('without a place among the threads it is looked every few milliseconds', () => {
  const bed = new Bed()
  bed.hasPlace = false
  bed.add('a', [0])
  assert.is(bed.fetches.dueInMs(0), 10)
  bed.map.row(0).replica(0).publishHighWatermark(5)
  assert.equal(bed.round(), ['a'])
  assert.equal(bed.round(), [])
})

test('when the broker goes, all are answered', () => {
  const bed = new Bed()
  bed.add('a', [0])
  bed.add('b', [])
  bed.fetches.close(5)
  assert.equal(bed.looks, ['a!', 'b!'])
  assert.not.ok(bed.fetches.isPending)
})

test.run()
