import {setTimeout} from 'node:timers/promises'
import {BroadcastChannel} from 'node:worker_threads'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {LogMap} from '../engine/cluster/log-map.ts'
import {STATE} from '../engine/cluster/replica-line.ts'
import type {OdradekError} from '../engine/errors.ts'
import {SLOTS_MIN, THREADS_MAX} from '../engine/limits.ts'
import {allocateInbox} from '../engine/memory/inbox.ts'
import {attachThread} from './attach-thread.ts'
import {Attachments} from './attachments.ts'
import type {ControlMessage} from './replica-data.ts'
import {nativeThreadId} from './thread-id.ts'

let channels = 0

/** A log's map, and a replica's ear on its channel; with `hears` false nobody answers. */
function bench({hears = true, opener = nativeThreadId(), slots = SLOTS_MIN} = {}) {
  const map = new LogMap()
  map.threads.claim(opener)
  const name = `attach-thread-test-${process.pid}-${channels++}`
  const attachments = new Attachments(map, {memory: allocateInbox(SLOTS_MIN), slots})
  const channel = new BroadcastChannel(name)
  const heard: string[] = []
  channel.onmessage = event => {
    const message = (event as {data: ControlMessage}).data
    heard.push(message.type)
    if (!hears) return
    if (message.type === 'attach') channel.postMessage(attachments.attach(message.thread, message.asked))
    else if (message.type === 'detach') attachments.detach(message.thread)
    else if (message.type === 'sweep') attachments.sweep()
  }
  return {map, name, attachments, channel, heard}
}

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'attached',
    (error: OdradekError) => error.code,
  )

test('a thread gets a place and an inbox, and gives the place up again', async () => {
  const {map, name, attachments, channel, heard} = bench()
  const first = await attachThread(map, name)
  const second = await attachThread(map, name)
  assert.equal([first.thread, second.thread, attachments.count], [1, 2, 3])
  assert.is.not(first.inbox, second.inbox)
  first.detach()
  while (map.threads.isTaken(1)) await setTimeout(1)
  second.detach()
  while (map.threads.isTaken(2)) await setTimeout(1)
  assert.equal(heard, ['attach', 'attach', 'detach', 'detach'])
  channel.close()
})

test('with no place free the dead ones are swept; with none dead it is refused', async () => {
  const {map, name, channel} = bench()
  for (let i = 1; i < THREADS_MAX; i++) map.threads.claim(nativeThreadId())
  assert.is(await codeOf(attachThread(map, name)), 'TOO_MANY_THREADS')
  map.threads.free(7)
  map.threads.claim(2 ** 30)
  const {thread, detach} = await attachThread(map, name)
  assert.is(thread, 7)
  detach()
  channel.close()
})

test("an attaching thread takes only the answer to its own question, not one to the last owner's of its place", async () => {
  const {map, name, attachments, channel} = bench({hears: false})
  const lateAnswers: ControlMessage[] = [
    {type: 'attached', thread: 1, asked: 'of a thread that gave up', inbox: allocateInbox(SLOTS_MIN)},
    {type: 'refused', thread: 1, asked: 'of a thread that gave up', why: 'no memory'},
  ]
  let given: ControlMessage | undefined
  channel.onmessage = event => {
    const message = (event as {data: ControlMessage}).data
    if (message.type !== 'attach') return
    for (const late of lateAnswers) channel.postMessage(late)
    given = attachments.attach(message.thread, message.asked)
    channel.postMessage(given)
  }
  const {thread, inbox, detach} = await attachThread(map, name)
  assert.is(thread, 1)
  // the same memory, though a thread that is told of it gets an object of its own
  new Uint8Array((given as {inbox: SharedArrayBuffer}).inbox)[4000] = 77
  assert.is(new Uint8Array(inbox)[4000], 77)
  detach()
  channel.close()
})

test('where there is no memory for an inbox the thread is refused, and its place given up', async () => {
  const {map, name, attachments, channel} = bench({slots: 2 ** 36})
  for (let i = 0; i < 2; i++) {
    const error = (await attachThread(map, name).catch((refusal: OdradekError) => refusal)) as OdradekError
    assert.is(error.code, 'TOO_MANY_THREADS')
    assert.match(error.message, 'there is no memory for an inbox of this thread: ')
    assert.equal([map.threads.isTaken(1), attachments.count], [false, 1])
  }
  channel.close()
})

test('a log that has ended is not attached to, and its places stay free', async () => {
  for (const end of [
    (map: LogMap) => map.replica.publishState(STATE.closed),
    (map: LogMap) => map.publishReplicaDied(),
  ]) {
    const {map, name, channel} = bench({hears: false})
    // it ends while the thread waits for its inbox
    const attaching = codeOf(attachThread(map, name))
    assert.ok(map.threads.isTaken(1))
    end(map)
    assert.is(await attaching, 'LOG_CLOSED')
    assert.is(await codeOf(attachThread(map, name)), 'LOG_CLOSED')
    assert.not(map.threads.isTaken(1))
    channel.close()
  }
  const {map, name, channel} = bench({opener: 2 ** 30})
  assert.is(await codeOf(attachThread(map, name)), 'LOG_CLOSED')
  channel.close()
})

test("the end is heard from the opener's thread", async () => {
  const {map, name, channel} = bench()
  const attachment = await attachThread(map, name)
  let ended = false
  attachment.ended.then(() => {
    ended = true
  })
  channel.postMessage({
    type: 'attached',
    thread: 9,
    asked: '',
    inbox: new SharedArrayBuffer(8),
  } satisfies ControlMessage)
  await setTimeout(20)
  assert.not(ended)
  channel.postMessage({type: 'ended'} satisfies ControlMessage)
  await attachment.ended
  attachment.detach()
  channel.close()
})

test("the end of the opener's thread is noticed without a word, and announced", async () => {
  const {map, name, channel} = bench()
  const attachment = await attachThread(map, name)
  map.threads.free(0)
  map.threads.claim(2 ** 30)
  await attachment.ended
  assert.ok(map.replicaDied)
  assert.ok(map.threads.doorbell(attachment.thread).count() > 0)
  attachment.detach()
  channel.close()
})

test.run()
