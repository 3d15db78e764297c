import type {ClusterMap} from '../engine/cluster/cluster-map.ts'
import type {DiskFaultOrder} from '../engine/cluster/disk-fault.ts'
import {NO_EPOCH, STATE} from '../engine/cluster/replica-line.ts'
import {THREAD} from '../engine/cluster/thread-line.ts'
import type {MetadataImage} from '../engine/coordinator/metadata-image.ts'
import {topicSettings} from '../engine/coordinator/topic-configs.ts'
import {partitionDirectory} from '../engine/log/segment-files.ts'
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

/** A replica that its host died of so often is not hosted any more. */
const DEATHS_MAX = 2
const RESTART_MS = 10
const RESTART_MS_MAX = 10_000

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
  readonly #dir: () => BrokerDir
  readonly #starter: HostStarter
  readonly #send: SendToHost
  readonly #replicas = new Map<
    number,
    OwnReplica & {readonly host: number; readonly topicId: string; isNew: boolean; order: HostedOrder}
  >()
  /** Replicas on each host. */
  readonly #loads = new Map<number, number>()
  /** How often a host died at work on a row. */
  readonly #deaths = new Map<number, number>()
  /** How often each host crashed soon after it was started, and when it was, and will be again. */
  readonly #crashes = new Map<number, number>()
  readonly #started = new Map<number, number>()
  readonly #restarts = new Map<number, number>()
  /** Directories that a host has been told to remove: what comes under that name goes to the same one, which does one after the other. */
  readonly #leaving = new Map<string, {readonly host: number; readonly topicId: string}>()
  /** What hosts are to be told, once they are up. */
  readonly #outbox = new Map<number, HostMessage[]>()

  #diskFaults: DiskFaultOrder = {faults: [], seed: 0}

  constructor(options: {
    broker: number
    map: ClusterMap
    config: ClusterConfig
    /** Asked for when a replica is to be hosted, and not before. */
    dir: () => BrokerDir
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
    const known = this.#replicas.get(row)
    const place = image.at(row)
    const partition = place?.topic.partitions[place.index]
    const slot = partition?.slots.indexOf(this.#broker) ?? -1
    if (place === undefined || partition === undefined || slot < 0) {
      if (known !== undefined) this.#release(known)
      return
    }
    const {topic} = place
    if (known !== undefined && (known.slot !== slot || known.topicId !== topic.topicId)) this.#release(known)
    const order = this.#orderOf(image, row, slot)
    if (this.#replicas.has(row)) this.#reorder(row, order)
    else {
      this.#dir().forgetOthers(order, partition.leaderEpoch > 0)
      this.#host(row, order)
    }
  }

  /** Directories that hosts have, or have been told to remove. */
  directories(): Set<string> {
    const directories = new Set(this.#leaving.keys())
    for (const {topic, partition} of this.#replicas.values()) directories.add(partitionDirectory(topic, partition))
    return directories
  }

  /**
   * A host has ended: it is started anew, with the same replicas. Where it `crashed`, that waits for a while that grows, and the replica
   * that it was at work on when it did so twice stays out: it must not take its neighbours down again.
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
    this.#removeFor(host)
    for (const replica of this.#replicas.values()) {
      if (replica.host !== host) continue
      const {row, slot} = replica
      if (row === deadly && deaths >= DEATHS_MAX) this.#map.row(row).replica(slot).publishState(STATE.failed)
      else this.#order(host, {...replica.order, isNew: replica.isNew}, true)
    }
    const ranMs = nowMs - (this.#started.get(host) ?? nowMs)
    const crashes = crashed ? (ranMs > RESTART_MS_MAX ? 0 : (this.#crashes.get(host) ?? 0)) + 1 : 0
    this.#crashes.set(host, crashes)
    this.#restarts.set(host, nowMs + (crashed ? Math.min(RESTART_MS_MAX, RESTART_MS * 2 ** (crashes - 1)) : 0))
    this.restart(nowMs)
  }

  /** Starts the hosts whose time has come. */
  restart(nowMs: number): void {
    for (const [host, dueMs] of this.#restarts) {
      if (nowMs < dueMs) continue
      this.#restarts.delete(host)
      this.#start(host, nowMs)
    }
  }

  /** Whether a host is to be started, or to be told something once it is up. */
  get isWaiting(): boolean {
    if (this.#restarts.size > 0) return true
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
    const {topic, topicId, partition, slot, isNew} = order
    const directory = partitionDirectory(topic, partition)
    const host = this.#leaving.get(directory)?.host ?? this.#leastLoaded()
    this.#leaving.delete(directory)
    this.#replicas.set(row, {row, slot, topic, topicId, partition, host, isNew, order})
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
    const found = this.#dir().recoveryOf(order.topic, order.partition)
    if (!again) return found
    // what the thread that died had shown of its log is newer than the checkpoints
    const line = this.#map.row(order.row).replica(order.slot)
    return {
      wasThere: found.wasThere,
      clean: false,
      recoveryPoint: found.recoveryPoint,
      logStartOffset: Math.max(found.logStartOffset, line.logStartOffset),
      highWatermark: line.highWatermark,
    }
  }

  #reorder(row: number, order: HostedOrder): void {
    const replica = this.#replicas.get(row)!
    const {config, options, rules} = order
    replica.isNew = order.isNew
    const before = replica.order
    if (JSON.stringify([config, options, rules]) === JSON.stringify([before.config, before.options, before.rules]))
      return
    replica.order = order
    this.#tell(replica.host, {type: 'configure', row, config, options, rules})
  }

  #release({row, topic, topicId, partition, host}: OwnReplica & {host: number; topicId: string}): void {
    this.#replicas.delete(row)
    this.#dir().forget(topic, partition)
    this.#loads.set(host, this.#loads.get(host)! - 1)
    this.#leaving.set(partitionDirectory(topic, partition), {host, topicId})
    this.#tell(host, {type: 'release', row})
  }

  /** Removes what a host that died may not have come to. */
  #removeFor(host: number): void {
    for (const [directory, {host: of, topicId}] of this.#leaving) {
      if (of !== host) continue
      this.#leaving.delete(directory)
      this.#dir().remove(directory, topicId)
    }
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
    const isNew = partition.leaderEpoch === 0
    return {
      row,
      slot,
      topic: topic.name,
      topicId: topic.topicId,
      partition: index,
      isNew,
      config: settings.log,
      options: {
        durability: settings.durability,
        flushMessages: settings.flushMessages,
        flushMs: settings.flushMs,
        retentionCheckMs: this.#config.retentionCheckMs,
      },
      rules: {
        minInsyncReplicas: Math.min(settings.minInsyncReplicas, partition.replicas.length),
        replicaLagTimeMaxMs: this.#config.replicaLagTimeMaxMs,
      },
      quarantine: `${this.#config.quarantineDirs[this.#broker]}/${topic.name}-${index}`,
    }
  }
}
