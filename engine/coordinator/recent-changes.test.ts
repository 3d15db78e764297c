import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {RecentChanges} from './recent-changes.ts'

function changes(...offsets: number[]) {
  return offsets.map(
    offset => ({offset, epoch: 1, change: {type: 'producerIdsTaken', nextProducerId: offset + 1}}) as const,
  )
}

test('changes are found by offset, also where offsets are left out', () => {
  const recent = new RecentChanges()
  const all = changes(1, 2, 5)
  for (const change of all) recent.add(change)
  const expected = [all, all, all.slice(1), all.slice(2), all.slice(2), all.slice(2), [], []]
  expected.forEach((found, from) => {
    assert.equal(recent.from(from), found)
  })
})

test('what a snapshot holds is not known one by one', () => {
  const recent = new RecentChanges()
  recent.add(changes(0)[0]!)
  recent.restart(7)
  recent.add(changes(8)[0]!)
  assert.equal([recent.from(6), recent.from(7)], [undefined, changes(8)])
})

test('only the last ones are kept', () => {
  const recent = new RecentChanges()
  const kept = 16_384
  for (const change of changes(...Array(2 * kept + 1).keys())) recent.add(change)
  assert.is(recent.from(kept - 1), undefined)
  assert.is(recent.from(kept)!.length, kept + 1)
})

test.run()
