import {DOORBELL_BYTES, Doorbell} from '../../../engine/memory/doorbell.ts'
import {allocateInbox, InboxReceiver, InboxSender, REQUEST, type Reply} from '../../../engine/memory/inbox.ts'
import {must, type Scenario} from '../scenario.ts'

/** Two inboxes, the doorbell of the replica and of each sender, and what came to pass. */
interface World {
  readonly inboxes: readonly SharedArrayBuffer[]
  readonly bells: SharedArrayBuffer
  /** Requests in the order the replica took them, for each sender. */
  readonly taken: number[][]
  readonly answered: number[]
}

/** A request: so many bytes, or none and an argument. */
type Requests = readonly number[]

/** Sends the requests, as many at once as there is room for, and sleeps until all are answered. */
function sender(self: number, requests: Requests): (world: World) => void {
  return ({inboxes, bells, answered}) => {
    const inbox = new InboxSender(inboxes[self]!)
    const replica = new Doorbell(bells, 0)
    const own = new Doorbell(bells, (self + 1) * DOORBELL_BYTES)
    const reply: Reply = {status: 0, baseOffset: 0, timestamp: 0}
    let open: {slot: number; number: number}[] = []
    let next = 0
    while (answered[self]! < requests.length) {
      const seen = own.count()
      const still: typeof open = []
      for (const request of open) {
        if (!inbox.isDone(request.slot)) {
          still.push(request)
          continue
        }
        inbox.readReply(request.slot, reply)
        const {number} = request
        must(reply.status === number && reply.baseOffset === 10 * number, 'the answer is the one to this request')
        must(reply.timestamp === 100 * number, 'the answer is whole')
        inbox.free(request.slot, requests[number]!)
        answered[self]!++
      }
      open = still
      while (next < requests.length) {
        const length = requests[next]!
        const slot = inbox.claim(length)
        if (slot < 0) break
        if (length === 0) inbox.submit(slot, {kind: REQUEST.sync, argument: 1000 + next})
        else inbox.submit(slot, {kind: REQUEST.append, bytes: pattern(self, next, length)})
        open.push({slot, number: next})
        next++
        replica.ring(self + 31)
      }
      if (open.length > 0) own.wait(seen, Number.POSITIVE_INFINITY)
    }
  }
}

/** Takes what there is, and answers a run of requests from the last to the first. */
function replica(requests: readonly Requests[]): (world: World) => void {
  return ({inboxes, bells, taken}) => {
    const open: InboxReceiver[] = []
    for (const memory of inboxes) open.push(new InboxReceiver(memory))
    const own = new Doorbell(bells, 0)
    for (;;) {
      const seen = own.count()
      let work = 0
      const marks = [own.takeDirty(0) >>> 31, own.takeDirty(1) & 1]
      for (const [sender, inbox] of open.entries()) {
        if (marks[sender] === 0) continue
        const bell = new Doorbell(bells, (sender + 1) * DOORBELL_BYTES)
        const run: {slot: number; number: number}[] = []
        for (;;) {
          const slot = inbox.take()
          if (slot < 0) break
          const number = taken[sender]!.length
          must(number < requests[sender]!.length, 'nothing is taken that was not sent')
          verify(inbox, slot, {sender, number, length: requests[sender]![number]!})
          taken[sender]!.push(number)
          run.push({slot, number})
        }
        while (run.length > 0) {
          const {slot, number} = run.pop()!
          inbox.reply(slot, {status: number, baseOffset: 10 * number, timestamp: 100 * number})
          bell.ring(0)
          work++
        }
      }
      if (work === 0) own.wait(seen, Number.POSITIVE_INFINITY)
    }
  }
}

function verify(inbox: InboxReceiver, slot: number, sent: {sender: number; number: number; length: number}): void {
  const {sender, number, length} = sent
  const bytes = inbox.bytes(slot)
  must(bytes.length === length, 'a request has its length')
  must(pattern(sender, number, length).equals(bytes), 'a request has its bytes, all of them and no others')
  if (length > 0) must(inbox.kind(slot) === REQUEST.append, 'a request has its kind')
  else must(inbox.kind(slot) === REQUEST.sync && inbox.argument(slot) === 1000 + number, 'a request has its argument')
}

/** Different in each request, and in each part of one. */
function pattern(sender: number, number: number, length: number): Buffer {
  const bytes = PATTERNS[sender * 8 + number]!
  return bytes.subarray(0, length)
}
const PATTERNS = Array.from({length: 16}, (_, n) =>
  Buffer.from(Array.from({length: 256}, (_, i) => ((n + 8) << 3) | (i & 7))),
)

/** Inboxes in which senders that died left a request that nobody will ever take. */
function usedInboxes(count: number, slots: number): SharedArrayBuffer[] {
  const inboxes: SharedArrayBuffer[] = []
  while (inboxes.length < count) {
    const memory = allocateInbox(slots)
    const inbox = new InboxSender(memory)
    inbox.submit(inbox.claim(0), {kind: REQUEST.close})
    inboxes.push(memory)
  }
  return inboxes
}

function scenario(name: string, slots: number, requests: readonly Requests[]): Scenario<World> {
  return {
    name,
    world: () => ({
      inboxes: usedInboxes(requests.length, slots),
      bells: new SharedArrayBuffer((requests.length + 1) * DOORBELL_BYTES),
      taken: requests.map(() => []),
      answered: requests.map(() => 0),
    }),
    actors: [
      {name: 'replica', run: replica(requests), daemon: true},
      ...requests.map((list, i) => ({name: i === 0 ? 'sender' : 'other', run: sender(i, list)})),
    ],
    mortal: {sender: [], other: [], replica: ['sender', 'other']},
    check: ({taken}, dead) => {
      for (const [i, list] of requests.entries())
        if (dead === undefined) must(taken[i]!.length === list.length, 'everything sent is taken once')
    },
  }
}

/** Slots used again, batches of more than one slot, and a queue whose count wraps. */
export const inbox = scenario('inbox', 2, [[100, 0, 200, 20]])
/** One slot, for one request after the other. */
export const oneSlot = scenario('one slot', 1, [[30, 0, 40]])
export const twoInboxes = scenario('two inboxes', 2, [
  [60, 10],
  [0, 140],
])
