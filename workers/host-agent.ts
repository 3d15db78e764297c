import {AssertionFailed} from '../engine/assert.ts'
import {THREAD, type ThreadLine} from '../engine/cluster/thread-line.ts'
import {errorNumber, OdradekError, storageError} from '../engine/errors.ts'
import {ROW_MARKS, RUN_BATCHES_MAX} from '../engine/limits.ts'
import {RING} from '../engine/memory/doorbell.ts'
import {APPEND_NEEDS, InboxReceiver, REQUEST, type Reply} from '../engine/memory/inbox.ts'
import type {HostMessage, HostOrder} from './host-orders.ts'
import type {HostWorld} from './host-world.ts'
import {HostedReplica} from './hosted-replica.ts'

/** An answer to who sits at place `thread` that speaks of what is not on disk yet. */
interface Unstored {
  readonly thread: number
  readonly inbox: InboxReceiver
  readonly slot: number
  readonly offset: number
}

/**
 * The work of a thread that hosts replicas: drain inboxes, append, write, publish, answer; take up leadership changes, fetch for
 * the replicas that follow; sync, expire. One round a `doWork`; it costs what is marked, not what is hosted.
 */
export class HostAgent {
  readonly #world: HostWorld
  readonly #line: ThreadLine
  readonly #replicas = new Map<number, HostedReplica>()
  /** Replicas by the mark of their row. */
  readonly #byMark: (HostedReplica[] | undefined)[] = []
  readonly #inboxes: (InboxReceiver | undefined)[] = []
  readonly #inboxNames: (string | undefined)[] = []
  /** Replicas to look at in this round. */
  #marked = new Set<HostedReplica>()
  /** Replicas with staged batches. */
  #staged = new Set<HostedReplica>()
  #stagedCount = 0
  /** Application threads that are owed a ring, by bit. */
  #ringLow = 0
  #ringHigh = 0
  /** Answers that wait until the broker has written down what they tell. */
  #unstored: Unstored[] = []
  /** Counts the asks for checkpoints up to the oldest of these answers. */
  #checkpoints = 0
  /** Inboxes that were left with something in them. */
  #leftOver: number[] = []
  #nextDueMs = 0
  #closing = false
  readonly #reply: Reply = {status: 0, baseOffset: 0, timestamp: 0}

  constructor(world: HostWorld) {
    this.#world = world
    this.#line = world.map.host(world.number)
  }

  get readyToClose(): boolean {
    return this.#closing && this.#leftOver.length === 0
  }

  /** One round; returns how much there was to do. */
  doWork(): number {
    const {clock} = this.#world
    const low = this.#line.doorbell.takeDirty(0)
    const high = this.#line.doorbell.takeDirty(1)
    const nowMs = clock.monotonicMs()
    this.#line.beat(nowMs)
    let work = 0
    if (high & CONTROL_BIT) {
      this.#line.marks.take(this.#takeMark)
      work += this.#readMail(nowMs)
    }
    work += this.#drainDirty(low, high)
    this.#finishRuns(nowMs)
    work += this.#visitMarked(nowMs)
    if (nowMs >= this.#nextDueMs) work += this.#visitDue(nowMs)
    this.#line.publishWorkingOn(NOTHING)
    this.#ringSenders()
    return work + this.#leftOver.length
  }

  /** How long it can be left alone; for ever where nothing is due. */
  dueInMs(): number {
    return Math.max(0, this.#nextDueMs - this.#world.clock.monotonicMs())
  }

  /** Closes every log cleanly. Throws where one of them cannot be, after the others. */
  close(): void {
    const failures: unknown[] = []
    for (const replica of this.#replicas.values()) {
      try {
        replica.close()
      } catch (error) {
        failures.push(error)
      }
    }
    if (failures.length > 0) throw failures[0]
    this.#line.publishState(THREAD.closed)
  }

  #readMail(nowMs: number): number {
    let letters = 0
    for (;;) {
      const letter = this.#world.mailbox.receive()
      if (letter === undefined) return letters
      letters++
      for (const message of [letter.body as HostMessage | HostMessage[]].flat()) this.#obey(message, nowMs)
    }
  }

  #obey(body: HostMessage, nowMs: number): void {
    switch (body.type) {
      case 'host':
        this.#host(body, nowMs)
        return
      case 'release':
        this.#release(body.row)
        return
      case 'configure':
        this.#configure(body)
        return
      case 'attach':
        if (this.#inboxNames[body.thread] === body.name) return
        this.#inboxNames[body.thread] = body.name
        this.#inboxes[body.thread] = new InboxReceiver(body.inbox, body.from)
        // what was sent before this letter was read has rung for an inbox that nobody knew
        if (!this.#leftOver.includes(body.thread)) this.#leftOver.push(body.thread)
        return
      case 'detach':
        this.#inboxes[body.thread] = undefined
        this.#inboxNames[body.thread] = undefined
        return
      case 'checkpointed':
        this.#answerStored(body.number, body.failure)
        return
      case 'cleaned':
        this.#cleaned(body, nowMs)
        return
      case 'describeProducers':
        this.#tellProducers(body.row, body.id)
        return
      case 'stall':
        this.#world.sleep(body.ms)
        return
      case 'disk':
        this.#world.setDiskFaults?.(body)
        return
      default:
        this.#closing = true
    }
  }

  #host(order: HostOrder, nowMs: number): void {
    const known = this.#replicas.get(order.row)
    if (known !== undefined) {
      known.reorder(order)
      return
    }
    this.#line.publishWorkingOn(order.row)
    const replica = new HostedReplica(this.#world, order, {hasArena: this.#replicas.size === 0})
    this.#replicas.set(order.row, replica)
    const mark = order.row % ROW_MARKS
    this.#byMark[mark] = [...(this.#byMark[mark] ?? []), replica]
    replica.start(nowMs)
    this.#marked.add(replica)
  }

  #configure(body: HostMessage & {type: 'configure'}): void {
    const replica = this.#replicas.get(body.row)
    if (replica === undefined) return
    replica.configure(body)
    // other things may be due now, and sooner
    this.#marked.add(replica)
  }

  #cleaned({row, incarnation, number, outcome}: HostMessage & {type: 'cleaned'}, nowMs: number): void {
    const replica = this.#replicas.get(row)
    // an earlier life of this host may have asked for it
    if (replica === undefined || incarnation !== this.#line.incarnation) return
    replica.cleaned(number, outcome, nowMs)
    // the next look is due some time, which it was not while this was under way
    this.#marked.add(replica)
  }

  #tellProducers(row: number, id: number): void {
    const {map, mailbox, number} = this.#world
    const producers = this.#replicas.get(row)?.producers
    mailbox.send(`broker-${map.brokerOf(number)}`, {type: 'producers', id, producers})
  }

  #release(row: number): void {
    const replica = this.#replicas.get(row)
    if (replica === undefined) return
    this.#answerStaged(replica, new OdradekError('NOT_LEADER_OR_FOLLOWER', 'the replica was released'))
    this.#replicas.delete(row)
    const mark = row % ROW_MARKS
    this.#byMark[mark] = this.#byMark[mark]!.filter(other => other !== replica)
    this.#marked.delete(replica)
    replica.release()
  }

  readonly #takeMark = (mark: number): void => {
    for (const replica of this.#byMark[mark] ?? []) this.#marked.add(replica)
  }

  #visitMarked(nowMs: number): number {
    if (this.#marked.size === 0) return 0
    const marked = this.#marked
    this.#marked = new Set()
    let work = 0
    for (const replica of marked) {
      this.#line.publishWorkingOn(replica.row)
      const done = replica.visit(nowMs)
      work += done
      if (done > 0) this.#marked.add(replica)
      // what a visit could not put right is not tried again at once
      else this.#nextDueMs = Math.min(this.#nextDueMs, nowMs + Math.max(DUE_AGAIN_MS, replica.dueInMs(nowMs)))
    }
    return work
  }

  #visitDue(nowMs: number): number {
    this.#nextDueMs = Number.POSITIVE_INFINITY
    for (const replica of this.#replicas.values()) {
      const dueInMs = replica.dueInMs(nowMs)
      if (dueInMs <= 0) this.#marked.add(replica)
      else this.#nextDueMs = Math.min(this.#nextDueMs, nowMs + dueInMs)
    }
    return this.#visitMarked(nowMs)
  }

  #drainDirty(low: number, high: number): number {
    let work = 0
    const again = this.#leftOver
    this.#leftOver = []
    for (const thread of again) work += this.#drain(thread)
    for (let bits = low; bits !== 0; bits &= bits - 1) work += this.#drain(31 - Math.clz32(bits & -bits))
    for (let bits = high & ~CONTROL_BIT; bits !== 0; bits &= bits - 1)
      work += this.#drain(63 - Math.clz32(bits & -bits))
    return work
  }

  #drain(thread: number): number {
    const inbox = this.#inboxes[thread]
    if (inbox === undefined) return 0
    let taken = 0
    for (;;) {
      if (this.#stagedCount >= RUN_BATCHES_MAX) {
        if (!this.#leftOver.includes(thread)) this.#leftOver.push(thread)
        return taken
      }
      const slot = inbox.take()
      if (slot < 0) return taken
      taken++
      this.#oweRing(thread)
      this.#handle(thread, inbox, slot)
    }
  }

  #oweRing(thread: number): void {
    if (thread < 32) this.#ringLow |= 1 << thread
    else this.#ringHigh |= 1 << (thread - 32)
  }

  #handle(thread: number, inbox: InboxReceiver, slot: number): void {
    const row = inbox.row(slot)
    const replica = this.#replicas.get(row)
    this.#line.publishWorkingOn(row)
    const nowMs = this.#world.clock.monotonicMs()
    if (replica === undefined) {
      this.#refuse(inbox, slot, new OdradekError('NOT_LEADER_OR_FOLLOWER', 'the partition has no replica here'))
      return
    }
    try {
      if (inbox.kind(slot) === REQUEST.append) this.#append(replica, inbox, slot, nowMs)
      else {
        this.#finishRun(replica, nowMs)
        const offset = replica.ask(inbox.kind(slot), inbox.argument(slot), nowMs)
        this.#marked.add(replica)
        if (inbox.kind(slot) === REQUEST.deleteRecords) this.#answerOnceStored({thread, inbox, slot, offset})
        else this.#answer(inbox, slot, 0, offset, -1)
      }
    } catch (error) {
      this.#refuse(inbox, slot, failureOf(error, 'answering a request'))
    }
  }

  /** What was deleted must not come back: the answer waits until the broker has the new log start on disk. */
  #answerOnceStored(answer: Unstored): void {
    this.#unstored.push(answer)
    const {map, mailbox, number: host} = this.#world
    const number = this.#checkpoints + this.#unstored.length
    mailbox.send(`broker-${map.brokerOf(host)}`, {type: 'checkpoint', host, number})
  }

  /** The broker has written its checkpoints, or could not, after `number` asks for that. */
  #answerStored(number: number, failure: string | undefined): void {
    while (this.#checkpoints < number) {
      this.#checkpoints++
      const {thread, inbox, slot, offset} = this.#unstored.shift()!
      this.#oweRing(thread)
      if (failure === undefined) this.#answer(inbox, slot, 0, offset, -1)
      else this.#refuse(inbox, slot, new OdradekError('KAFKA_STORAGE_ERROR', failure))
    }
  }

  #append(replica: HostedReplica, inbox: InboxReceiver, slot: number, nowMs: number): void {
    const wallMs = this.#world.clock.wallMs()
    const batch = inbox.bytes(slot)
    // what is staged was taken in a reign that may be over: it is written as that reign's, and cut with it, before this replica changes sides
    if (replica.staged.length > 0 && replica.partition.isBehindLeadership) this.#finishRun(replica, nowMs)
    const argument = inbox.argument(slot)
    const needsMinIsr = (argument & APPEND_NEEDS.minIsr) !== 0
    const needsSync = (argument & APPEND_NEEDS.sync) !== 0
    try {
      const baseOffset = replica.append(batch, {nowMs, wallMs, needsMinIsr, needsSync})
      replica.staged.push({inbox, slot, baseOffset, timestamp: wallMs})
      this.#staged.add(replica)
      this.#stagedCount++
    } catch (error) {
      const failure = failureOf(error, 'appending')
      // a roll on the way may have written what was staged before this batch, or lost it
      if (replica.hasNothingStaged) {
        replica.partition.publish()
        this.#answerStaged(replica, failure)
      }
      throw failure
    }
  }

  #finishRuns(nowMs: number): void {
    if (this.#staged.size === 0) return
    for (const replica of this.#staged) this.#finishRun(replica, nowMs)
    this.#staged.clear()
    this.#stagedCount = 0
  }

  /** Writes what is staged, publishes the new ends, then answers: what is acknowledged is on its way to be visible. */
  #finishRun(replica: HostedReplica, nowMs: number): void {
    if (replica.staged.length === 0) return
    let failure: OdradekError | undefined
    try {
      replica.partition.commit(nowMs)
    } catch (error) {
      failure = failureOf(error, 'writing')
    }
    this.#answerStaged(replica, failure)
    this.#marked.add(replica)
  }

  #answerStaged(replica: HostedReplica, failure: OdradekError | undefined): void {
    const {logEndOffset} = replica.partition
    for (const {inbox, slot, baseOffset, timestamp} of replica.staged) {
      if (baseOffset < logEndOffset) this.#answer(inbox, slot, 0, baseOffset, timestamp)
      else this.#refuse(inbox, slot, failure!)
    }
    replica.staged = []
  }

  #refuse(inbox: InboxReceiver, slot: number, failure: OdradekError): void {
    // an answer has room for a number; whoever gets it finds the words here, if no other failure came in between
    this.#line.failure.writeNote(errorNumber(failure.code), failure.message.slice(failure.code.length + 2))
    this.#answer(inbox, slot, errorNumber(failure.code), -1, -1)
  }

  #answer(inbox: InboxReceiver, slot: number, status: number, baseOffset: number, timestamp: number): void {
    this.#reply.status = status
    this.#reply.baseOffset = baseOffset
    this.#reply.timestamp = timestamp
    inbox.reply(slot, this.#reply)
  }

  #ringSenders(): void {
    const {threads} = this.#world.map
    for (let bits = this.#ringLow; bits !== 0; bits &= bits - 1) threads.doorbell(31 - Math.clz32(bits & -bits)).ring(0)
    for (let bits = this.#ringHigh; bits !== 0; bits &= bits - 1)
      threads.doorbell(63 - Math.clz32(bits & -bits)).ring(0)
    this.#ringLow = 0
    this.#ringHigh = 0
  }
}

/** What a host works on while it works on no replica. */
const NOTHING = -1

/** What the disk or a sender did wrong; a bug of ours is neither, and ends the thread. */
function failureOf(error: unknown, doing: string): OdradekError {
  if (error instanceof AssertionFailed) throw error
  return storageError(error, doing)
}

/** What is due still after it was looked at is looked at again after so long. */
const DUE_AGAIN_MS = 1

const CONTROL_BIT = 1 << (RING.control - 32)
