import * as assert from 'uvu/assert'
import {AssertionFailed} from '../../engine/assert.ts'
import {THREAD} from '../../engine/cluster/thread-line.ts'
import type {TopicImage} from '../../engine/ensemble/metadata.ts'
import {OdradekError} from '../../engine/errors.ts'
import type {ClientLetter, ClientRequest, ClusterEvent, ClusterEventAt} from '../../workers/broker-letters.ts'
import {Chance} from '../faults/chance.ts'
import {MemoryPool} from '../simulation/cluster/memory-pool.ts'
import type {Postbox} from '../simulation/cluster/post-office.ts'
import {type Door, SimClient} from '../simulation/cluster/sim-client.ts'
import {SimDisk} from '../simulation/cluster/sim-disk.ts'
import {SimProcess} from '../simulation/cluster/sim-process.ts'
import type {SimThread} from '../simulation/cluster/sim-thread.ts'
import {VirtualTime} from '../simulation/cluster/virtual-time.ts'

const memory = new MemoryPool()
const STEPS_MAX = 200_000
/** Longer than whatever a cluster waits for by itself. */
const PATIENCE_MS = 60_000

/**
 * A cluster in one thread, on the disk and the clock of the simulation, in which only what a test asks for goes wrong. Brokers are 1 up to
 * `brokers`, each with `hostsABroker` hosts; everybody who has something to do has his turn, one after the other.
 */
export class ClusterBed {
  readonly time = new VirtualTime()
  readonly disk = new SimDisk()
  readonly events: ClusterEvent[] = []
  /** What the disk refuses: calls that change something, by their kind and path. */
  refuses: (kind: string, path: string) => 'EIO' | 'ENOSPC' | undefined = () => undefined
  process!: SimProcess
  client!: SimClient
  readonly #shape
  readonly #chance = new Chance(1)
  #outcome: unknown
  #ears!: Postbox
  #lives = 0
  #newsFrom = 0

  constructor({coordinators = 1, brokers = 1, hostsABroker = 2, replicaLagTimeMaxMs = 500} = {}) {
    const sizes = {coordinators, clients: 1, sessionTimeoutMs: 1000, segmentBytes: 1 << 20}
    this.#shape = {...sizes, brokers, hostsABroker, replicaLagTimeMaxMs}
    this.disk.watch({called() {}, fails: (kind, path) => this.refuses(kind, path)})
    this.#start()
  }

  /** The process ends as by kill -9, and another one opens the dir. */
  restart(): void {
    this.process.end()
    memory.giveInboxes(this.client.memory)
    this.time.clear()
    this.disk.endProcess()
    this.#start()
  }

  /** Has every broker close its logs; `restart` opens the dir again. */
  close(): void {
    const {map, office, charges} = this.process
    map.publishClosing()
    const brokers = charges.filter(({kind}) => kind === 'broker')
    for (const charge of brokers) {
      charge.down = true
      office.send({from: 'supervisor', to: `broker-${charge.id}`, body: {type: 'close'}})
    }
    this.until('all logs are closed', () => brokers.every(({id}) => map.broker(id).state === THREAD.closed))
  }

  thread(name: string): SimThread {
    const thread = this.process.threads.find(each => each.name === name)
    assert.ok(thread, `there is a thread ${name}`)
    return thread
  }

  host(number: number): SimThread {
    return this.thread(`host-${number}`)
  }

  /** Ends a broker, which stays down. */
  kill(broker: number): void {
    this.#kill('broker', broker)
  }

  bringUp(broker: number): void {
    this.process.start(this.#charge('broker', broker))
  }

  /** Ends the coordinator, which stays down: nothing is decided. */
  killCoordinator(): void {
    this.#kill('coordinator', 1)
  }

  bringCoordinatorUp(): void {
    this.process.start(this.#charge('coordinator', 1))
  }

  /** Lets a thread do nothing for so long. */
  stall(thread: SimThread, ms: number): void {
    thread.stalledUntilMs = this.time.nowMs + ms
  }

  runFor(ms: number): void {
    const endMs = this.time.nowMs + ms
    this.#run(() => this.time.nowMs >= endMs)
  }

  until(what: string, holds: () => boolean): void {
    const endMs = this.time.nowMs + PATIENCE_MS
    this.#run(() => holds() || this.time.nowMs > endMs)
    assert.ok(holds(), what)
  }

  ask<Result>(request: ClientRequest): Result {
    let told: {result: unknown; error: string | undefined} | undefined
    this.client.call(request, (result, error) => {
      told = {result, error}
    })
    this.until(`${request.type} is answered`, () => told !== undefined)
    assert.is(told!.error, undefined, request.type)
    return told!.result as Result
  }

  create(name: string, assignments: readonly (readonly number[])[], configs: Record<string, string> = {}): void {
    const topicId = Buffer.from(`${name}${this.time.nowMs}`.padEnd(16, '.').slice(0, 16)).toString('base64url')
    const [outcome] = this.ask<{error?: string}[]>({
      type: 'createTopics',
      topics: [{name, topicId, assignments, configs}],
    })
    assert.is(outcome!.error, undefined, name)
  }

  delete(name: string): void {
    this.ask({type: 'deleteTopics', topics: [{name}]})
  }

  topic(name: string): TopicImage {
    const [outcome] = this.ask<{topic?: TopicImage}[]>({type: 'describeTopics', topics: [{name}]})
    assert.ok(outcome?.topic, `there is a topic ${name}`)
    return outcome.topic
  }

  door(name: string, partition = 0): Door {
    const {topicId} = this.topic(name)
    const known = () => this.client.doors.get(`${topicId}/${partition}`)
    this.until(`a door to ${name}`, () => {
      if (known() === undefined) this.client.learn(this.#topics.get(topicId) ?? this.#remember(name))
      return known() !== undefined
    })
    return known()!
  }

  /** Sends records to a topic's partition; what came of it. */
  send(name: string, {count = 1, acks = -1, partition = 0, durability = 'synced'}: SendOptions = {}): unknown {
    const door = this.door(name, partition)
    this.#outcome = undefined
    assert.ok(this.client.send(door, count, {acks, durability, filler: 10}))
    this.until('the batch is settled', () => this.#outcome !== undefined)
    return this.#outcome instanceof OdradekError ? this.#outcome.code : this.#outcome
  }

  /** Number of the host that has a partition's replica on a broker. */
  hostOf(name: string, broker: number, partition = 0): number {
    const {row, slots} = this.topic(name).partitions[partition]!
    return this.process.map.row(row).replica(slots.indexOf(broker)).host
  }

  /** Files and directories of a broker's dir. */
  filesOf(broker: number): string[] {
    return this.disk.unwatched(() =>
      (this.disk.list(this.process.config.brokerDirs[broker]!) ?? []).map(({name}) => name),
    )
  }

  readonly #topics = new Map<string, TopicImage>()

  #remember(name: string): TopicImage {
    const topic = this.topic(name)
    this.#topics.set(topic.topicId, topic)
    return topic
  }

  #kill(kind: 'broker' | 'coordinator', id: number): void {
    this.#charge(kind, id).down = true
    this.process.kill(this.thread(`${kind}-${id}`))
  }

  #charge(kind: 'broker' | 'coordinator', id: number) {
    return this.process.charges.find(charge => charge.kind === kind && charge.id === id)!
  }

  #start(): void {
    const {time, disk} = this
    const world = {time, disk, memory, chance: this.#chance, shape: this.#shape}
    this.process = new SimProcess(world, this.#lives++)
    this.client = new SimClient(this.process, world, `c${this.#lives}`, {
      acked: (_, taken) => {
        this.#outcome = taken.baseOffset
      },
      failed: (_, error) => {
        this.#outcome = error
      },
      read() {},
    })
    this.#ears = this.process.office.open('client-ears')
    this.#ears.onLetter = () => {
      const {body} = this.#ears.receive()! as {body: ClientLetter}
      if (body.type === 'events') this.#hear(body.events)
    }
    const {brokers} = this.#shape
    const isUp = (id: number) => this.process.map.broker(id).applied > 0
    this.until('all brokers are up', () => Array.from({length: brokers}, (_, i) => isUp(i + 1)).every(Boolean))
    this.until('all brokers are registered', () => {
      const {brokers: known} = this.ask<{brokers: {fenced: boolean}[]}>({type: 'describeCluster'})
      return known.filter(({fenced}) => !fenced).length === brokers
    })
  }

  /** As a cluster's door does: what comes again, from another broker, is no news. */
  #hear(events: readonly ClusterEventAt[]): void {
    for (const {event, offset} of events) if (offset >= this.#newsFrom) this.events.push(event)
    this.#newsFrom = Math.max(this.#newsFrom, events.at(-1)!.offset + 1)
  }

  #run(isOver: () => boolean): void {
    for (let steps = 0; !isOver(); steps++) {
      assert.ok(steps < STEPS_MAX, 'the cluster comes to rest')
      this.time.runDue()
      const {nowMs} = this.time
      const threads = [...this.process.threads, this.client.thread]
      const ready = threads.filter(thread => thread.canRun(nowMs))
      for (const thread of ready) this.#turn(thread)
      if (ready.length > 0) continue
      const nextMs = Math.min(this.time.nextMs, ...threads.map(thread => thread.nextMs))
      this.time.nowMs = Math.max(nowMs + 1, Math.floor(nextMs))
    }
  }

  #turn(thread: SimThread): void {
    if (!thread.canRun(this.time.nowMs)) return
    thread.isBusy = true
    try {
      thread.run(this.time.nowMs)
    } catch (error) {
      if (error instanceof AssertionFailed) throw error
      this.process.kill(thread)
    } finally {
      thread.isBusy = false
      this.process.release()
    }
  }
}

interface SendOptions {
  readonly count?: number
  readonly acks?: 0 | 1 | -1
  readonly partition?: number
  readonly durability?: 'written' | 'synced'
}
