/** Fetch sessions (KIP-227): whatever a session leaves out its client knows, at every moment, as if it asked for everything each time. */
import fc from 'fast-check'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {type FetchedPartition, FetchSessions} from '../engine/broker/fetch-sessions.ts'
import type {WireRequest} from '../engine/wire/apis.ts'
import {NO_UUID} from '../engine/wire/field.ts'
import {runs} from './runs.ts'

const PARTITIONS = 4

/** What is to be told of a partition now. */
interface Standing {
  highWatermark: number
  logStartOffset: number
  errorCode: 'NONE' | 'NOT_LEADER_OR_FOLLOWER'
}

type Step =
  | {readonly type: 'append' | 'delete' | 'break' | 'mend'; readonly partition: number}
  /** The next request names these, and does without those; `misses`: its answer is lost. */
  | {
      readonly type: 'fetch'
      readonly add: readonly number[]
      readonly drop: readonly number[]
      readonly misses: boolean
    }
  /** Time goes by, and others take the places of sessions. */
  | {readonly type: 'crowd'}

const partition = fc.nat(PARTITIONS - 1)
const some = fc.uniqueArray(partition, {maxLength: PARTITIONS})
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({type: fc.constantFrom('append', 'delete', 'break', 'mend'), partition}),
  {
    arbitrary: fc.record({
      type: fc.constant('fetch'),
      add: some,
      drop: some,
      misses: fc.nat(9).map(chance => chance === 0),
    }),
    weight: 5,
  },
  fc.record({type: fc.constant('crowd')}),
)

/** A client that keeps to the protocol, and the broker's side of it. */
class Conversation {
  readonly standings: Standing[] = Array.from({length: PARTITIONS}, () => ({
    highWatermark: 0,
    logStartOffset: 0,
    errorCode: 'NONE',
  }))
  #ids = 0
  readonly sessions = new FetchSessions(() => ++this.#ids, {sessions: 2, partitions: 100})
  #nowMs = 0
  /** What the client fetches, where it has come to, and what it was told last. */
  readonly #wanted = new Map<number, number>()
  readonly #known = new Map<number, Standing>()
  /** As the broker knows it: 0 and 0 for a beginning. */
  #sessionId = 0
  #epoch = 0
  /** What the broker was told of each partition. */
  #named = new Map<number, number>()
  incremental = 0
  saved = 0

  do(step: Step): void {
    if (step.type === 'fetch') this.#fetch(step)
    else if (step.type === 'crowd') {
      this.#nowMs += 200_000
      for (let i = 0; i < 2; i++) this.sessions.open(this.#request([0], [], 0, 0), 12, this.#nowMs)
    } else {
      const standing = this.standings[step.partition]!
      if (step.type === 'append') standing.highWatermark++
      else if (step.type === 'delete') standing.logStartOffset = standing.highWatermark
      else standing.errorCode = step.type === 'break' ? 'NOT_LEADER_OR_FOLLOWER' : 'NONE'
    }
  }

  #fetch({add, drop, misses}: Extract<Step, {type: 'fetch'}>): void {
    for (const index of add) if (!this.#wanted.has(index)) this.#wanted.set(index, 0)
    for (const index of drop) {
      this.#wanted.delete(index)
      this.#known.delete(index)
    }
    const isNew = this.#sessionId === 0
    const named = [...this.#wanted].filter(([index, offset]) => isNew || this.#named.get(index) !== offset)
    const forgotten = isNew ? [] : [...this.#named.keys()].filter(index => !this.#wanted.has(index))
    const asked = this.#request(
      named.map(([index]) => index),
      forgotten,
      this.#sessionId,
      this.#epoch,
    )
    const scope = this.sessions.open(asked, 12, this.#nowMs)
    if (typeof scope === 'string') {
      // begins anew, and asks at once
      this.#sessionId = 0
      this.#epoch = 0
      this.#named = new Map()
      this.#fetch({type: 'fetch', add: [], drop: [], misses})
      return
    }
    const indexes = new Set(scope.partitions.map(({index}) => index))
    assert.equal([...indexes].sort(), [...this.#wanted.keys()].sort(), 'the broker fetches what the client wants')
    for (const {index, fetchOffset} of scope.partitions) assert.is(fetchOffset, this.#wanted.get(index))
    const told = scope.partitions.filter(each => this.sessions.mustTell(scope, each, this.#newsOf(each)))
    this.saved += scope.partitions.length - told.length
    if (misses) {
      // a client that hears nothing closes the session, and begins anew
      this.#sessionId = 0
      this.#epoch = 0
      this.#named = new Map()
      return
    }
    this.#named = new Map(this.#wanted)
    if (scope.isIncremental) this.incremental++
    else this.#known.clear()
    for (const {index} of told) {
      const standing = {...this.standings[index]!}
      this.#known.set(index, standing)
      // what was read is not asked for again
      if (standing.errorCode === 'NONE') this.#wanted.set(index, standing.highWatermark)
    }
    this.#sessionId = scope.sessionId
    this.#epoch = scope.sessionId === 0 ? 0 : this.#epoch + 1
    for (const index of this.#wanted.keys())
      assert.equal(this.#known.get(index), this.standings[index], `the client knows how partition ${index} stands`)
  }

  #newsOf({index, fetchOffset}: FetchedPartition) {
    const {errorCode, highWatermark, logStartOffset} = this.standings[index]!
    if (errorCode !== 'NONE') return {errorCode, highWatermark: -1, logStartOffset: -1, hasNews: false, bytes: 0}
    const bytes = highWatermark - fetchOffset
    return {errorCode, highWatermark, logStartOffset, hasNews: bytes > 0, bytes}
  }

  #request(named: readonly number[], forgotten: readonly number[], sessionId: number, sessionEpoch: number) {
    const partitions = named.map(index => ({
      ...{partition: index, fetchOffset: this.#wanted.get(index) ?? 0, partitionMaxBytes: 100},
      ...{currentLeaderEpoch: -1, lastFetchedEpoch: -1},
    }))
    return {
      ...{sessionId, sessionEpoch, topics: [{topic: 't', topicId: NO_UUID, partitions}]},
      forgottenTopicsData: [{topic: 't', topicId: NO_UUID, partitions: forgotten}],
    } as unknown as WireRequest<'Fetch'>
  }
}

test('a session tells its client what asking for everything would, and less of it', () => {
  let incremental = 0
  let saved = 0
  fc.assert(
    fc.property(fc.array(anyStep, {maxLength: 60, size: 'max'}), steps => {
      const conversation = new Conversation()
      for (const step of steps) conversation.do(step)
      incremental += conversation.incremental
      saved += conversation.saved
    }),
    runs(60),
  )
  assert.ok(incremental > 50 && saved > 50, `${incremental} answers within sessions left ${saved} partitions out`)
})

test.run()
