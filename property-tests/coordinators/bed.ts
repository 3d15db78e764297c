import {ClusterMap, type ClusterShape} from '../../engine/cluster/cluster-map.ts'
import {decodeLeadership, encodeLeadership} from '../../engine/cluster/leadership.ts'
import {Coordinator, type CoordinatorOptions} from '../../engine/coordinator/coordinator.ts'
import {MetadataImage} from '../../engine/coordinator/metadata-image.ts'
import {comesAfter, leadershipOf} from '../../engine/coordinator/publish.ts'
import type {MetadataChange} from '../../engine/ensemble/metadata.ts'
import {AgreedLog} from './agreed-log.ts'
import {FakeBroker} from './fake-broker.ts'
import {Post} from './post.ts'

export const SESSION_MS = 1000

export interface BedOptions extends Partial<CoordinatorOptions> {
  readonly coordinators?: number
  readonly brokers?: number
}

/** Coordinators over one agreed log, and brokers as they see them; all in one thread, with one clock and one source of chance. */
export class Bed {
  map!: ClusterMap
  post = new Post()
  readonly log: AgreedLog
  readonly brokers: FakeBroker[]
  readonly coordinators: Coordinator[] = []
  /** Everything committed, applied anew beside the coordinators. */
  readonly replay = new MetadataImage()
  readonly #options: CoordinatorOptions
  readonly #shape: ClusterShape
  #starts = 0
  readonly #chance: (of: number) => number
  readonly #stalledUntilMs: number[] = []
  /** For each row every word that committed changes come to. */
  readonly #words: Set<bigint>[] = []
  readonly #seen: bigint[] = []
  readonly #leaders = new Map<string, number>()
  readonly #images = new Map<number, string>()
  readonly #empty = new Set<string>()
  readonly #mayBeUnclean = new Set<string>()
  #replayed = 0
  nowMs = 10_000

  constructor(options: BedOptions, chance: (of: number) => number) {
    const {coordinators = 3, brokers = 4, ...rest} = options
    this.#chance = chance
    this.#options = {
      startId: '',
      sessionTimeoutMs: SESSION_MS,
      electionWaitMs: 3000,
      leaderImbalanceCheckMs: 2000,
      topicDefaults: {numPartitions: 2, replicationFactor: Math.min(3, brokers), configs: {}},
      ...rest,
    }
    this.#shape = {coordinators, brokers, hostsABroker: 2}
    this.map = ClusterMap.allocate(this.#shape)
    this.log = new AgreedLog(this.map)
    this.brokers = Array.from(
      {length: brokers},
      (_, i) => new FakeBroker(i + 1, this.map, this.post, () => this.replay.nextRow),
    )
    this.#start()
  }

  /** The process ends, however it does, and is started anew: only what was committed is left. */
  restart(): void {
    this.map = ClusterMap.allocate(this.#shape)
    this.post = new Post()
    this.log.startAnew(this.map)
    this.#seen.length = 0
    this.#stalledUntilMs.length = 0
    for (const broker of this.brokers) broker.moveTo(this.map, this.post)
    this.#start()
  }

  #start(): void {
    this.#starts++
    for (let id = 1; id <= this.#shape.coordinators; id++) this.startCoordinator(id)
    this.log.elect(1 + this.#chance(this.#shape.coordinators), 0)
    for (const broker of this.brokers) broker.start(this.nowMs)
  }

  startCoordinator(id: number): void {
    const mailbox = this.post.mailbox(`coordinator-${id}`)
    this.coordinators[id - 1] = new Coordinator(id, this.map, this.log.seat(id), mailbox, {
      ...this.#options,
      startId: `start-${this.#starts}`,
    })
  }

  stallCoordinator(id: number, ms: number): void {
    this.#stalledUntilMs[id] = this.nowMs + ms
  }

  /** Somebody asked for an unclean election of all that a topic has, or allowed them. */
  allowUnclean(topic: string): void {
    this.#mayBeUnclean.add(topic)
  }

  /** Time goes on; everybody has a round. */
  step(ms: number): void {
    this.nowMs += ms
    for (const broker of this.brokers) broker.doWork(this.nowMs, this.#chance)
    this.coordinators.forEach((coordinator, i) => {
      if (this.nowMs < (this.#stalledUntilMs[i + 1] ?? 0)) return
      coordinator.doWork(this.nowMs)
      this.#check(coordinator)
    })
  }

  /** Steps in which everything that is proposed is committed, and everybody hears of it. */
  run(steps: number, ms: number): void {
    for (let i = 0; i < steps; i++) {
      this.step(ms)
      this.log.commit(Number.POSITIVE_INFINITY)
      this.coordinators.forEach((_, at) => {
        this.log.tell(at + 1, Number.POSITIVE_INFINITY)
      })
    }
  }

  shorten(): void {
    this.#replay()
    this.log.shorten(this.#replayed, this.replay.snapshot())
  }

  #check(coordinator: Coordinator): void {
    this.#replay()
    const end = this.map.coordinator(this.coordinators.indexOf(coordinator) + 1).applied
    const expected = this.#images.get(end)
    const image = JSON.stringify(coordinator.image.snapshot())
    if (image !== expected) throw new Error(`an image at ${end} is not what the changes come to: ${image}\n${expected}`)
    for (let row = 0; row < this.#words.length; row++) this.#checkRow(row)
  }

  /** A row only ever goes on to what was committed. */
  #checkRow(row: number): void {
    const {word} = this.map.row(row)
    const before = this.#seen[row] ?? 0n
    if (word === before) return
    const [next, last] = [decodeLeadership(word), decodeLeadership(before)]
    if (before !== 0n && !comesAfter(next, last)) throw new Error(`row ${row} goes back`)
    if (next.leaderEpoch < last.leaderEpoch) throw new Error(`the epoch of row ${row} goes back`)
    if (!next.deleted && !this.#words[row]!.has(word)) throw new Error(`row ${row} is ahead of what is committed`)
    if (next.deleted && this.replay.at(row) !== undefined) throw new Error(`row ${row} is not deleted`)
    if (!next.deleted && next.isr === 0) throw new Error(`row ${row} has nobody in sync`)
    this.#seen[row] = word
  }

  #replay(): void {
    if (this.#replayed === 0) this.#images.set(0, JSON.stringify(this.replay.snapshot()))
    for (; this.#replayed < this.log.end; ) {
      const {change} = this.log.entries[this.#replayed++]!
      if (change !== undefined) this.#apply(change)
      this.#images.set(this.#replayed, JSON.stringify(this.replay.snapshot()))
    }
  }

  #apply(change: MetadataChange): void {
    if (change.type === 'clusterStarted') this.#words.length = 0
    if (change.type === 'brokerRegistered' && !change.intact) this.#lose(change.broker)
    if (change.type === 'partitionChanged') this.#checkElection(change)
    for (const row of this.replay.apply(change)) {
      const partition = this.replay.partitionAt(row)
      this.#words[row] ??= new Set()
      if (partition === undefined) continue
      this.#words[row].add(encodeLeadership(leadershipOf(partition)))
      const {leader, leaderEpoch} = partition
      if (leader < 0) continue
      const {topic, index} = this.replay.at(row)!
      const reign = `${topic.topicId} ${index} ${leaderEpoch}`
      if ((this.#leaders.get(reign) ?? leader) !== leader) throw new Error(`two leaders in one epoch of row ${row}`)
      this.#leaders.set(reign, leader)
    }
  }

  /** Replicas whose data is gone, while they have not caught up again. */
  #lose(broker: number): void {
    for (const row of this.replay.rowsOf(broker)) {
      const {topic, index} = this.replay.at(row)!
      if (topic.partitions[index]!.leaderEpoch > 0) this.#empty.add(`${topic.topicId} ${index} ${broker}`)
    }
  }

  #checkElection({topicId, partition, leader, isr}: Extract<MetadataChange, {type: 'partitionChanged'}>): void {
    const topic = this.replay.topic(topicId)!
    const before = topic.partitions[partition]!
    // who comes into the ISR has caught up with whoever leads
    for (const broker of isr) if (!before.isr.includes(broker)) this.#empty.delete(`${topicId} ${partition} ${broker}`)
    const isEmpty = before.leaderEpoch > 0 && this.#empty.has(`${topicId} ${partition} ${leader}`)
    const isUnclean = leader >= 0 && (!before.isr.includes(leader) || isEmpty)
    if (isUnclean) this.#empty.delete(`${topicId} ${partition} ${leader}`)
    if (isUnclean && !this.#mayBeUnclean.has(topic.name))
      throw new Error(`an unclean leader of ${topic.name}-${partition} that nobody asked for`)
  }
}
