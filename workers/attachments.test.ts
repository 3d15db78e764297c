import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {LogMap} from '../engine/cluster/log-map.ts'
import {SLOTS_MIN} from '../engine/limits.ts'
import {allocateInbox} from '../engine/memory/inbox.ts'
import {Attachments, OPENER} from './attachments.ts'
import {nativeThreadId} from './thread-id.ts'

/** No system has so many threads. */
const DEAD = 2 ** 30
const MORE_THAN_THERE_IS = 2 ** 36

function bench(): {map: LogMap; attachments: Attachments; claim: (nativeId?: number) => number} {
  const map = new LogMap()
  map.threads.claim(nativeThreadId())
  const attachments = new Attachments(map, {memory: allocateInbox(SLOTS_MIN), slots: SLOTS_MIN})
  return {map, attachments, claim: (nativeId = nativeThreadId()) => map.threads.claim(nativeId)}
}

test('the opener is there from the start; others come and go', () => {
  const {attachments, claim, map} = bench()
  assert.equal([attachments.count, attachments.threads()], [1, [OPENER]])
  const thread = claim()
  assert.is(attachments.inbox(thread), undefined)
  const answer = attachments.attach(thread, 'a')
  assert.equal([answer.type, attachments.count], ['attached', 2])
  assert.ok(attachments.inbox(thread) !== undefined)
  attachments.detach(thread)
  attachments.detach(thread)
  assert.equal([attachments.count, attachments.inbox(thread), map.threads.isTaken(thread)], [1, undefined, false])
})

test('an answer carries the name of its question', () => {
  const {attachments, claim} = bench()
  assert.is((attachments.attach(claim(), 'which') as {asked: string}).asked, 'which')
})

test('a thread for whose inbox there is no memory is refused, and nothing else is changed', () => {
  const map = new LogMap()
  map.threads.claim(nativeThreadId())
  const attachments = new Attachments(map, {memory: allocateInbox(SLOTS_MIN), slots: MORE_THAN_THERE_IS})
  const thread = map.threads.claim(nativeThreadId())
  const answer = attachments.attach(thread, 'q') as {type: string; asked: string; why: string}
  assert.equal([answer.type, answer.asked], ['refused', 'q'])
  assert.match(answer.why, /allocation failed|Invalid array buffer length/)
  assert.equal([attachments.threads(), attachments.inbox(thread)], [[OPENER], undefined])
})

test('an inbox that is given up is given to the next one', () => {
  const {attachments, claim} = bench()
  const first = attachments.attach(claim(), 'a') as {thread: number; inbox: SharedArrayBuffer}
  attachments.detach(first.thread)
  const next = attachments.attach(claim(), 'a') as {thread: number; inbox: SharedArrayBuffer}
  assert.is(next.inbox, first.inbox)
  const other = attachments.attach(claim(), 'a') as {thread: number; inbox: SharedArrayBuffer}
  assert.is.not(other.inbox, first.inbox)
})

test('places of threads that died are taken back, whether they got an inbox or not; others are not', () => {
  const {attachments, claim, map} = bench()
  const alive = claim()
  const unknown = claim(0)
  for (const thread of [alive, unknown]) attachments.attach(thread, 'a')
  const dead = claim(DEAD)
  attachments.attach(dead, 'a')
  assert.equal(attachments.threads(), [OPENER, alive, unknown])
  const neverAttached = claim(DEAD)
  attachments.sweep()
  assert.equal(attachments.threads(), [OPENER, alive, unknown])
  assert.equal(
    [dead, alive, unknown].map(thread => map.threads.isTaken(thread)),
    [false, true, true],
  )
  assert.is(neverAttached, dead)
  assert.is(claim(), dead)
})

test.run()
