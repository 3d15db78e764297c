import {test} from 'uvu'
import * as assert from 'uvu/assert'
import type {ErrorCode} from '../../engine/errors.ts'
import {GroupShare} from './group-share.ts'
import {Heartbeats} from './heartbeats.ts'
import {protocolError} from './protocol-error.ts'
import type {RunHome} from './run-home.ts'

/** A promise, and who settles it. */
function later<T>(): {promise: Promise<T>; resolve: (value: T) => void; reject: (error: unknown) => void} {
  let resolve!: (value: T) => void
  let reject!: (error: unknown) => void
  const promise = new Promise<T>((yes, no) => {
    resolve = yes
    reject = no
  })
  return {promise, resolve, reject}
}

/** A member of generation 1 whose coordinator answers when the test says so. */
function member() {
  const beats: ReturnType<typeof later<void>>[] = []
  const joined = later<[]>()
  let doubts = 0
  let forgotten = 0
  const membership = {
    ...{memberId: 'm', generationId: 1, isLeader: true, isCooperative: false},
    join: () => joined.promise,
    committed: async () => [],
    heartbeat() {
      beats.push(later())
      return beats.at(-1)!.promise
    },
    forget: () => forgotten++,
  }
  const home = {
    ...{membership, groupId: 'g', topics: new Map(), heartbeatMs: 1, metadataMaxAgeMs: 1},
    ...{instrumentation: {emit() {}}, logger: {info() {}, debug() {}}, directory: {isOlderThan: () => false}},
  } as unknown as RunHome
  const share = new GroupShare(home, {ring() {}, beforeJoining: async () => {}, inDoubt: () => doubts++})
  share.mustJoin = false
  const heartbeats = new Heartbeats(home, share, () => false)
  const join = () => share.join(new AbortController().signal)
  return {beats, joined, share, heartbeats, join, membership, told: () => ({doubts, forgotten})}
}

test('who joins already does not join once more because a heartbeat that was under way says so: it asks again', async () => {
  for (const code of ['REBALANCE_IN_PROGRESS', 'ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID'] satisfies ErrorCode[]) {
    const {beats, joined, share, heartbeats, join, told} = member()
    const beating = heartbeats.beat()
    const joining = join()
    beats[0]!.reject(protocolError(code))
    await beating
    joined.resolve([])
    await joining
    assert.equal([share.mustJoin, told()], [false, {doubts: 1, forgotten: 0}], code)
  }
})

test('a member that the coordinator does not know joins as a new one; what was said of an earlier one is not of this', async () => {
  for (const memberId of ['m', 'another']) {
    const {beats, share, heartbeats, membership, told} = member()
    const beating = heartbeats.beat()
    membership.memberId = memberId
    beats[0]!.reject(protocolError('UNKNOWN_MEMBER_ID'))
    await beating
    const isOwn = memberId === 'm'
    assert.equal([share.mustJoin, told().forgotten], [isOwn, Number(isOwn)], memberId)
  }
})

test.run()
