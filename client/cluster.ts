import {EventEmitter} from 'node:events'
import {setTimeout} from 'node:timers/promises'
import type {Crc32c} from '../engine/bytes/crc32c.ts'
import type {Letter} from '../engine/cluster/mail.ts'
import type {ReplicaLine} from '../engine/cluster/replica-line.ts'
import type {TopicSettings} from '../engine/coordinator/topic-configs.ts'
import type {TopicConfigs, TopicImage} from '../engine/ensemble/metadata.ts'
import {OdradekError} from '../engine/errors.ts'
import type {GroupLetter} from '../engine/group/group-letters.ts'
import type {LogSource} from '../engine/log/log-reader.ts'
import {partitionDirectory} from '../engine/log/segment-files.ts'
import type {Storage} from '../engine/log/storage.ts'
import {checkName} from './admin-arguments.ts'
import {describe} from './arguments.ts'
import type {BrokerCalls, Told} from './broker-calls.ts'
import {ClusterAdmin} from './cluster-admin.ts'
import {ClusterFaults} from './cluster-faults.ts'
import type {ClusterHandle} from './cluster-handle.ts'
import type {ClusterLink} from './cluster-link.ts'
import {type ClusterMetrics, clusterMetrics, type MetricsSource, partitionMetrics} from './cluster-metrics.ts'
import {GroupCalls} from './group-calls.ts'
import {Listeners, type ListenFailedLetter, type Listening, type ListenOptions} from './listening.ts'
import type {VerifyReport} from './log-report.ts'
import {Partition} from './partition.ts'
import {ProducerIds} from './producer-ids.ts'
import {Rates} from './rates.ts'

/** What stands behind a cluster's door in one thread. */
export interface ClusterHome {
  readonly handle: ClusterHandle
  readonly link: ClusterLink
  readonly calls: BrokerCalls
  readonly storage: Storage
  readonly crc32c: Crc32c
  readonly nowMs: () => number
  readonly monotonicMs: () => number
  /** The system's id of this thread, 0 where unknown. */
  readonly threadId: number
  readonly newTopicId: () => string
  /** What a topic's configs come to, with those of the cluster. */
  readonly settingsOf: (configs: TopicConfigs) => TopicSettings
  /** Has `take` called with every letter to this thread. */
  readonly onLetters: (take: (letter: Letter) => void) => void
  /** Reads every segment and index of a partition's directory below `end`. */
  readonly verify: (log: {dir: string; end: number; indexIntervalBytes: number}) => Promise<VerifyReport>
  /** Ends what is behind the door; for the opener this closes the cluster. */
  readonly shutDown: () => Promise<void>
}

/** A letter of a broker that tells what happened. */
interface EventsLetter {
  readonly type: 'events'
  /** Each with the offset of the change it tells of. */
  readonly events: readonly {
    readonly offset: number
    readonly event: {readonly type: string; readonly [field: string]: unknown}
  }[]
}

/** One broker, as somebody sees it who wants to see his program through its failure. */
export interface BrokerDoor {
  /** Ends its threads at once, wherever they are, as a crash would. It stays down until `restart`. */
  kill(): void
  /**
   * Stops its threads for a while, 0 to 60 000 ms, as a paused machine or a long collection of garbage would. Throws INVALID_ARGUMENT for
   * another time.
   */
  stall(ms: number): void
  /** Has it hand its partitions over and close its logs; it stays down until `restart`. */
  stop(): void
  /** Starts it again. */
  restart(): void
}

/** One coordinator, likewise. */
export type CoordinatorDoor = Pick<BrokerDoor, 'kill' | 'restart'>

/** As long as any stall may last. */
const STALL_MS_MAX = 60_000

/**
 * A cluster in this process: brokers, topics, partitions with replicas, and the coordinators above them; this thread's door to it.
 * Other threads attach with the `handle`. Obtained from `openCluster` or `attachCluster`. Emits `event` with each change, and the same under
 * its own name: `broker.up`, `broker.down`, `topic.created`, `topic.deleted`, `topic.configured`, `leader.changed`, `isr.changed`, `coordinator.changed`.
 */
export class Cluster extends EventEmitter {
  readonly handle: ClusterHandle
  readonly admin: ClusterAdmin
  readonly faults: ClusterFaults
  /** @internal What consumer groups are asked. */
  readonly groups: GroupCalls
  readonly #home: ClusterHome
  readonly #partitions = new Set<Partition>()
  readonly #ids: ProducerIds
  readonly #topics = new Map<string, TopicImage>()
  readonly #rates = new Rates()
  readonly #listeners: Listeners
  /** Offset of the change that is news: a broker that begins tells of older ones again. */
  #eventsFrom: number
  readonly #asked = new Map<string, Promise<TopicImage>>()
  #closing: Promise<void> | undefined
  /** The cluster has ended, and not by this thread's `close`. */
  #ended: OdradekError | undefined
  readonly #look = (): void => this.#endIfOver()

  /** @internal */
  constructor(home: ClusterHome) {
    super()
    this.#home = home
    this.handle = home.handle
    this.#ids = new ProducerIds(home.calls)
    this.groups = new GroupCalls(home.link, home)
    this.admin = new ClusterAdmin(home.calls, {
      groups: this.groups,
      newTopicId: home.newTopicId,
      partition: (topic, partition) => this.openPartition(topic, partition, false),
      configured: topic => this.#topics.delete(topic),
    })
    this.faults = new ClusterFaults(
      () => this.brokers,
      (broker, order) => home.link.mailbox.send(`broker-${broker}`, {type: 'disk', ...order}),
    )
    this.#listeners = new Listeners(home.link, home.monotonicMs)
    home.link.parking.add(this.#look)
    this.#eventsFrom = Math.max(...this.brokers.map(id => home.link.map.broker(id).applied))
    home.onLetters(letter => this.#take(letter as Letter<Told | EventsLetter | GroupLetter | ListenFailedLetter>))
  }

  /** Ids of the brokers there are. */
  get brokers(): number[] {
    return Array.from({length: this.#home.link.map.shape.brokers}, (_, i) => i + 1)
  }

  get coordinators(): number[] {
    return Array.from({length: this.#home.link.map.shape.coordinators}, (_, i) => i + 1)
  }

  /**
   * A door to one partition, by default the first. The topic is made where it is missing and the cluster makes topics on demand. Rejects
   * with UNKNOWN_TOPIC_OR_PARTITION, INVALID_TOPIC_EXCEPTION, INVALID_ARGUMENT, LOG_CLOSED, LEADER_NOT_AVAILABLE (nobody leads it, for 30 s) and
   * REQUEST_TIMED_OUT (no broker answers, for 60 s).
   */
  async partition(topic: string, partition = 0): Promise<Partition> {
    return this.openPartition(topic, partition, true)
  }

  /** @internal The same; a topic that is missing is made only where `create`. */
  async openPartition(topic: string, partition: number, create: boolean): Promise<Partition> {
    this.requireOpen()
    checkName('topic', topic)
    if (!Number.isSafeInteger(partition) || partition < 0)
      throw new OdradekError('INVALID_ARGUMENT', `a partition is a whole number from 0, not ${describe(partition)}`)
    const producerId = await this.#ids.next()
    for (;;) {
      this.requireOpen()
      const known = this.#knownTopic(topic, partition)
      if (known !== undefined) {
        await this.#whenShown(known, partition)
        this.requireOpen()
        return this.#open(known, partition, producerId)
      }
      const asked = this.#asked.get(topic)
      if (asked === undefined) await this.#askTopic(topic, partition, create)
      // an answer names every partition; what it does not settle is asked again
      else await asked.catch(() => {})
    }
  }

  /**
   * @internal What the metadata says of a topic, asked anew. It is made where it is missing and `create`, and the cluster makes topics on demand. Rejects with
   * UNKNOWN_TOPIC_OR_PARTITION, INVALID_TOPIC_EXCEPTION.
   */
  async topic(name: string, create: boolean): Promise<TopicImage> {
    this.requireOpen()
    checkName('topic', name)
    await this.#askTopic(name, 0, create)
    return this.#topics.get(name)!
  }

  /** @internal Keeps the process up, and has `look` called after each ring of this thread, until the function it returns is called. */
  watch(look: () => void): () => void {
    const {parking} = this.#home.link
    parking.add(look)
    parking.hold()
    return () => {
      parking.remove(look)
      parking.release()
    }
  }

  /** One broker, to be killed, stalled and started again. Throws INVALID_ARGUMENT for one that is not there. */
  broker(id: number): BrokerDoor {
    this.requireOpen()
    const {map, mailbox} = this.#home.link
    if (!this.brokers.includes(id))
      throw new OdradekError('INVALID_ARGUMENT', `brokers are 1 to ${map.shape.brokers}, not ${describe(id)}`)
    const order = (type: string) => mailbox.send('supervisor', {type, kind: 'broker', id})
    return {
      kill: () => order('kill'),
      stop: () => order('stop'),
      restart: () => order('start'),
      stall(ms) {
        if (typeof ms !== 'number' || !(ms >= 0 && ms <= STALL_MS_MAX))
          throw new OdradekError('INVALID_ARGUMENT', `ms is a number from 0 to ${STALL_MS_MAX}, not ${describe(ms)}`)
        for (const host of map.hostsOf(id))
          if (!map.host(host).hasEnded) mailbox.send(`host-${host}`, {type: 'stall', ms})
        mailbox.send(`broker-${id}`, {type: 'stall', ms})
      },
    }
  }

  coordinator(id: number): CoordinatorDoor {
    this.requireOpen()
    const {map, mailbox} = this.#home.link
    if (!this.coordinators.includes(id))
      throw new OdradekError('INVALID_ARGUMENT', `coordinators are 1 to ${map.shape.coordinators}, not ${describe(id)}`)
    const order = (type: string) => mailbox.send('supervisor', {type, kind: 'coordinator', id})
    return {kill: () => order('kill'), restart: () => order('start')}
  }

  /**
   * Has every broker listen for clients of Kafka's protocol, each at a port of its own, until that or the cluster is closed. Only programs on this machine reach it, or
   * `allowRemote` says otherwise. Rejects with INVALID_CONFIG, also where a port is taken, INVALID_ARGUMENT where the cluster listens already, LOG_CLOSED.
   */
  async listen(options: ListenOptions = {}): Promise<Listening> {
    this.requireOpen()
    return this.#listeners.listen(options)
  }

  /** How the cluster is doing, read from shared memory without a message. Topics are those that this thread has seen. */
  metrics(): ClusterMetrics {
    return clusterMetrics(this.#metricsSource(), this.#topics.values())
  }

  #metricsSource(): MetricsSource {
    const {link, handle, monotonicMs} = this.#home
    const {map, inboxBytes} = link
    return {map, rates: this.#rates, arenas: handle.arenas, inboxBytes, nowMs: monotonicMs()}
  }

  /** Stores what was appended, ends what waits, and lets go; for the thread that opened the cluster, closes it for all. */
  close(): Promise<void> {
    this.#endIfOver()
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    const ends = await Promise.allSettled([...this.#partitions].map(partition => partition.close()))
    const closed = new OdradekError('LOG_CLOSED', 'the cluster is closed')
    this.#home.calls.close(closed)
    this.groups.close(closed)
    await this.#home.shutDown()
    const failed = ends.find(end => end.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  }

  /** What was told of a topic, where that still holds for the partition, and it is served. */
  #knownTopic(name: string, partition: number): TopicImage | undefined {
    const image = this.#topics.get(name)
    const number = image?.partitions[partition]?.row
    if (number === undefined) return undefined
    const row = this.#home.link.map.row(number)
    return row.isServed && !row.leadership.deleted ? image : undefined
  }

  /**
   * After a restart a leader shows what the others had once they follow it, in some ms. A reader is not to find its end before that; where
   * somebody in sync is away, it finds it after two sessions at most.
   */
  async #whenShown(image: TopicImage, partition: number): Promise<void> {
    const {monotonicMs, link, handle} = this.#home
    const row = link.map.row(image.partitions[partition]!.row)
    const line = (): ReplicaLine => row.replica(Math.max(0, row.leadership.leader))
    const end = line().writtenEnd
    const deadlineMs = monotonicMs() + 2 * handle.sessionTimeoutMs
    while (line().highWatermark < end && !row.leadership.deleted && monotonicMs() < deadlineMs) await setTimeout(1)
  }

  async #askTopic(name: string, partition: number, create: boolean): Promise<void> {
    const asking = this.#home.calls.call<TopicImage>({type: 'topic', name, create, partition} as never)
    this.#asked.set(name, asking)
    try {
      const image = await asking
      this.#topics.set(name, image)
      if (image.partitions[partition] === undefined)
        throw new OdradekError(
          'UNKNOWN_TOPIC_OR_PARTITION',
          `${name} has partitions 0 to ${image.partitions.length - 1}, not ${partition}`,
        )
    } finally {
      this.#asked.delete(name)
    }
  }

  #take({body}: Letter<Told | EventsLetter | GroupLetter | ListenFailedLetter>): void {
    if (body.type === 'told') this.#home.calls.told(body)
    else if (body.type === 'listenFailed') this.#listeners.failed(body)
    else if (body.type === 'groupTold' || body.type === 'groupRefused' || body.type === 'groupRebalance')
      this.groups.take(body)
    else {
      const from = this.#eventsFrom
      for (const {offset, event} of body.events) {
        if (offset < from) continue
        this.#eventsFrom = offset + 1
        this.tell(event)
      }
    }
  }

  /** @internal Has those who listen hear of it. */
  tell(event: {readonly type: string; readonly [field: string]: unknown}): void {
    if (event.type === 'topic.configured') this.#topics.delete((event as {topic?: string}).topic ?? '')
    if (event.type === 'broker.up') this.faults.brokerUp((event as {broker?: number}).broker ?? 0)
    this.emit('event', event)
    this.emit(event.type, event)
  }

  #open(image: TopicImage, partition: number, producerId: number): Partition {
    const {handle, link, storage, crc32c, verify, nowMs, monotonicMs} = this.#home
    const {row: rowNumber} = image.partitions[partition]!
    const settings = this.#home.settingsOf(image.config)
    const directory = partitionDirectory(image.name, partition)
    const sourceAt = (host: number, line: ReplicaLine): LogSource => ({
      storage,
      dir: `${handle.brokerDirs[link.map.brokerOf(host)]}/${directory}`,
      arena: line.hasArena ? handle.arenas[host] : undefined,
      row: rowNumber,
      crc32c,
      logStartOffset: () => line.logStartOffset,
    })
    const door: Partition = new Partition({
      topic: image.name,
      partition,
      link,
      row: link.map.row(rowNumber),
      durability: settings.durability,
      sender: {
        rowNumber,
        maxBatchBytes: Math.min(settings.log.maxMessageBytes, settings.log.segmentBytes),
        bufferMemory: handle.bufferMemory,
        deliveryTimeoutMs: handle.deliveryTimeoutMs,
        crc32c,
        monotonicMs,
        producerId,
      },
      sourceAt,
      metrics: () => partitionMetrics(this.#metricsSource(), image, partition),
      verify: (broker, end) =>
        verify({
          dir: `${handle.brokerDirs[broker]}/${directory}`,
          end,
          indexIntervalBytes: settings.log.indexIntervalBytes,
        }),
      nowMs,
      monotonicMs,
      requireOpen: () => this.requireOpen(),
      released: () => this.#partitions.delete(door),
    })
    this.#partitions.add(door)
    return door
  }

  /** Ends what waits, where the cluster is over: closed by another thread, or gone with the one that opened it. */
  #endIfOver(): void {
    const {map} = this.#home.link
    if (!map.isOver || this.#ended !== undefined) return
    // also under a `close` of this thread's, which would wait for what nobody answers any more
    this.#ended = map.closing
      ? new OdradekError('LOG_CLOSED', 'the cluster was closed by the thread that opened it')
      : new OdradekError('REPLICA_CRASHED', 'the supervisor of the cluster has ended, and all its threads with it')
    for (const partition of [...this.#partitions]) partition.abandon(this.#ended)
    this.#home.calls.close(this.#ended)
    this.groups.close(this.#ended)
  }

  /** @internal Throws where the cluster is not open any more. */
  requireOpen(): void {
    this.#endIfOver()
    if (this.#ended !== undefined) throw this.#ended
    if (this.#closing !== undefined) throw new OdradekError('LOG_CLOSED', 'the cluster is closed')
  }
}
