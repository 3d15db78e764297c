import type {ClusterMap} from '../engine/cluster/cluster-map.ts'
import type {DiskFaultOrder} from '../engine/cluster/disk-fault.ts'
import {NO_EPOCH, STATE} from '../engine/cluster/replica-line.ts'
import {THREAD} from '../engine/cluster/thread-line.ts'
import type {MetadataImage} from '../engine/coordinator/metadata-image.ts'
import {topicSettings} from '../engine/coordinator/topic-configs.ts'
import type {PartitionImage} from '../engine/ensemble/metadata.ts'
import {storageError} from '../engine/errors.ts'
import {OFFSETS_TOPIC} from '../engine/group/group-partition.ts'
import type {BrokerDir, OwnReplica} from './broker-dir.ts'
import type {ClusterConfig} from './cluster-config.ts'
import type {HostMessage, HostOrder} from './host-orders.ts'

/** Starts and ends threads that host replicas. */
export interface HostStarter {
  /** Starts a host; it shows itself as running when it listens, and says so. */
  start(host: number, incarnation: number): void
}

/** An order before it is known what the dir says at the time it is given. */
type HostedOrder = Omit<HostOrder, 'recovery'>

/** A replica that its host died of so often is not hosted for a while, which grows with each death from then on. */
const DEATHS_MAX = 2
const OUT_MS = 60_000
const OUT_MS_MAX = 3_600_000
const RESTART_MS = 10
const RESTART_MS_MAX = 10_000
/** Checkpoints that could not be written are tried again after so long. */
const CHECKPOINT_AGAIN_MS = 100

/** What a broker hands to its hosts goes through here. */
export type SendToHost = (host: number, messages: readonly HostMessage[]) => void

/**
 * Which thread of a broker hosts which replica. Each gets a thread of its own while there are any, then they share; a thread that
 * died is started anew and gets its replicas again.
 */
export class Hosting {
  readonly #broker: number
  readonly #map: ClusterMap
  readonly #config: ClusterConfig
  readonly #dir: BrokerDir
  readonly #starter: HostStarter
  readonly #send: SendToHost
  readonly #replicas = new Map<
    number,
    OwnReplica & {readonly host: number; readonly topicId: string; order: HostedOrder}
  >()
  /** Replicas on each host. */
  readonly #loads = new Map<number, number>()
  /** How often a host died at work on a row. */
  readonly #deaths = new Map<number, number>()
  /** Rows whose replica is not hosted, and until when: hosts died of them. */
  readonly #out = new Map<number, number>()
  /** How often each host crashed soon after it was started, and when it was, and will be again. */
  readonly #crashes = new Map<number, number>()
  readonly #started = new Map<number, number>()
  readonly #restarts = new Map<number, number>()
  /** Replicas that are not hosted here any more, by the directory that their host is to remove. */
  readonly #leaving = new Map<string, OwnReplica & {readonly host: number; readonly topicId: string}>()
  /** Rows whose directory another one has not left yet. */
  readonly #held = new Set<number>()
  #nextCheckpointMs = 0
  /** What hosts are to be told, once they are up. */
  readonly #outbox = new Map<number, HostMessage[]>()

  /** The thread that all replicas of internal topics share: they are many, and have little to do. */
  #internalHost: number | undefined
  #diskFaults: DiskFaultOrder = {faults: [], seed: 0}
  #isClosing = false

  constructor(options: {
    broker: number
    map: ClusterMap
    config: ClusterConfig
    dir: BrokerDir
    starter: HostStarter
    send: SendToHost
  }) {
    this.#broker = options.broker
    this.#map = options.map
    this.#config = options.config
    this.#dir = options.dir
    this.#starter = options.starter
    this.#send = options.send
  }

  get replicas(): Iterable<OwnReplica> {
    return this.#replicas.values()
  }

  /** Hosts that were started. */
  get hosts(): number[] {
    return [...this.#loads.keys()]
  }

  /** Starts a thread for the first replica before there is one: starting it takes longer than all else. */
  prepare(): void {
    const [host] = this.#map.hostsOf(this.#broker)
    this.#loads.set(host!, 0)
    this.#start(host!)
  }

  /** Brings one row to what the image says of it. */
  update(image: MetadataImage, row: number): void {
    // a thread that were started now nobody would close
    if (this.#isClosing) return
    const known = this.#replicas.get(row)
    const place = image.at(row)
    const partition = place?.topic.partitions[place.index]
    const slot = partition?.slots.indexOf(this.#broker) ?? -1
    if (place === undefined || partition === undefined || slot < 0) {
      this.#held.delete(row)
      if (known !== undefined) this.#release(known)
      else if (partition !== undefined) this.#leaveFor(partition)
      return
    }
    const {topic} = place
    if (known !== undefined && (known.slot !== slot || known.topicId !== topic.topicId)) this.#release(known)
    if (this.#replicas.has(row)) {
      this.#reorder(row, this.#orderOf(image, row, slot))
      return
    }
    const {name, topicId} = topic
    // this image may be behind, and the map is not: who was led since has records
    const isNew = partition.leaderEpoch === 0 && this.#map.row(row).leadership.leaderEpoch === 0
    this.#dir.forgetOthers({topic: name, partition: place.index, topicId, isNew})
    if (this.#leaving.has(this.#dir.pathOf(name, place.index)) || this.#dir.isStale(name, place.index))
      this.#held.add(row)
    else this.#host(row, this.#orderOf(image, row, slot))
  }

  /** Hosts what had to wait, for a directory that is gone by now, or for checkpoints that still spoke of it. */
  hostHeld(image: MetadataImage, nowMs: number): void {
    for (const [path, {row, slot}] of this.#leaving)
      if (this.#map.row(row).replica(slot).state === STATE.closed) this.#leaving.delete(path)
    if (this.#held.size === 0) return
    this.#writeStale(nowMs)
    const rows = [...this.#held]
    this.#held.clear()
    for (const row of rows) this.update(image, row)
  }

  /**
   * A host has ended: it is started anew, with the same replicas. Where it `crashed`, that waits for a while that grows, and the replica
   * that it was at work on when it did so twice stays out for a while, that grows as well: it must not take its neighbours down again and again.
   */
  hostEnded(host: number, nowMs: number, crashed: boolean): void {
    const line = this.#map.host(host)
    const deadly = crashed ? line.workingOn : -1
    const deaths = (this.#deaths.get(deadly) ?? 0) + 1
    if (deadly >= 0) this.#deaths.set(deadly, deaths)
    line.publishEnded(line.incarnation)
    this.#map.ringCoordinators()
    this.#outbox.set(host, [])
    this.#tellFaults(host)
    for (const leaving of this.#leaving.values()) if (leaving.host === host) this.#remove(leaving)
    for (const replica of this.#replicas.values()) {
      if (replica.host !== host) continue
      const {row, slot} = replica
      if (row === deadly && deaths >= DEATHS_MAX)
        this.#out.set(row, nowMs + Math.min(OUT_MS_MAX, OUT_MS * 2 ** (deaths - DEATHS_MAX)))
      if (this.#out.has(row)) this.#map.row(row).replica(slot).publishState(STATE.failed)
      else this.#order(host, replica.order, true)
    }
    const ranMs = nowMs - (this.#started.get(host) ?? nowMs)
    const crashes = crashed ? (ranMs > RESTART_MS_MAX ? 0 : (this.#crashes.get(host) ?? 0)) + 1 : 0
    this.#crashes.set(host, crashes)
    this.#restarts.set(host, nowMs + (crashed ? Math.min(RESTART_MS_MAX, RESTART_MS * 2 ** (crashes - 1)) : 0))
    this.restart(nowMs)
  }

  /** Starts the hosts, and tries the replicas that stayed out, whose time has come. */
  restart(nowMs: number): void {
    for (const [row, untilMs] of this.#out) {
      if (nowMs < untilMs) continue
      this.#out.delete(row)
      const {host, order} = this.#replicas.get(row)!
      this.#order(host, order, true)
    }
    for (const [host, dueMs] of this.#restarts) {
      if (nowMs < dueMs) continue
      this.#restarts.delete(host)
      this.#start(host, nowMs)
    }
  }

  /** Whether a host is to be started, or to be told something once it is up. */
  get isWaiting(): boolean {
    if (this.#restarts.size > 0 || this.#held.size > 0) return true
    for (const messages of this.#outbox.values()) if (messages.length > 0) return true
    return false
  }

  /** Sends what is to be sent; called at the end of a round. */
  flush(): number {
    let sent = 0
    for (const [host, messages] of this.#outbox) {
      if (messages.length === 0 || !this.#listens(host)) continue
      sent += messages.length
      this.#send(host, messages)
      this.#outbox.set(host, [])
    }
    return sent
  }

  /** Tells every host, and those that are started later, how their disk shall fail. */
  setDiskFaults(order: DiskFaultOrder): void {
    this.#diskFaults = order
    for (const host of this.#loads.keys()) this.#tell(host, {type: 'disk', ...order})
  }

  /** Has every host close its logs. */
  close(): void {
    this.#isClosing = true
    for (const host of this.#loads.keys()) this.#tell(host, {type: 'close'})
  }

  /** Whether every host has closed its logs, or ended. */
  get isClosed(): boolean {
    return this.hosts.every(host => {
      const line = this.#map.host(host)
      return line.state === THREAD.closed || line.hasEnded
    })
  }

  /** Whether every host has closed its logs. */
  get closedCleanly(): boolean {
    return this.hosts.every(host => this.#map.host(host).state === THREAD.closed)
  }

  /** A host listens before it shows itself as running. */
  #listens(host: number): boolean {
    const line = this.#map.host(host)
    return line.state === THREAD.running && !line.hasEnded
  }

  #host(row: number, order: HostedOrder): void {
    const {topic, topicId, partition, slot} = order
    const host = topic === OFFSETS_TOPIC ? (this.#internalHost ?? this.#leastLoaded()) : this.#leastLoaded()
    if (topic === OFFSETS_TOPIC) this.#internalHost = host
    this.#replicas.set(row, {row, slot, topic, topicId, partition, host, order})
    const load = this.#loads.get(host)
    this.#loads.set(host, (load ?? 0) + 1)
    if (load === undefined) {
      this.#start(host)
      this.#tellFaults(host)
    }
    this.#order(host, order, false)
  }

  #order(host: number, order: HostedOrder, again: boolean): void {
    const line = this.#map.row(order.row).replica(order.slot)
    // what a host that died had shown must not be taken for the new one's
    if (again && line.followedEpoch !== NO_EPOCH) line.leaveEpoch()
    line.publishState(STATE.starting)
    this.#tell(host, {type: 'host', ...order, recovery: this.#recovery(order, again)})
  }

  #recovery(order: HostedOrder, again: boolean): HostOrder['recovery'] {
    const found = this.#dir.recoveryOf(order.topic, order.partition)
    if (!again) return found
    // what the thread that died had shown of its log is newer than the checkpoints
    const line = this.#map.row(order.row).replica(order.slot)
    return {
      wasThere: found.wasThere,
      clean: false,
      recoveryPoint: found.recoveryPoint,
      logStartOffset: Math.max(found.logStartOffset, line.logStartOffset),
      cleanedEnd: found.cleanedEnd,
      highWatermark: line.highWatermark,
    }
  }

  #reorder(row: number, order: HostedOrder): void {
    const replica = this.#replicas.get(row)!
    const {config, options, rules} = order
    const before = replica.order
    if (JSON.stringify([config, options, rules]) === JSON.stringify([before.config, before.options, before.rules]))
      return
    replica.order = order
    this.#tell(replica.host, {type: 'configure', row, config, options, rules})
  }

  #release(replica: OwnReplica & {readonly host: number; readonly topicId: string}): void {
    const {topic, partition, row, host} = replica
    this.#replicas.delete(row)
    this.#loads.set(host, this.#loads.get(host)! - 1)
    this.#dir.forget(topic, partition)
    this.#leaving.set(this.#dir.pathOf(topic, partition), replica)
    if (this.#out.delete(row)) this.#remove(replica)
    else this.#tell(host, {type: 'release', row})
  }

  /** An earlier life of this broker may have ended with a replica that is not its own any more: nobody else says that its place is free. */
  #leaveFor({row, slots}: PartitionImage): void {
    for (const leaving of this.#leaving.values()) if (leaving.row === row) return
    for (const [slot, broker] of slots.entries()) {
      if (broker >= 0) continue
      const line = this.#map.row(row).replica(slot)
      if (line.host < 0 || this.#map.brokerOf(line.host) !== this.#broker) continue
      line.publishHost(-1)
      line.publishState(STATE.closed)
    }
  }

  #writeStale(nowMs: number): void {
    if (!this.#dir.hasStale || nowMs < this.#nextCheckpointMs) return
    try {
      this.#dir.checkpoint(this.#map, this.#replicas.values())
    } catch (error) {
      this.#nextCheckpointMs = nowMs + CHECKPOINT_AGAIN_MS
      storageError(error, 'writing checkpoints')
    }
  }

  /** Removes the directory of a replica whose host has ended and does not. */
  #remove({topic, partition, topicId, row, slot}: OwnReplica & {readonly topicId: string}): void {
    const line = this.#map.row(row).replica(slot)
    this.#dir.remove(topic, partition, topicId)
    line.publishHost(-1)
    line.publishState(STATE.closed)
    this.#leaving.delete(this.#dir.pathOf(topic, partition))
  }

  #tellFaults(host: number): void {
    if (this.#diskFaults.faults.length > 0) this.#tell(host, {type: 'disk', ...this.#diskFaults})
  }

  #tell(host: number, message: HostMessage): void {
    const messages = this.#outbox.get(host)
    if (messages === undefined) this.#outbox.set(host, [message])
    else messages.push(message)
  }

  #start(host: number, nowMs = this.#map.broker(this.#broker).beatMs): void {
    this.#started.set(host, nowMs)
    const incarnation = this.#map.host(host).startAnew(nowMs)
    this.#starter.start(host, incarnation)
  }

  /** A thread without replicas, else the one with the fewest. */
  #leastLoaded(): number {
    let best = -1
    let least = Number.POSITIVE_INFINITY
    for (const host of this.#map.hostsOf(this.#broker)) {
      const load = this.#loads.get(host)
      if (load === undefined) return least === 0 ? best : host
      if (load < least) {
        least = load
        best = host
      }
    }
    return best
  }

  #orderOf(image: MetadataImage, row: number, slot: number): HostedOrder {
    const {topic, index} = image.at(row)!
    const partition = topic.partitions[index]!
    const settings = topicSettings(topic.config, this.#config.topicDefaults)
    return {
      row,
      slot,
      topic: topic.name,
      topicId: topic.topicId,
      partition: index,
      config: settings.log,
      options: {
        durability: settings.durability,
        flushMessages: settings.flushMessages,
        flushMs: settings.flushMs,
        retentionCheckMs: this.#config.retentionCheckMs,
        cleanerBackoffMs: this.#config.cleanerBackoffMs,
      },
      rules: {
        minInsyncReplicas: Math.min(settings.minInsyncReplicas, partition.replicas.length),
        replicaLagTimeMaxMs: this.#config.replicaLagTimeMaxMs,
      },
      isNew: partition.leaderEpoch === 0,
      quarantine: this.#config.quarantineDirs[this.#broker]!,
    }
  }
}
