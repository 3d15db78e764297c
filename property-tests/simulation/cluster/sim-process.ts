import {AssertionFailed} from '../../../engine/assert.ts'
import {crc32c} from '../../../engine/bytes/crc32c.ts'
import {ClusterMap} from '../../../engine/cluster/cluster-map.ts'
import {THREAD, type ThreadLine} from '../../../engine/cluster/thread-line.ts'
import {Coordinator} from '../../../engine/coordinator/coordinator.ts'
import {ensureNamed, prepareCoordinators} from '../../../engine/ensemble/coordinator-dirs.ts'
import {Ensemble} from '../../../engine/ensemble/ensemble.ts'
import {MetadataLog} from '../../../engine/ensemble/metadata-log.ts'
import type {CleanJob, CleanOutcome} from '../../../engine/log/clean-job.ts'
import {cleanSegments} from '../../../engine/log/clean-segments.ts'
import {RING} from '../../../engine/memory/doorbell.ts'
import {BrokerAgent} from '../../../workers/broker-agent.ts'
import type {ClusterConfig} from '../../../workers/cluster-config.ts'
import {HostAgent} from '../../../workers/host-agent.ts'
import type {Chance} from '../../faults/chance.ts'
import type {MemoryPool} from './memory-pool.ts'
import {type Postbox, PostOffice} from './post-office.ts'
import {BATCH_BYTES, type SimShape} from './shape.ts'
import type {SimDisk} from './sim-disk.ts'
import {type Rounds, SimThread} from './sim-thread.ts'
import type {VirtualTime} from './virtual-time.ts'

export const BROKER_DIRS = ['', ...Array.from({length: 9}, (_, i) => `/cluster/broker-${i + 1}`)]
export const COORDINATOR_DIRS = ['', ...Array.from({length: 9}, (_, i) => `/cluster/coordinator-${i + 1}`)]

/** Of the supervisor: how long a thread that died is left alone. */
const RESTART_MS = 100
const START_MS_MAX = 30

/** A thread that the supervisor starts, and starts anew. */
interface Charge {
  readonly kind: 'coordinator' | 'broker'
  readonly id: number
  thread: SimThread | undefined
  /** Killed on purpose: it stays down until it is asked for. */
  down: boolean
}

export interface ProcessWorld {
  readonly time: VirtualTime
  readonly chance: Chance
  readonly disk: SimDisk
  readonly shape: SimShape
  readonly memory: MemoryPool
}

/** One life of the process of a cluster: its shared memory, its letters, its supervisor and the threads below, all as `workers/` wires them. */
export class SimProcess {
  readonly map: ClusterMap
  readonly office: PostOffice
  readonly threads: SimThread[] = []
  readonly charges: readonly Charge[]
  readonly config: ClusterConfig
  readonly arenas: readonly SharedArrayBuffer[]
  /** Coordinators that run, by id. */
  readonly coordinators = new Map<number, {readonly coordinator: Coordinator; readonly ensemble: Ensemble}>()
  readonly hosts = new Map<number, SimThread>()
  readonly #world: ProcessWorld
  readonly #metadataArenas: readonly SharedArrayBuffer[]
  /** Threads that are to be told of once they have left their last round. */
  #leaving: {readonly threads: readonly SimThread[]; readonly told: () => void}[] = []

  constructor(world: ProcessWorld, life: number) {
    this.#world = world
    const {chance, disk, shape, time, memory} = world
    const {brokers, coordinators, hostsABroker} = shape
    this.map = ClusterMap.allocate({brokers, coordinators, hostsABroker})
    this.arenas = Array.from({length: this.map.hosts}, () => memory.arena(chance.oneIn(2)))
    this.#metadataArenas = Array.from({length: coordinators + 1}, () => memory.metadataArena())
    this.office = new PostOffice(time, chance, to => this.#ring(to))
    const dirs = COORDINATOR_DIRS.slice(1, coordinators + 1).map((path, i) => ({id: i + 1, storage: disk, path}))
    const clusterId = disk.unwatched(() => prepareCoordinators(dirs, 'id-of-the-cluster'))
    this.config = {
      clusterId,
      startId: `life-${life}`,
      brokerDirs: BROKER_DIRS,
      coordinatorDirs: COORDINATOR_DIRS,
      quarantineDirs: BROKER_DIRS.map((_, id) => `/cluster/quarantine/broker-${id}`),
      durability: 'synced',
      sessionTimeoutMs: shape.sessionTimeoutMs,
      replicaLagTimeMaxMs: shape.replicaLagTimeMaxMs,
      retentionCheckMs: 300_000,
      cleanerBackoffMs: 500,
      numPartitions: 1,
      replicationFactor: Math.min(3, brokers),
      autoCreateTopics: false,
      openFilesMax: 1000,
      topicDefaults: {'segment.bytes': String(shape.segmentBytes), 'max.message.bytes': String(BATCH_BYTES)},
    }
    this.charges = [
      ...Array.from({length: coordinators}, (_, i) => newCharge('coordinator', i + 1)),
      ...Array.from({length: brokers}, (_, i) => newCharge('broker', i + 1)),
    ]
    for (const charge of this.charges) this.start(charge)
  }

  /** The process is gone, with all of its memory. */
  end(): void {
    for (const thread of this.threads) thread.isDead = true
    this.#world.memory.give(this.arenas, this.#metadataArenas)
    this.#world.memory.giveInboxes(this.#inboxes)
  }

  start(charge: Charge): void {
    const {kind, id} = charge
    const {nowMs} = this.#world.time
    charge.down = false
    const line = kind === 'broker' ? this.map.broker(id) : this.map.coordinator(id)
    const incarnation = line.startAnew(nowMs)
    charge.thread = kind === 'broker' ? this.#broker(id, incarnation, line) : this.#coordinator(id, incarnation, line)
  }

  /** Ends a thread wherever it is; those that it has started end with it. */
  kill(thread: SimThread): void {
    if (thread.isDead) return
    const [kind, id] = thread.name.split('-') as [string, string]
    const number = Number(id)
    const with_ = kind === 'broker' ? this.map.hostsOf(number).flatMap(host => this.hosts.get(host) ?? []) : []
    const threads = [thread, ...with_.filter(({isDead}) => !isDead)]
    for (const each of threads) each.isDead = true
    this.#leaving.push({threads, told: () => this.#ended(thread, kind, number, threads)})
    this.release()
  }

  /** Tells of the end of those that have left their last round. */
  release(): void {
    if (this.#leaving.length === 0) return
    const gone = this.#leaving.filter(({threads}) => threads.every(({isBusy}) => !isBusy))
    if (gone.length === 0) return
    this.#leaving = this.#leaving.filter(each => !gone.includes(each))
    for (const {told} of gone) told()
  }

  #ended(thread: SimThread, kind: string, number: number, threads: readonly SimThread[]): void {
    for (const each of threads) this.#forget(each)
    if (kind === 'host') {
      const broker = this.brokers.get(this.map.brokerOf(number))
      broker?.hostEnded(number, this.#world.time.nowMs)
      return
    }
    const charge = this.charges.find(each => each.kind === kind && each.id === number)!
    charge.thread = undefined
    const line = kind === 'broker' ? this.map.broker(number) : this.map.coordinator(number)
    if (kind === 'broker') {
      this.brokers.delete(number)
      for (const host of this.map.hostsOf(number)) {
        this.map.host(host).publishEnded(this.map.host(host).incarnation)
        this.hosts.delete(host)
      }
    } else this.coordinators.delete(number)
    line.publishEnded(line.incarnation)
    this.map.ringCoordinators()
    if (charge.down) return
    this.#world.time.after(RESTART_MS, () => {
      if (charge.thread === undefined && !charge.down && !this.#isOver) this.start(charge)
    })
    void thread
  }

  /** Agents of the brokers that run, by id. */
  readonly brokers = new Map<number, BrokerAgent>()
  /** Places of brokers among the cluster's threads: whoever is started anew has the one it had. */
  readonly #places = new Map<number, number>()
  readonly #inboxes: SharedArrayBuffer[] = []
  readonly #boxes = new Map<SimThread, Postbox>()

  get #isOver(): boolean {
    return this.threads.length > 0 && this.threads.every(({isDead}) => isDead) && this.map.isOver
  }

  #forget(thread: SimThread): void {
    this.threads.splice(this.threads.indexOf(thread), 1)
    const box = this.#boxes.get(thread)
    if (box !== undefined) this.office.close(box)
  }

  #coordinator(id: number, incarnation: number, line: ThreadLine): SimThread {
    const {disk, time, shape} = this.#world
    const path = COORDINATOR_DIRS[id]!
    const boot = (thread: SimThread): Rounds => {
      ensureNamed({id, storage: disk, path}, this.config.clusterId)
      const log = MetadataLog.open({
        storage: disk,
        dir: path,
        crc32c,
        arena: this.#metadataArenas[id]!,
        durability: this.config.durability,
        timeOfDayMs: () => time.nowMs,
      })
      const mailbox = this.office.open(`coordinator-${id}`)
      this.#boxes.set(thread, mailbox)
      const ensemble = new Ensemble({
        id,
        incarnation,
        map: this.map,
        mailbox,
        log,
        sessionTimeoutMs: shape.sessionTimeoutMs,
        takeSnapshot: () => coordinator.image.snapshot(),
        snapshotChanges: 40,
      })
      const coordinator: Coordinator = new Coordinator(id, this.map, ensemble, mailbox, {
        sessionTimeoutMs: shape.sessionTimeoutMs,
        startId: this.config.startId,
        electionWaitMs: 3 * shape.sessionTimeoutMs,
        leaderImbalanceCheckMs: 5000,
        topicDefaults: {
          numPartitions: this.config.numPartitions,
          replicationFactor: this.config.replicationFactor,
          configs: this.config.topicDefaults,
        },
      })
      this.coordinators.set(id, {coordinator, ensemble})
      line.beat(time.nowMs)
      line.publishState(THREAD.running)
      return {doWork: () => coordinator.doWork(time.nowMs), dueInMs: () => coordinator.dueInMs(time.nowMs)}
    }
    return this.#thread(`coordinator-${id}`, {dir: path, boot, line, sleepMsMax: shape.sessionTimeoutMs / 4})
  }

  #broker(id: number, incarnation: number, line: ThreadLine): SimThread {
    const {chance, disk, time} = this.#world
    const mailbox = this.office.open(`broker-${id}`)
    const boot = (thread: SimThread): Rounds => {
      this.#boxes.set(thread, mailbox)
      const agent = new BrokerAgent(
        {
          id,
          incarnation,
          map: this.map,
          mailbox,
          storage: disk,
          randomBytes: count => Buffer.from(Array.from({length: count}, () => chance.below(256))),
          config: this.config,
          sleep: ms => this.#stall(thread, ms),
          clean: (job, _signal, done) => this.#clean(thread, job, done),
          starter: {start: host => void this.#host(host, id)},
          groups: {
            crc32c,
            arenas: this.arenas,
            wallMs: () => 1_000_000 + time.nowMs,
            claimPlace: () => this.#placeOf(id),
            allocateInbox: () => {
              const inbox = this.#world.memory.inbox()
              this.#inboxes.push(inbox)
              return inbox
            },
            threadIsAlive: () => true,
          },
        },
        time.nowMs,
      )
      this.brokers.set(id, agent)
      return {doWork: () => agent.doWork(time.nowMs), dueInMs: () => agent.dueInMs(time.nowMs)}
    }
    return this.#thread(`broker-${id}`, {dir: BROKER_DIRS[id]!, boot, line, letters: mailbox})
  }

  /** As the pool does it: beside the thread, which hears of it later, if it is there by then. */
  #clean(thread: SimThread, job: CleanJob, done: (result: CleanOutcome | undefined) => void): void {
    const {chance, disk, time} = this.#world
    time.after(1 + chance.below(200), () => {
      // the pool's threads end with the broker's
      if (thread.isDead) return
      const result = disk.unwatched(() => cleanOn(disk, job))
      time.after(1 + chance.below(200), () => {
        if (!thread.isDead) done(result)
      })
    })
  }

  #placeOf(broker: number): number {
    const place = this.#places.get(broker) ?? this.map.threads.claim(0)
    if (place >= 0) this.#places.set(broker, place)
    return place
  }

  #host(number: number, broker: number): void {
    const {disk, time} = this.#world
    const line = this.map.host(number)
    const boot = (thread: SimThread): Rounds => {
      const mailbox = this.office.open(`host-${number}`)
      this.#boxes.set(thread, mailbox)
      const agent = new HostAgent({
        storage: disk,
        crc32c,
        brokerDirs: this.config.brokerDirs,
        map: this.map,
        number,
        mailbox,
        clock: {monotonicMs: () => time.nowMs, wallMs: () => 1_000_000 + time.nowMs},
        arenas: this.arenas,
        sleep: ms => this.#stall(thread, ms),
      })
      line.beat(time.nowMs)
      line.publishState(THREAD.running)
      const doWork = () => {
        const work = agent.doWork()
        if (agent.readyToClose) {
          agent.close()
          thread.isDead = true
        }
        return work
      }
      return {doWork, dueInMs: () => agent.dueInMs()}
    }
    this.hosts.set(number, this.#thread(`host-${number}`, {dir: BROKER_DIRS[broker]!, boot, line}))
  }

  /** A thread whose first round is its start. */
  #thread(
    name: string,
    options: {
      dir: string
      boot: (thread: SimThread) => Rounds
      line: ThreadLine
      sleepMsMax?: number
      letters?: Postbox
    },
  ): SimThread {
    const {dir, boot, line, sleepMsMax, letters} = options
    let rounds: Rounds | undefined
    const thread: SimThread = new SimThread({
      name,
      dir,
      rounds: {
        doWork: () => {
          if (rounds !== undefined) return rounds.doWork()
          rounds = boot(thread)
          return 1
        },
        dueInMs: () => rounds!.dueInMs(),
      },
      waking:
        letters === undefined
          ? {doorbell: line.doorbell, line: sleepMsMax === undefined ? line : undefined}
          : {letters},
      ...(sleepMsMax === undefined ? {} : {sleepMsMax}),
    })
    const {chance, time} = this.#world
    thread.stalledUntilMs = time.nowMs + 1 + chance.below(START_MS_MAX)
    this.threads.push(thread)
    return thread
  }

  #stall(thread: SimThread, ms: number): void {
    thread.stalledUntilMs = this.#world.time.nowMs + ms
  }

  /** As `ThreadMailbox` rings. */
  #ring(to: string): void {
    const at = to.indexOf('-')
    const number = Number(to.slice(at + 1))
    if (to === 'coordinators') this.map.ringCoordinators()
    else if (to.startsWith('coordinator-')) this.map.coordinator(number).doorbell.ring(RING.control)
    else if (to.startsWith('host-')) this.map.host(number).doorbell.ring(RING.control)
  }
}

/** What comes of a job; files that it reads may be gone. */
function cleanOn(disk: SimDisk, job: CleanJob): CleanOutcome | undefined {
  const codecs = {decompress: () => undefined, compress: () => undefined}
  try {
    return {result: cleanSegments({storage: disk, crc32c, codecs, offsetMapBytes: 1 << 20, pause() {}}, job)}
  } catch (error) {
    if (error instanceof AssertionFailed) throw error
    return {failure: 'KAFKA_STORAGE_ERROR'}
  }
}

function newCharge(kind: Charge['kind'], id: number): Charge {
  return {kind, id, thread: undefined, down: false}
}
