import {LOG_MAP_BYTES, LogMap} from '../../../engine/cluster/log-map.ts'
import {RING} from '../../../engine/memory/doorbell.ts'
import {allocateInbox, InboxSender, REQUEST, type Reply} from '../../../engine/memory/inbox.ts'
import {Attachments} from '../../../workers/attachments.ts'
import type {ControlMessage} from '../../../workers/replica-data.ts'
import {deliver, runTask, whenDead} from '../event-loop.ts'
import {must, type Scenario} from '../scenario.ts'

interface World {
  readonly map: SharedArrayBuffer
  readonly inbox: SharedArrayBuffer
  /** The control channel's way to the replica thread; a word is written beside each message, which is a turn. */
  readonly mail: {readonly from: string; readonly message: ControlMessage}[]
  readonly posts: SharedArrayBuffer
  /** Requests the replica took, by the argument they carry. */
  readonly taken: number[]
  readonly served: string[]
}

const OPENER_ID = 70
/** With small limits there is one place beside the opener's. */
const PLACE = 1

function world(): World {
  const map = new SharedArrayBuffer(LOG_MAP_BYTES)
  must(new LogMap(map).threads.claim(OPENER_ID) === 0, 'the opener has the first place')
  const memory = {map, inbox: allocateInbox(2), posts: new SharedArrayBuffer(8)}
  return {...memory, mail: [], taken: [], served: []}
}

/** Answers what is asked, and gives places as the replica thread does. */
function replica(names: readonly string[]): (world: World) => void {
  return ({map: memory, inbox, mail, taken}) => {
    const map = new LogMap(memory)
    const attachments = new Attachments(map, {memory: inbox, slots: 2})
    for (;;) {
      const seen = map.doorbell.count()
      const low = map.doorbell.takeDirty(0)
      const high = map.doorbell.takeDirty(1)
      if (low === 0 && high === 0) {
        map.doorbell.wait(seen, Number.POSITIVE_INFINITY)
        continue
      }
      for (let letter = mail.shift(); letter !== undefined; letter = mail.shift()) {
        const {from, message} = letter
        if (message.type === 'attach') deliver(from, attachments.attach(message.thread, message.asked))
        else if (message.type === 'detach') attachments.detach(message.thread)
        else attachments.sweep()
        // who waits for a place looks again
        for (const name of names) if (name !== from || message.type === 'sweep') deliver(name, undefined)
      }
      const from = (low & (1 << PLACE)) === 0 ? undefined : attachments.inbox(PLACE)
      for (let slot = from?.take() ?? -1; slot >= 0; slot = from!.take()) {
        taken.push(from!.argument(slot))
        from!.reply(slot, {status: 0, baseOffset: from!.argument(slot), timestamp: 0})
        map.threads.doorbell(PLACE).ring(0)
      }
    }
  }
}

/** Takes a place, has one request answered, and leaves. */
function attacher(name: string, nativeId: number, other: string): (world: World) => void {
  return ({map: memory, mail, posts, served}) => {
    // who waits for a place looks again from time to time: it is enough to do so when the other has died
    whenDead(other)
    const map = new LogMap(memory)
    const words = new Int32Array(posts)
    const post = (message: ControlMessage): void => {
      Atomics.add(words, 0, 1)
      mail.push({from: name, message})
      map.doorbell.ring(RING.control)
    }
    let place = map.threads.claim(nativeId)
    if (place < 0) post({type: 'sweep'})
    while (place < 0) {
      if (runTask() === 'died') post({type: 'sweep'})
      place = map.threads.claim(nativeId)
    }
    post({type: 'attach', thread: place, asked: name})
    let given: SharedArrayBuffer | undefined
    while (given === undefined) {
      const message = runTask() as ControlMessage | undefined
      if (message?.type === 'attached' && message.asked === name) given = message.inbox
    }
    const inbox = new InboxSender(given)
    const slot = inbox.claim(0)
    inbox.submit(slot, {kind: REQUEST.flush, argument: nativeId})
    map.doorbell.ring(place)
    const bell = map.threads.doorbell(place)
    for (let seen = bell.count(); !inbox.isDone(slot); seen = bell.count()) bell.wait(seen, Number.POSITIVE_INFINITY)
    const reply: Reply = {status: -1, baseOffset: -1, timestamp: -1}
    inbox.readReply(slot, reply)
    must(reply.baseOffset === nativeId, 'the answer is to what this thread asked')
    served.push(name)
    post({type: 'detach', thread: place})
  }
}

/** Two threads come and go, one after the other in the same place; each may die in the middle. */
export const attach: Scenario<World> = {
  name: 'attach',
  world,
  actors: [
    {name: 'replica', run: replica(['one', 'two']), daemon: true},
    {name: 'one', run: attacher('one', 81, 'two')},
    {name: 'two', run: attacher('two', 82, 'one')},
  ],
  mortal: {one: [], two: []},
  check: ({taken, served}, dead) => {
    for (const name of ['one', 'two']) must(served.includes(name) || dead === name, 'whoever lives is served')
    must(new Set(taken).size === taken.length, 'a request is taken once, and none of an earlier thread')
  },
}
