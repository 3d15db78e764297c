import {assert} from '../assert.ts'
import type {ClusterMap} from '../cluster/cluster-map.ts'
import {EVERY, type Letter, type Mailbox} from '../cluster/mail.ts'
import type {ThreadLine} from '../cluster/thread-line.ts'
import type {CommittedChange, Consensus} from '../ensemble/consensus.ts'
import {type AskedWrite, AskedWrites, type Asker} from './asked-writes.ts'
import {ClientRegistry, isClientSeen, isConnectionsSeen} from './client-registry.ts'
import {Draft} from './draft.ts'
import {Holder, type HolderOptions} from './holder.ts'
import {Liveness} from './liveness.ts'
import {MetadataImage} from './metadata-image.ts'
import {publishRow} from './publish.ts'
import {read} from './read.ts'
import {RecentChanges} from './recent-changes.ts'
import {
  type AnswerBody,
  isRead,
  isRequest,
  type MetadataNotice,
  type ReadRequest,
  type Results,
  type WriteRequest,
} from './requests.ts'

export interface CoordinatorOptions extends HolderOptions {
  readonly sessionTimeoutMs: number
}

/** A client that is silent for so many sessions is gone; it tells of itself in each. */
const CLIENT_SESSIONS = 5

/** A write that somebody wants. */
interface WantedWrite extends Asker {
  readonly request: WriteRequest
  /** The same for all who ask for the same thing. */
  readonly name: string
  readonly deadlineMs: number
}

/**
 * One coordinator: keeps the image of what was committed, answers reads from it, and, while it holds the lease, is the one who
 * decides. What it decides is proposed first, and stands in the map, in notices and in answers once it is committed.
 */
export class Coordinator {
  readonly #map: ClusterMap
  readonly #line: ThreadLine
  readonly #consensus: Consensus
  readonly #mailbox: Mailbox
  readonly #options: CoordinatorOptions
  readonly #liveness: Liveness
  readonly #recent = new RecentChanges()
  #image = new MetadataImage()
  /** End of the metadata log as taken in. */
  #end = 0
  /** Its work while it holds the lease. */
  #holder: Holder | undefined
  /** Committed, and not in the map yet. */
  #changes: CommittedChange[] = []
  #notifiedEnd = 0
  readonly #rows = new Set<number>()
  readonly #writes: WantedWrite[] = []
  readonly #asked = new AskedWrites()
  /** Done, and not committed yet, or not answered to everybody. */
  readonly #waiting = new Set<AskedWrite>()
  #readsServed = 0
  readonly #clients: ClientRegistry

  constructor(id: number, map: ClusterMap, consensus: Consensus, mailbox: Mailbox, options: CoordinatorOptions) {
    this.#map = map
    this.#line = map.coordinator(id)
    this.#consensus = consensus
    this.#mailbox = mailbox
    this.#options = options
    this.#liveness = new Liveness(map, options.sessionTimeoutMs)
    this.#clients = new ClientRegistry(CLIENT_SESSIONS * options.sessionTimeoutMs)
  }

  get image(): MetadataImage {
    return this.#image
  }

  /** How many requests to describe and list it has answered. */
  get readsServed(): number {
    return this.#readsServed
  }

  /** One round; returns how much there was to do. */
  doWork(nowMs: number): number {
    this.#line.beat(nowMs)
    const hosts = this.#liveness.look(nowMs)
    const received = this.#receive(nowMs) + this.#consensus.tick(nowMs)
    const committed = this.#takeCommitted()
    const holder = this.#currentHolder()
    const proposed = holder === undefined ? this.#refuseWrites() : this.#rule(holder, hosts, nowMs)
    return received + committed + proposed + hosts.length
  }

  dueInMs(nowMs: number): number {
    const holderDueInMs = this.#holder?.dueInMs(nowMs) ?? Number.POSITIVE_INFINITY
    return Math.min(this.#consensus.dueInMs(nowMs), this.#liveness.dueInMs(nowMs), holderDueInMs)
  }

  #receive(nowMs: number): number {
    let letters = 0
    for (let letter = this.#mailbox.receive(); letter !== undefined; letter = this.#mailbox.receive()) {
      letters++
      if (!this.#consensus.handle(letter, nowMs)) this.#take(letter, nowMs)
    }
    return letters
  }

  #take({from, body}: Letter, nowMs: number): void {
    if (isClientSeen(body)) this.#clients.take(body, nowMs)
    if (isConnectionsSeen(body)) this.#clients.takeConnections(body, nowMs)
    if (!isRequest(body)) return
    const {id, request, name = `${from} ${id}`, deadlineMs = Number.POSITIVE_INFINITY} = body
    if (isRead(request)) this.#serve({from, id}, request, nowMs)
    else this.#writes.push({from, id, request, name, deadlineMs})
  }

  /** Reads are answered by whoever is asked, once it knows how this start has numbered the rows. */
  #serve(asker: Asker, request: ReadRequest, nowMs: number): void {
    if (this.#image.startId !== this.#options.startId) {
      this.#refuse(asker)
      return
    }
    this.#readsServed++
    this.#line.publishServed(this.#readsServed)
    const context = {
      image: this.#image,
      recent: this.#recent,
      holder: this.#map.lease.read().holder,
      clients: this.#clients.list(nowMs),
      connections: this.#clients.listConnections(this.#image.brokers, nowMs),
      topicDefaults: this.#options.topicDefaults.configs,
    }
    this.#answer(asker, this.#end, read(request, context))
  }

  #takeCommitted(): number {
    const taken = this.#consensus.takeCommitted()
    for (const committed of taken) {
      if (committed.type === 'snapshot') {
        this.#image = MetadataImage.of(committed.snapshot)
        this.#recent.restart(committed.endOffset)
        this.#end = committed.endOffset
        this.#notifiedEnd = this.#end
        this.#changes = []
        this.#leave()
        continue
      }
      const {offset, epoch, change} = committed
      assert(offset >= this.#end, 'changes are taken in one after the other')
      // rows are numbered anew: what was to be published under the old numbers never is
      if (change.type === 'clusterStarted') this.#rows.clear()
      for (const row of this.#image.apply(change)) this.#rows.add(row)
      this.#recent.add({offset, epoch, change})
      this.#changes.push({offset, epoch, change})
    }
    this.#end = this.#consensus.committedEnd
    this.#line.publishApplied(this.#end)
    return taken.length
  }

  /** At work in the lease epoch held now; undefined where the lease is not held, or not everything is taken in yet. */
  #currentHolder(): Holder | undefined {
    const {isHolder, epoch, committedEnd, proposedEnd} = this.#consensus
    if (this.#holder !== undefined && isHolder && this.#holder.epoch === epoch) return this.#holder
    this.#leave()
    if (!isHolder || proposedEnd !== committedEnd) return undefined
    const draft = new Draft(this.#map, this.#image, epoch)
    this.#holder = new Holder(this.#map, draft, this.#liveness, this.#options)
    // whoever held the lease before may have died between a commit and the map
    for (let row = 0; row < this.#image.nextRow; row++) this.#rows.add(row)
    this.#publish()
    return this.#holder
  }

  /** What was proposed and not seen committed may be lost: who asked for it asks again. */
  #leave(): void {
    this.#holder = undefined
    for (const {askers} of this.#waiting) for (const asker of askers) this.#refuse(asker)
    this.#waiting.clear()
    this.#asked.clear()
  }

  #rule(holder: Holder, hosts: readonly number[], nowMs: number): number {
    if (this.#notifiedEnd < this.#end) this.#publish()
    this.#answerCommitted()
    const writes = this.#writes.splice(0)
    const done = this.#write(holder, writes, nowMs)
    holder.look(this.#line, hosts, nowMs)
    const changes = holder.takeChanges()
    if (changes.length > 0) this.#consensus.propose(changes)
    for (const write of done) write.end = this.#consensus.proposedEnd
    return writes.length + changes.length
  }

  /** Does what is asked for the first time, and returns that; whoever asks again waits with those who did before. */
  #write(holder: Holder, writes: readonly WantedWrite[], nowMs: number): AskedWrite[] {
    const done: AskedWrite[] = []
    for (const {from, id, request, name, deadlineMs} of writes) {
      // who asked has given it up, and may have asked for something else since
      if (nowMs >= deadlineMs) continue
      let write = this.#asked.get(name)
      if (write === undefined) {
        write = this.#asked.add(name, holder.write(request, nowMs), {nowMs, deadlineMs})
        done.push(write)
      }
      if (!write.askers.some(asker => asker.from === from && asker.id === id)) write.askers.push({from, id})
      this.#waiting.add(write)
    }
    return done
  }

  #publish(): void {
    if (this.#image.startId === this.#options.startId) {
      this.#map.growTo(this.#image.nextRow)
      for (const row of this.#rows) publishRow(this.#map, this.#image, row)
    }
    this.#rows.clear()
    this.#notify()
  }

  /** Tells brokers what was committed since they were last told; nothing, where this one is new. */
  #notify(): void {
    const changes = this.#changes.splice(0)
    const from = this.#notifiedEnd
    this.#notifiedEnd = this.#end
    const notice: MetadataNotice = {type: 'metadata', epoch: this.#consensus.epoch, from, end: this.#end, changes}
    this.#mailbox.send(EVERY.broker, notice)
  }

  #answerCommitted(): void {
    for (const write of this.#waiting) {
      if (write.end > this.#end) continue
      for (const asker of write.askers) this.#answer(asker, write.end, write.result)
      write.askers = []
      this.#waiting.delete(write)
    }
  }

  /** Not the holder's round: what waits in the map is for the holder, and so is what was asked. */
  #refuseWrites(): number {
    this.#line.marks.take(() => {})
    this.#changes = []
    this.#notifiedEnd = this.#end
    this.#rows.clear()
    const writes = this.#writes.splice(0)
    for (const asker of writes) this.#refuse(asker)
    return writes.length
  }

  #answer({from, id}: Asker, end: number, result: Results[keyof Results]): void {
    this.#mailbox.send(from, {type: 'answer', id, end, result} satisfies AnswerBody)
  }

  #refuse({from, id}: Asker): void {
    const {holder} = this.#map.lease.read()
    const message = holder === 0 ? 'no coordinator holds the lease yet' : `coordinator ${holder} holds the lease`
    this.#mailbox.send(from, {type: 'answer', id, error: 'NOT_CONTROLLER', message} satisfies AnswerBody)
  }
}
