import {AssertionFailed} from '../engine/assert.ts'
import {EVERY, type Letter} from '../engine/cluster/mail.ts'
import {THREAD} from '../engine/cluster/thread-line.ts'
import type {ClientSeen} from '../engine/coordinator/client-registry.ts'
import {MetadataImage} from '../engine/coordinator/metadata-image.ts'
import type {AnswerBody, MetadataNotice, Results} from '../engine/coordinator/requests.ts'
import type {CommittedChange} from '../engine/ensemble/consensus.ts'
import {storageError} from '../engine/errors.ts'
import {BrokerDir} from './broker-dir.ts'
import type {BrokerLetter, ClusterEventAt} from './broker-letters.ts'
import type {BrokerWorld} from './broker-world.ts'
import {ClientRequests} from './client-requests.ts'
import {eventsOf} from './cluster-events.ts'
import {Compactions} from './compactions.ts'
import {CoordinatorCalls} from './coordinator-calls.ts'
import {GroupBroker} from './group-broker.ts'
import {Hosting} from './hosting.ts'
import type {ClientAsk} from './listener/listener.ts'
import {OwnPlace} from './own-place.ts'
import {WireAdmin} from './wire-admin.ts'
import {WireDesk} from './wire-desk.ts'
import {WireLogs} from './wire-logs.ts'
import {WireRequests} from './wire-requests.ts'

/** How often what hosts have come to is written down. */
const CHECKPOINT_MS = 60_000
/** How soon a new directory is on record. */
const RECORD_MS = 1000
/** How long a broker that closes waits for others to take its partitions over. */
const HAND_OVER_MS = 1000
/** More than what happens between the end of a broker and its being noticed. */
const EVENTS_KEPT = 1000
/** A call to a coordinator that was not answered is made again after so long. */
const ASK_AGAIN_MS = 250

/**
 * The work of a broker's thread: registers with the coordinators, follows the metadata log, has its hosts host what that says,
 * answers clients, and keeps the dir's checkpoints. Records pass it by.
 */
export class BrokerAgent {
  readonly #world: BrokerWorld
  readonly #dir: BrokerDir
  readonly #hosting: Hosting
  readonly #calls: CoordinatorCalls
  readonly #clients: ClientRequests
  readonly #groups: GroupBroker | undefined
  readonly #wire: WireRequests | undefined
  #image = new MetadataImage()
  /** Offset behind the last change taken in, -1 before the first. */
  #applied = -1
  /** End of the metadata log as it was told to this broker. */
  #toldEnd = 0
  /** Questions for what was committed that are not answered yet, and when to ask again where the answer did not reach `#toldEnd`. */
  #fetches = 0
  #fetchAgainMs = 0
  /** What happened last. */
  readonly #events: ClusterEventAt[] = []
  /** This is the broker that tells clients of it. */
  #tells = false
  #registeredAs = ''
  #lookedForStrays = false
  #nextCheckpointMs = 0
  /** Hosts that wait for the next checkpoint. */
  #checkpointAsks: {readonly host: number; readonly number: number}[] = []
  /** What hosts want compacted. */
  readonly #compactions: Compactions<BrokerLetter & {readonly type: 'clean'}>
  #closing: 'no' | 'handing over' | 'closing hosts' | 'closed' = 'no'
  #handOverEndsMs = 0

  constructor(world: BrokerWorld, nowMs: number) {
    const {id, map, mailbox, storage, config, starter, randomBytes} = world
    this.#world = world
    this.#dir = new BrokerDir(storage, config.brokerDirs[id]!, {clusterId: config.clusterId, nodeId: id, randomBytes})
    this.#calls = new CoordinatorCalls(map, mailbox, {incarnation: world.incarnation, againMs: ASK_AGAIN_MS})
    this.#hosting = new Hosting({
      broker: id,
      map,
      config,
      dir: this.#dir,
      starter,
      send: (host, messages) => mailbox.send(`host-${host}`, messages),
    })
    this.#clients = new ClientRequests(map, mailbox, this.#calls, {config, randomBytes})
    this.#compactions = new Compactions(world.clean, ({host, row, incarnation, number}, outcome) =>
      mailbox.send(`host-${host}`, {type: 'cleaned', row, incarnation, number, outcome}),
    )
    const {groups} = world
    if (groups !== undefined) {
      const own = new OwnPlace({map, mailbox}, groups)
      this.#groups = new GroupBroker({...world, groups}, this.#calls, own)
      const logs = new WireLogs({...world, groups}, own, this.#image)
      const admin = new WireAdmin(world, this.#clients, this.#image)
      this.#wire = new WireRequests(new WireDesk(map, {groups: this.#groups, logs, admin}))
    }
    this.#nextCheckpointMs = nowMs + CHECKPOINT_MS
    const line = map.broker(id)
    line.beat(nowMs)
    line.publishState(THREAD.running)
    this.#hosting.prepare()
    this.#fetch(nowMs)
  }

  get isClosed(): boolean {
    return this.#closing === 'closed'
  }

  get image(): MetadataImage {
    return this.#image
  }

  /** One round; returns how much there was to do. */
  doWork(nowMs: number): number {
    const {id, map, groups} = this.#world
    map.broker(id).beat(nowMs)
    let work = this.#receive(nowMs)
    // a thread that was starting has missed the letter
    if (map.closing) this.#beginClosing(nowMs)
    if (this.#applied < this.#toldEnd && this.#fetches === 0 && nowMs >= this.#fetchAgainMs) this.#fetch(nowMs)
    this.#register(nowMs)
    work += this.#calls.round(nowMs)
    work += this.#clients.round(this.#image, nowMs)
    // what it leads after that nobody leads for long
    if (this.#closing === 'no' || this.#closing === 'handing over') work += this.#groups?.round(this.#image, nowMs) ?? 0
    if (groups !== undefined) work += this.#wire?.round(this.#image, {nowMs, wallMs: groups.wallMs()}) ?? 0
    this.#close(nowMs)
    if (this.#closing === 'no') {
      this.#hosting.restart(nowMs)
      this.#hosting.hostHeld(this.#image, nowMs)
    }
    work += this.#hosting.flush()
    if (nowMs >= this.#nextCheckpointMs) this.#checkpoint(nowMs)
    return work
  }

  dueInMs(nowMs: number): number {
    if (this.#closing !== 'no' || this.#hosting.isWaiting) return 1
    const groupsDueInMs = this.#groups?.dueInMs(nowMs) ?? Number.POSITIVE_INFINITY
    const wireDueInMs = this.#wire?.dueInMs(nowMs) ?? Number.POSITIVE_INFINITY
    const clientsDueInMs = this.#clients.dueInMs(nowMs)
    const beatInMs = this.#world.config.sessionTimeoutMs / 4
    return Math.max(1, Math.min(this.#calls.dueInMs(nowMs), clientsDueInMs, groupsDueInMs, wireDueInMs, beatInMs))
  }

  /** Place among the cluster's threads whose doorbell is rung for what this waits for, or undefined where it waits for no ring. */
  get ringPlace(): number | undefined {
    return this.#groups?.ringPlace ?? this.#wire?.ringPlace
  }

  /** A client asks over its socket; it is handled in the next round. */
  ask(ask: ClientAsk): void {
    this.#wire?.ask(ask)
  }

  /** A host has ended, and nobody had asked for that; `crashed`: by an error of its own. */
  hostEnded(host: number, nowMs: number, crashed = false): void {
    this.#compactions.hostEnded(host)
    if (this.#closing === 'no') this.#hosting.hostEnded(host, nowMs, crashed)
    else this.#world.map.host(host).publishEnded(this.#world.map.host(host).incarnation)
  }

  #receive(nowMs: number): number {
    let letters = 0
    for (;;) {
      const letter = this.#world.mailbox.receive()
      if (letter === undefined) return letters
      letters++
      this.#handle(letter as Letter<BrokerLetter | AnswerBody | MetadataNotice>, nowMs)
    }
  }

  #handle({from, body}: Letter<BrokerLetter | AnswerBody | MetadataNotice>, nowMs: number): void {
    switch (body.type) {
      case 'metadata':
        this.#takeNotice(body, nowMs)
        return
      case 'answer':
        this.#calls.answered(body)
        return
      case 'ask':
        this.#clients.ask(from, body)
        return
      case 'group':
        this.#groups?.ask(from, body)
        return
      case 'hello': {
        const {id, place, thread, gone} = body
        const client = {id, place, thread, broker: this.#world.id}
        const seen: ClientSeen = {type: 'clientSeen', client, gone}
        this.#world.mailbox.send(EVERY.coordinator, seen)
        return
      }
      case 'checkpoint':
        this.#nextCheckpointMs = nowMs
        this.#checkpointAsks.push(body)
        return
      case 'clean':
        this.#clean(body)
        return
      case 'compacted':
        for (const {row, topic, partition} of this.#hosting.replicas)
          if (row === body.row) this.#dir.setCleanedEnd(topic, partition, body.cleanedEnd)
        this.#nextCheckpointMs = nowMs
        return
      case 'directoryChanged':
        // many at once: a checkpoint costs some syncs
        this.#nextCheckpointMs = Math.min(this.#nextCheckpointMs, nowMs + RECORD_MS)
        return
      case 'producers':
        this.#wire?.producersTold(body.id, body.producers)
        return
      case 'listen':
        this.#world.listen?.(body.order)
        return
      case 'stall':
        this.#world.sleep(body.ms)
        return
      case 'disk':
        this.#world.setDiskFaults?.(body)
        this.#hosting.setDiskFaults(body)
        return
      default:
        this.#beginClosing(nowMs)
    }
  }

  #takeNotice({end, changes}: MetadataNotice, nowMs: number): void {
    this.#toldEnd = Math.max(this.#toldEnd, end)
    const known = changes.filter(({offset}) => offset >= this.#applied)
    if (this.#applied < 0 || (known[0]?.offset ?? end) > this.#applied) this.#fetch(nowMs)
    else this.#apply(known, end)
  }

  #apply(changes: readonly CommittedChange[], end: number): void {
    const rows = new Set<number>()
    const events: ClusterEventAt[] = []
    for (const {offset, change} of changes) {
      if (offset !== this.#applied) continue
      for (const event of eventsOf(this.#image, change, this.#world.map.lease.read())) events.push({offset, event})
      for (const row of this.#image.apply(change)) rows.add(row)
      if (change.type === 'topicConfigured')
        for (const {row} of this.#image.topic(change.topicId)!.partitions) rows.add(row)
      this.#applied = offset + 1
    }
    this.#tellClients(events)
    for (const row of rows) this.#hosting.update(this.#image, row)
    if (this.#applied === end) this.#world.map.broker(this.#world.id).publishApplied(end)
  }

  /** Asks a coordinator for what was committed since; it may not have heard of all of that itself. */
  #fetch(nowMs: number): void {
    this.#fetches++
    this.#fetchAgainMs = nowMs + ASK_AGAIN_MS
    this.#calls.ask({type: 'fetchMetadata', from: Math.max(0, this.#applied)}, nowMs, answer => {
      this.#fetches--
      if ('error' in answer) return
      const result = answer.result as Results['fetchMetadata']
      if ('snapshot' in result) {
        if (answer.end <= this.#applied) return
        this.#image = MetadataImage.of(result.snapshot)
        this.#applied = answer.end
        for (let row = 0; row < this.#image.nextRow; row++) this.#hosting.update(this.#image, row)
        this.#world.map.broker(this.#world.id).publishApplied(this.#applied)
        return
      }
      if (this.#applied < 0) this.#applied = 0
      this.#apply(result.changes, answer.end)
    })
  }

  /** Registers in each start of the cluster, and again where a coordinator took this broker for gone. */
  #register(nowMs: number): void {
    const {id, incarnation, config} = this.#world
    if (this.#closing !== 'no' || this.#image.startId !== config.startId) return
    const own = this.#image.brokers.find(broker => broker.id === id)
    if (own !== undefined && !own.fenced && own.incarnation === incarnation) {
      this.#putStraysAside()
      return
    }
    const attempt = `${config.startId} ${this.#applied}`
    if (this.#registeredAs === attempt) return
    this.#registeredAs = attempt
    const {directoryId} = this.#dir.identity
    const found = own === undefined ? this.#dir.found() : []
    const request = {
      type: 'registerBroker',
      broker: id,
      incarnation,
      directoryId,
      intact: this.#dir.wasThere,
      found,
    } as const
    this.#calls.ask(request, nowMs, answer => {
      if ('error' in answer) this.#registeredAs = ''
    })
  }

  /** Once in each start, when it is known what should be here. */
  #putStraysAside(): void {
    if (this.#lookedForStrays) return
    this.#lookedForStrays = true
    const {id, config} = this.#world
    try {
      this.#dir.putStraysAside(
        (topic, partition) => this.#image.topicNamed(topic)?.partitions[partition]?.replicas.includes(id) ?? false,
        config.quarantineDirs[id]!,
      )
    } catch (error) {
      // they are in nobody's way
      if (error instanceof AssertionFailed) throw error
    }
  }

  /**
   * Every broker learns of every change, and the first one that is not fenced tells. Whoever becomes that one tells again what happened
   * last, for nobody knows what came of the one before; clients know by the offset what they have heard.
   */
  #tellClients(events: readonly ClusterEventAt[]): void {
    this.#events.push(...events)
    if (this.#events.length > EVENTS_KEPT) this.#events.splice(0, this.#events.length - EVENTS_KEPT)
    const up = this.#image.brokers.filter(({fenced}) => !fenced).map(({id}) => id)
    const tells = Math.min(...up) === this.#world.id
    const news = tells && !this.#tells ? this.#events : events
    this.#tells = tells
    if (tells && news.length > 0) this.#world.mailbox.send(EVERY.client, {type: 'events', events: news})
  }

  #checkpoint(nowMs: number): void {
    this.#nextCheckpointMs = nowMs + CHECKPOINT_MS
    let failure: string | undefined
    try {
      this.#dir.checkpoint(this.#world.map, this.#hosting.replicas)
    } catch (error) {
      // the logs tell as much, only more slowly; the disk may take it the next time
      failure = storageError(error, 'writing checkpoints').message
    }
    for (const {host, number} of this.#checkpointAsks)
      this.#world.mailbox.send(`host-${host}`, {type: 'checkpointed', number, failure})
    this.#checkpointAsks = []
  }

  /** What a host had asked for before it ended counts for nothing, also where that is heard of later. */
  #clean(ask: BrokerLetter & {readonly type: 'clean'}): void {
    const line = this.#world.map.host(ask.host)
    if (ask.incarnation === line.incarnation && !line.hasEnded) this.#compactions.ask(ask)
  }

  #beginClosing(nowMs: number): void {
    if (this.#closing !== 'no') return
    const {id, incarnation, map} = this.#world
    this.#closing = 'handing over'
    this.#compactions.close()
    this.#handOverEndsMs = map.closing ? nowMs : nowMs + HAND_OVER_MS
    if (!map.closing) this.#calls.ask({type: 'brokerClosing', broker: id, incarnation}, nowMs, () => undefined)
  }

  #close(nowMs: number): void {
    if (this.#closing === 'handing over' && (nowMs >= this.#handOverEndsMs || !this.#leadsAny())) {
      this.#closing = 'closing hosts'
      this.#world.listen?.(undefined)
      this.#wire?.close(nowMs)
      this.#groups?.close()
      this.#hosting.close()
    }
    if (this.#closing === 'closing hosts' && this.#hosting.isClosed && this.#compactions.isIdle) {
      this.#dir.checkpoint(this.#world.map, this.#hosting.replicas)
      if (this.#hosting.closedCleanly) this.#dir.markCleanShutdown(this.#world.map, this.#hosting.replicas)
      this.#world.map.broker(this.#world.id).publishState(THREAD.closed)
      this.#closing = 'closed'
    }
  }

  #leadsAny(): boolean {
    for (const {row, slot} of this.#hosting.replicas)
      if (this.#world.map.row(row).leadership.leader === slot) return true
    return false
  }
}
