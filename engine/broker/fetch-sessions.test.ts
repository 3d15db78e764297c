import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {INT32_MAX} from '../limits.ts'
import type {WireRequest} from '../wire/apis.ts'
import {NO_UUID} from '../wire/field.ts'
import {FetchSessions, nextEpoch} from './fetch-sessions.ts'

interface Asking {
  readonly id?: number
  readonly epoch?: number
  readonly partitions?: readonly number[]
  readonly forget?: readonly number[]
  readonly version?: number
  readonly nowMs?: number
}

function asked({id = 0, epoch = 0, partitions = [], forget = []}: Asking): WireRequest<'Fetch'> {
  const each = {
    currentLeaderEpoch: -1,
    fetchOffset: 0,
    lastFetchedEpoch: -1,
    logStartOffset: -1,
    partitionMaxBytes: 100,
  }
  return {
    sessionId: id,
    sessionEpoch: epoch,
    topics: [{topic: 't', topicId: NO_UUID, partitions: partitions.map(partition => ({...each, partition}))}],
    forgottenTopicsData: [{topic: 't', topicId: NO_UUID, partitions: forget}],
  } as unknown as WireRequest<'Fetch'>
}

class Bed {
  #id = 0
  readonly sessions: FetchSessions

  constructor(sessions = 3, partitions = 10) {
    this.sessions = new FetchSessions(() => ++this.#id, {sessions, partitions})
  }

  open(asking: Asking) {
    const {version = 12, nowMs = 0} = asking
    const scope = this.sessions.open(asked(asking), version, nowMs)
    return typeof scope === 'string'
      ? scope
      : {id: scope.sessionId, of: scope.partitions.map(({index}) => index), incremental: scope.isIncremental}
  }
}

test('a session begins with all partitions, and goes on with what is named', () => {
  const bed = new Bed()
  assert.equal(bed.open({partitions: [1, 2, 3]}), {id: 1, of: [1, 2, 3], incremental: false})
  assert.equal(bed.open({id: 1, epoch: 1, partitions: [4], forget: [2]}), {id: 1, of: [1, 3, 4], incremental: true})
  assert.equal(bed.open({id: 1, epoch: 2}), {id: 1, of: [1, 3, 4], incremental: true})
  assert.is(bed.sessions.partitions, 3)
})

test('without a session everything is named each time', () => {
  const bed = new Bed()
  assert.equal(bed.open({epoch: -1, partitions: [1]}), {id: 0, of: [1], incremental: false})
  assert.equal(bed.open({epoch: 0}), {id: 0, of: [], incremental: false})
  assert.is(bed.sessions.size, 0)
})

test('a session that is not there, or is elsewhere, or names topics otherwise', () => {
  const bed = new Bed()
  bed.open({partitions: [1]})
  assert.is(bed.open({id: 7, epoch: 1}), 'FETCH_SESSION_ID_NOT_FOUND')
  assert.is(bed.open({id: 1, epoch: 2}), 'INVALID_FETCH_SESSION_EPOCH')
  assert.is(bed.open({id: 1, epoch: 1, version: 13}), 'FETCH_SESSION_TOPIC_ID_ERROR')
})

test('a session ends by its client’s word, when it has nothing left, and when another begins in its place', () => {
  const bed = new Bed()
  bed.open({partitions: [1]})
  assert.equal(bed.open({id: 1, epoch: -1}), {id: 0, of: [], incremental: false})
  assert.is(bed.open({id: 1, epoch: 1}), 'FETCH_SESSION_ID_NOT_FOUND')
  bed.open({partitions: [1]})
  assert.equal(bed.open({id: 2, epoch: 1, forget: [1]}), {id: 0, of: [], incremental: false})
  bed.open({partitions: [1]})
  assert.is((bed.open({id: 3, epoch: 0, partitions: [1]}) as {id: number}).id, 4)
  assert.equal([bed.sessions.size, bed.sessions.partitions], [1, 1])
})

test('there are so many, and one that is idle makes room', () => {
  const bed = new Bed(2)
  bed.open({partitions: [1]})
  bed.open({partitions: [1], nowMs: 1000})
  assert.is((bed.open({partitions: [1], nowMs: 119_999}) as {id: number}).id, 0)
  // the first one is used: now the second is the one to go
  bed.open({id: 1, epoch: 1, nowMs: 120_000})
  assert.is((bed.open({partitions: [1], nowMs: 120_500}) as {id: number}).id, 0)
  assert.ok((bed.open({partitions: [1], nowMs: 121_000}) as {id: number}).id > 0)
  assert.is(bed.open({id: 2, epoch: 1}), 'FETCH_SESSION_ID_NOT_FOUND')
  assert.is((new Bed(0).open({partitions: [1]}) as {id: number}).id, 0)
})

test('there are so many partitions of all sessions', () => {
  const many = Array.from({length: 10}, (_, i) => i)
  const bed = new Bed()
  bed.open({partitions: many.slice(1)})
  assert.is((bed.open({partitions: [1, 2]}) as {id: number}).id, 0)
  bed.open({partitions: [1]})
  assert.is(bed.open({id: 2, epoch: 1, partitions: [2]}), 'FETCH_SESSION_ID_NOT_FOUND')
  assert.is(bed.sessions.size, 1)
  assert.is((new Bed().open({partitions: [...many, -1]}) as {id: number}).id, 0)
})

test('an id that is taken is not given', () => {
  const ids = [5, 5, 6]
  const sessions = new FetchSessions(() => ids.shift()!)
  const begun = [0, 1].map(() => sessions.open(asked({partitions: [1]}), 12, 0))
  assert.equal(
    begun.map(scope => (scope as {sessionId: number}).sessionId),
    [5, 6],
  )
})

test('epochs begin anew behind the greatest', () => {
  assert.equal([nextEpoch(INT32_MAX), nextEpoch(1)], [1, 2])
})

test.run()
