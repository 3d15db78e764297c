import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {ClusterMap} from '../engine/cluster/cluster-map.ts'
import type {LogSource} from '../engine/log/log-reader.ts'
import {LeaderView} from './leader-view.ts'

const ROW = 0

/** A row that slot 0 leads, on host 0; slot 1 is on host 1. */
function seen() {
  const map = ClusterMap.allocate({coordinators: 1, brokers: 2, hostsABroker: 1})
  const row = map.row(ROW)
  let leaderEpoch = 0
  const lead = (leader: number): void => {
    leaderEpoch++
    row.exchangeLeadership(row.word, {leaderEpoch, version: 0, leader, isr: 3, deleted: false})
  }
  const serve = (slot: number): void => row.replica(slot).publishFollowedEpoch(leaderEpoch)
  for (const slot of [0, 1]) row.replica(slot).publishHost(slot)
  lead(0)
  serve(0)
  const view = new LeaderView(map, ROW, host => ({dir: `host ${host}`}) as unknown as LogSource)
  return {map, row, lead, serve, view}
}

test('the last leader is what is seen until the next one serves', () => {
  const {row, lead, serve, view} = seen()
  assert.equal([view.line, view.source!.dir], [row.replica(0), 'host 0'])
  assert.is(view.source, view.source)
  lead(-1)
  assert.is(view.line, row.replica(0))
  lead(1)
  assert.is(view.line, row.replica(0))
  serve(1)
  assert.equal([view.line, view.source!.dir], [row.replica(1), 'host 1'])
})

test('where nobody has ever been there is nothing to read', () => {
  const map = ClusterMap.allocate({coordinators: 1, brokers: 1, hostsABroker: 1})
  assert.is(new LeaderView(map, ROW, () => ({}) as LogSource).source, undefined)
})

test('what cannot be read is tried again once the leader has looked', () => {
  const {map, row, view} = seen()
  const before = map.host(0).doorbell.count()
  const mayTry = view.doubt(5)!
  assert.equal([row.replica(0).doubtedAt, mayTry(), map.host(0).doorbell.count() > before], [5, false, true])
  row.replica(0).endDoubt(5)
  assert.ok(mayTry())
  row.replica(0).publishDamagedAt(5)
  assert.is(view.doubt(5), undefined)
})

test('… or once another one serves, also where that was the leader already and the last one is not there any more', () => {
  for (const isElected of [false, true]) {
    const {row, lead, serve, view} = seen()
    if (isElected) {
      lead(1)
      row.replica(0).publishHost(-1)
    }
    const mayTry = view.doubt(5)!
    if (!isElected) lead(1)
    assert.not(mayTry())
    serve(1)
    assert.ok(mayTry())
    assert.is(view.line, row.replica(1))
  }
})

test.run()
