import type {ClusterMap} from '../../engine/cluster/cluster-map.ts'
import type {Mailbox} from '../../engine/cluster/mail.ts'
import {STATE} from '../../engine/cluster/replica-line.ts'
import {THREAD} from '../../engine/cluster/thread-line.ts'
import {MetadataImage} from '../../engine/coordinator/metadata-image.ts'
import type {AdminRequest, AnswerBody, MetadataNotice, Results} from '../../engine/coordinator/requests.ts'
import type {Post} from './post.ts'

const ASK_AGAIN_MS = 200

/**
 * A broker with its hosts as the coordinators see them: lines of the map that beat, letters. It keeps an image from notices, opens
 * the replicas it has been given, and while one of them leads it proposes ISRs.
 */
export class FakeBroker {
  readonly id: number
  #map: ClusterMap
  #post: Post
  /** How many rows the map has in use. */
  readonly #rows: () => number
  #mailbox: Mailbox
  image = new MetadataImage()
  end = 0
  /** Of meta.properties; another one after the dir was lost. */
  directory = 1
  intact = true
  incarnation = 0
  isRegistered = false
  isClosing = false
  stalledUntilMs = 0
  /** Proposes only members that are there, and opens its replicas at once. */
  isCalm = false
  readonly answers = new Map<number, AnswerBody>()
  #nextId = 1
  #fetching = 0
  #fetchedMs = Number.NEGATIVE_INFINITY
  #registering = 0
  #registeredMs = Number.NEGATIVE_INFINITY

  constructor(id: number, map: ClusterMap, post: Post, rows: () => number) {
    this.#rows = rows
    this.id = id
    this.#map = map
    this.#post = post
    this.#mailbox = post.mailbox(`broker-${id}`)
  }

  get isDead(): boolean {
    return this.#map.broker(this.id).hasEnded
  }

  get hosts(): number[] {
    return this.#map.hostsOf(this.id)
  }

  /** The process is another one, with a map and letters of its own. */
  moveTo(map: ClusterMap, post: Post): void {
    this.#map = map
    this.#post = post
    this.answers.clear()
  }

  start(nowMs: number): void {
    if (!this.isDead) return
    this.#mailbox = this.#post.mailbox(`broker-${this.id}`)
    this.image = new MetadataImage()
    this.end = 0
    this.isRegistered = this.isClosing = false
    this.#fetching = this.#registering = 0
    this.#fetchedMs = this.#registeredMs = Number.NEGATIVE_INFINITY
    this.incarnation = this.#map.broker(this.id).startAnew(nowMs)
    this.#map.broker(this.id).publishState(THREAD.running)
    for (const host of this.hosts) this.startHost(host, nowMs)
  }

  kill(): void {
    for (const host of this.hosts) this.killHost(host)
    this.#map.broker(this.id).publishEnded(this.incarnation)
  }

  killHost(host: number): void {
    const line = this.#map.host(host)
    line.publishEnded(line.incarnation)
  }

  /** The lines of its replicas are cleared before there is a thread again that could be taken for the one they speak of. */
  startHost(host: number, nowMs: number): void {
    const line = this.#map.host(host)
    if (!line.hasEnded) return
    for (let row = 0; row < this.#rows(); row++)
      for (let slot = 0; slot < 7; slot++) {
        const replica = this.#map.row(row).replica(slot)
        if (replica.host !== host) continue
        replica.publishState(STATE.starting)
        replica.publishHost(-1)
      }
    line.startAnew(nowMs)
    line.publishState(THREAD.running)
  }

  request(request: AdminRequest, to?: number): number {
    const id = this.#nextId++
    const coordinator = to ?? this.#map.lease.read().holder
    this.#mailbox.send(`coordinator-${coordinator}`, {type: 'request', id, request})
    return id
  }

  close(): void {
    this.isClosing = true
    this.request({type: 'brokerClosing', broker: this.id, incarnation: this.incarnation})
  }

  /** A round of the broker and its hosts; `chance` decides what they do of what they may. */
  doWork(nowMs: number, chance: (of: number) => number): void {
    if (this.isDead || nowMs < this.stalledUntilMs) return
    this.#map.broker(this.id).beat(nowMs)
    for (const host of this.hosts) if (!this.#map.host(host).hasEnded) this.#map.host(host).beat(nowMs)
    for (let letter = this.#mailbox.receive(); letter !== undefined; letter = this.#mailbox.receive())
      this.#take(letter.body as AnswerBody | MetadataNotice)
    this.#register(nowMs)
    for (const row of this.image.rowsOf(this.id)) this.#host(row, chance)
  }

  #take(body: AnswerBody | MetadataNotice): void {
    if (body.type === 'metadata') {
      if (body.from > this.end) this.#fetchedMs = Number.NEGATIVE_INFINITY
      else this.#apply(body.changes, body.end)
      if (body.from > this.end) this.#fetch()
      return
    }
    this.answers.set(body.id, body)
    if (body.id === this.#registering && !('error' in body)) this.isRegistered = true
    if (body.id !== this.#fetching || 'error' in body) return
    const result = body.result as Results['fetchMetadata']
    if ('changes' in result) this.#apply(result.changes, body.end)
    else if (body.end > this.end) {
      this.image = MetadataImage.of(result.snapshot)
      this.end = body.end
    }
  }

  #apply(changes: MetadataNotice['changes'], end: number): void {
    for (const {offset, change} of changes) if (offset >= this.end) this.image.apply(change)
    this.end = Math.max(this.end, end)
  }

  #fetch(): void {
    this.#fetching = this.request({type: 'fetchMetadata', from: this.end})
  }

  #register(nowMs: number): void {
    if (nowMs - this.#fetchedMs > 5 * ASK_AGAIN_MS) {
      this.#fetchedMs = nowMs
      this.#fetch()
    }
    if (this.isRegistered || nowMs - this.#registeredMs < ASK_AGAIN_MS) return
    this.#registeredMs = nowMs
    const {id: broker, incarnation, intact} = this
    const directoryId = `dir-${this.id}-${this.directory}`
    this.#registering = this.request({type: 'registerBroker', broker, incarnation, directoryId, intact})
  }

  #host(number: number, chance: (of: number) => number): void {
    const {slots} = this.image.partitionAt(number)!
    const row = this.#map.row(number)
    const slot = slots.indexOf(this.id)
    const line = row.replica(slot)
    const host = this.hosts[number % this.hosts.length]!
    if (this.#map.host(host).hasEnded) return
    if (line.host !== host || line.state !== STATE.running) {
      if (!this.isCalm && chance(3) === 0) return
      line.publishHost(host)
      line.publishState(STATE.running)
      this.#map.ringHolder(number)
    }
    const {leadership} = row
    if (leadership.leader !== slot || leadership.deleted) return
    if (line.followedEpoch !== leadership.leaderEpoch) {
      if (!this.isCalm && chance(3) === 0) return
      line.publishFollowedEpoch(leadership.leaderEpoch)
      this.#map.ringHolder(number)
    }
    const wanted = !this.isCalm && chance(4) === 0 ? chance(1 << slots.length) : this.#caughtUp(number)
    if ((wanted | (1 << slot)) === leadership.isr) return
    row.propose(slot, {...leadership, isr: wanted | (1 << slot)})
    this.#map.ringHolder(number)
  }

  #caughtUp(number: number): number {
    const {slots, replicas} = this.image.partitionAt(number)!
    return slots.reduce((bits, broker, slot) => {
      const {state, host} = this.#map.row(number).replica(slot)
      const isThere = host >= 0 && this.#map.brokerOf(host) === broker && !this.#map.host(host).hasEnded
      const isUp = replicas.includes(broker) && this.image.isUp(broker) && isThere && state === STATE.running
      return isUp ? bits | (1 << slot) : bits
    }, 0)
  }
}
