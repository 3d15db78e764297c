import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {ClusterMap} from '../engine/cluster/cluster-map.ts'
import type {AdminRequest, AnswerBody} from '../engine/coordinator/requests.ts'
import {CoordinatorCalls} from './coordinator-calls.ts'

const READ: AdminRequest = {type: 'listTopics'}
const WRITE: AdminRequest = {type: 'allocateProducerIds'}
const AGAIN_MS = 250

/** A broker's calls, and what went out. */
class Bed {
  readonly map = ClusterMap.allocate({coordinators: 3, brokers: 1, hostsABroker: 1})
  readonly sent: {to: string; id: number}[] = []
  readonly answers: AnswerBody[] = []
  readonly calls: CoordinatorCalls

  constructor(incarnation = 1) {
    for (const id of [1, 2, 3]) this.map.coordinator(id).startAnew(0)
    const mailbox = {
      address: 'broker-1',
      send: (to: string, body: unknown) => void this.sent.push({to, id: (body as {id: number}).id}),
      receive: () => undefined,
    }
    this.calls = new CoordinatorCalls(this.map, mailbox, {incarnation, againMs: AGAIN_MS})
  }

  hold(coordinator: number): void {
    const {lease} = this.map
    lease.take(lease.read(), coordinator)
  }

  ask(request: AdminRequest, nowMs = 0): void {
    this.calls.ask(request, nowMs, answer => this.answers.push(answer))
  }

  get receivers(): string[] {
    return this.sent.map(({to}) => to)
  }
}

test('writes go to the holder of the lease, reads to every coordinator in turn but those that have ended', () => {
  const bed = new Bed()
  bed.hold(2)
  bed.ask(WRITE)
  bed.ask(WRITE)
  bed.map.coordinator(3).publishEnded(1)
  for (let i = 0; i < 3; i++) bed.ask(READ)
  assert.equal(
    bed.receivers,
    [2, 2, 1, 2, 1].map(id => `coordinator-${id}`),
  )
})

test('an answer is told once; one that nobody waits for is nothing', () => {
  const bed = new Bed()
  bed.hold(1)
  bed.ask(WRITE)
  const {id} = bed.sent[0]!
  const answer: AnswerBody = {type: 'answer', id, end: 7, result: {firstProducerId: 0, count: 1}}
  bed.calls.answered({...answer, id: id + 1})
  assert.equal(bed.answers, [])
  bed.calls.answered(answer)
  bed.calls.answered(answer)
  assert.equal(bed.answers, [answer])
  assert.is(bed.calls.dueInMs(0), Number.POSITIVE_INFINITY)
  assert.is(bed.calls.round(1e6), 0)
})

test('a refusal is an answer; that of one who does not hold the lease is none, and the next one is asked', () => {
  const bed = new Bed()
  bed.hold(1)
  bed.ask(WRITE)
  const {id} = bed.sent[0]!
  bed.calls.answered({type: 'answer', id, error: 'NOT_CONTROLLER', message: ''})
  assert.equal(bed.answers, [])
  bed.hold(3)
  bed.calls.round(1000)
  assert.equal(bed.receivers, ['coordinator-1', 'coordinator-3'])
  bed.calls.answered({type: 'answer', id, error: 'INVALID_REQUEST', message: 'no'})
  assert.equal(
    bed.answers.map(answer => 'error' in answer && answer.error),
    ['INVALID_REQUEST'],
  )
})

test('without a holder it is looked for one soon; without an answer the call is made again, less and less often', () => {
  const bed = new Bed()
  bed.ask(WRITE)
  assert.equal([bed.sent, bed.calls.dueInMs(0)], [[], 2])
  bed.hold(1)
  let nowMs = 0
  const waits: number[] = []
  for (let i = 0; i < 8; i++) {
    const wait = bed.calls.dueInMs(nowMs)
    waits.push(wait)
    assert.is(bed.calls.round(nowMs + wait - 1), 0)
    nowMs += wait
    assert.is(bed.calls.dueInMs(nowMs), 0)
    assert.is(bed.calls.round(nowMs), 1)
  }
  assert.equal(waits, [2, 16, 32, 64, 128, 250, 250, 250])
  assert.is(new Set(bed.sent.map(({id}) => id)).size, 1)
})

test('who was asked in vain is asked again once it serves', () => {
  const bed = new Bed()
  bed.hold(1)
  bed.ask(WRITE)
  for (let nowMs = 1; nowMs <= 130; nowMs++) bed.calls.round(nowMs)
  const before = bed.sent.length
  bed.calls.serves(1, 131)
  assert.equal([bed.calls.dueInMs(131), bed.calls.round(131), bed.sent.length], [0, 1, before + 1])
  // that it goes on to serve is no news
  bed.calls.serves(1, 132)
  assert.equal([bed.calls.dueInMs(132), bed.calls.round(132)], [7, 0])
  bed.calls.serves(2, 133)
  assert.is(bed.calls.round(133), 1)
})

test('with every coordinator gone nothing is sent until one is back', () => {
  const bed = new Bed()
  for (const id of [1, 2, 3]) bed.map.coordinator(id).publishEnded(1)
  bed.ask(READ)
  assert.equal(bed.sent, [])
  bed.map.coordinator(2).startAnew(0)
  bed.calls.round(2)
  assert.equal(bed.receivers, ['coordinator-2'])
})

test('what an earlier incarnation was answered is not taken for an answer to this one', () => {
  const before = new Bed(1)
  const after = new Bed(2)
  for (const bed of [before, after]) {
    bed.hold(1)
    bed.ask(WRITE)
  }
  assert.is.not(before.sent[0]!.id, after.sent[0]!.id)
})

test.run()
