import assert from 'node:assert/strict'
import {STATE} from '../../../engine/cluster/replica-line.ts'
import type {NewTopic} from '../../../engine/coordinator/requests.ts'
import type {ClientRequest} from '../../../workers/broker-letters.ts'
import {ClusterSimulation} from './cluster-simulation.ts'
import {kindOf, type ReachedName} from './named-events.ts'
import type {SimClient} from './sim-client.ts'
import {BROKER_DIRS, COORDINATOR_DIRS} from './sim-process.ts'

/** What came of one seed. */
export interface Outcome {
  readonly seed: number
  readonly virtualMs: number
  readonly steps: number
  readonly acks: number
  readonly failures: number
  readonly reads: number
  readonly fingerprint: number
  /** How often each of the named events came. */
  readonly reached: ReadonlyMap<ReachedName, number>
}

/** What may happen besides threads, processes and power that end; FAULTS in the environment may add `wipes`, dirs that are lost. */
const FAULTS = new Set((process.env['FAULTS'] ?? 'admin,disks').split(','))

/** How long faults go on. A short one has more of them, and no rests. */
const LENGTHS = {
  whole: {steps: 1000, faultOneIn: [20, 40, 80], adminOneIn: 150, restOneIn: 1000},
  short: {steps: 90, faultOneIn: [5, 10, 20], adminOneIn: 25, restOneIn: Number.POSITIVE_INFINITY},
}
export type Length = keyof typeof LENGTHS

/** How long it may take until everything works again, once nothing fails any more. */
const LIVENESS_MS = 30_000
const TOPICS = ['a', 'b', 'c']

export interface HistoryOptions {
  readonly length?: Length
  readonly trace?: ((line: string) => void) | undefined
}

/** One history: faults for a while, then none until everything works again. Throws where a promise is broken. */
export function history(seed: number, {trace, length = 'whole'}: HistoryOptions = {}): Outcome {
  const simulation = new ClusterSimulation(seed)
  simulation.trace = trace
  const actions = new Actions(simulation, length)
  try {
    simulation.time.within(() => {
      actions.begin()
      for (let step = 0; step < LENGTHS[length].steps; step++) {
        actions.maybe()
        simulation.step()
      }
      actions.recover()
    })
  } catch (error) {
    trace?.(actions.state())
    throw error
  } finally {
    simulation.endProcess()
  }
  const {steps, acks, failures, reads, fingerprint} = simulation
  const reached = simulation.reached.counts
  return {seed, virtualMs: simulation.time.nowMs, steps, acks, failures, reads, fingerprint, reached}
}

class Actions {
  readonly #simulation: ClusterSimulation
  readonly #faultOneIn: number
  readonly #adminOneIn: number
  readonly #restOneIn: number
  #topicsMade = 0

  constructor(simulation: ClusterSimulation, length: Length) {
    const {faultOneIn, adminOneIn, restOneIn} = LENGTHS[length]
    this.#simulation = simulation
    this.#faultOneIn = simulation.chance.pick(faultOneIn)
    this.#adminOneIn = adminOneIn
    this.#restOneIn = restOneIn
  }

  begin(): void {
    const {chance} = this.#simulation
    this.#untilServed()
    if (chance.oneIn(2)) this.#create(TOPICS[1]!)
    this.#simulation.interruptOneIn = chance.pick([20, 100, 1000, Number.POSITIVE_INFINITY])
    this.#weather()
  }

  /** Until every client has a door to every partition there is, and somebody leads behind it. */
  #untilServed(): void {
    const {clients, ledger, process, time} = this.#simulation
    let createAtMs = 100
    for (const endsMs = time.nowMs + LIVENESS_MS; time.nowMs < endsMs; ) {
      if (ledger.topics.length === 0 && time.nowMs >= createAtMs) {
        // refused for as long as brokers are missing
        this.#create(TOPICS[0]!)
        createAtMs = time.nowMs + 100
      }
      for (const client of clients) this.#learn(client)
      const doors = clients.flatMap(client => [...client.doors.values()])
      const partitions = ledger.topics.reduce((sum, topic) => sum + topic.partitions.length, 0)
      const isServed = doors.every(({rowNumber}) => process.map.row(rowNumber).leadership.leader >= 0)
      if (partitions > 0 && doors.length === partitions * clients.length && isServed) return
      this.#simulation.step()
    }
    assert.fail(`the cluster is up within ${LIVENESS_MS} ms: ${this.state()}`)
  }

  #weather(): void {
    const {chance, process} = this.#simulation
    process.office.weather = {
      lost: chance.pick([5, 50, Number.POSITIVE_INFINITY]),
      late: chance.pick([2, 10, Number.POSITIVE_INFINITY]),
      lateMsMax: chance.pick([3, 50, 500]),
    }
  }

  /** A step of somebody outside: what clients ask and send, and what fails. */
  maybe(): void {
    const {chance} = this.#simulation
    if (chance.oneIn(3)) this.#send()
    if (chance.oneIn(10)) for (const client of this.#simulation.clients) this.#learn(client)
    if (chance.oneIn(this.#faultOneIn)) this.#fault()
    if (chance.oneIn(this.#adminOneIn)) this.#admin()
    if (chance.oneIn(this.#restOneIn)) this.#rest(chance.pick([2000, 20_000, 120_000]))
  }

  /** Nobody asks for anything for a while: leaders return, checkpoints are written. */
  #rest(ms: number): void {
    const simulation = this.#simulation
    for (const endsMs = simulation.time.nowMs + ms; simulation.time.nowMs < endsMs; ) simulation.step()
  }

  #learn(client: SimClient): void {
    // from whoever it is that knows: what a client learns by asking is older, never newer
    for (const topic of this.#simulation.ledger.topics) client.learn(topic)
  }

  #send(): void {
    const {chance, clients} = this.#simulation
    const client = chance.pick(clients)
    const doors = [...client.doors.values()].filter(({isClosed}) => !isClosed)
    if (doors.length === 0) return
    const acks = chance.pick([-1, -1, 1] as const)
    const door = chance.pick(doors)
    const durability = door.isSynced ? chance.pick(['written', 'synced'] as const) : 'written'
    client.send(door, 1 + chance.below(3), {acks, durability, filler: chance.below(80)})
  }

  #create(name: string): void {
    const {chance, clients, shape} = this.#simulation
    const topicId = Buffer.from(`topic ${this.#topicsMade++} ${name}......`.slice(0, 16)).toString('base64url')
    const configs: Record<string, string> = {
      durability: chance.pick(['written', 'written', 'synced']),
      'min.insync.replicas': chance.pick(['1', '2']),
    }
    if (chance.oneIn(3))
      Object.assign(configs, {
        'cleanup.policy': 'compact',
        'segment.bytes': '1024',
        'min.cleanable.dirty.ratio': chance.pick(['0', '0.5']),
      })
    const topic: NewTopic = {
      name,
      topicId,
      numPartitions: 1 + chance.below(2),
      replicationFactor: Math.min(shape.brokers, chance.pick([1, 2, 3, 3])),
      configs,
    }
    chance.pick(clients).call({type: 'createTopics', topics: [topic]}, () => {})
  }

  #admin(): void {
    const {chance, clients, ledger, shape} = this.#simulation
    const client = chance.pick(clients)
    if (ledger.topics.length === 0 || chance.oneIn(4) || !FAULTS.has('admin')) {
      this.#create(chance.pick(TOPICS))
      return
    }
    const topic = chance.pick(ledger.topics)
    const {name} = topic
    const partition = chance.below(topic.partitions.length)
    const ask = (request: ClientRequest) => {
      this.#simulation.note(`ask ${JSON.stringify(request)}`)
      client.call(request, () => {})
    }
    switch (chance.below(6)) {
      case 0:
        ask({type: 'deleteTopics', topics: [{name}]})
        return
      case 1:
        if (topic.partitions.length < 4)
          ask({type: 'createPartitions', topics: [{name, count: topic.partitions.length + 1}]})
        return
      case 2: {
        const value = chance.pick(['1', '2', null])
        ask({type: 'alterConfigs', topics: [{name, configs: [{name: 'min.insync.replicas', value}]}]})
        return
      }
      case 3:
        ask({type: 'electLeaders', election: 'preferred'})
        return
      default: {
        const brokers = Array.from({length: shape.brokers}, (_, i) => i + 1)
        for (let i = brokers.length - 1; i > 0; i--) {
          const j = chance.below(i + 1)
          ;[brokers[i], brokers[j]] = [brokers[j]!, brokers[i]!]
        }
        const replicas = chance.oneIn(6) ? null : brokers.slice(0, 1 + chance.below(Math.min(3, brokers.length)))
        ask({type: 'alterPartitionReassignments', partitions: [{topic: name, partition, replicas}]})
      }
    }
  }

  #fault(): void {
    const simulation = this.#simulation
    const {chance, process} = simulation
    simulation.ledger.check()
    const threads = process.threads.filter(({isDead}) => !isDead)
    if (threads.length === 0) return
    const thread = chance.pick(threads)
    switch (chance.below(10)) {
      case 0:
      case 1:
        simulation.note(`kill ${thread.name}`)
        simulation.reached.add(`a ${kindOf(thread)} is killed`)
        process.kill(thread)
        return
      case 2:
        simulation.doomed = {thread, calls: chance.below(10)}
        return
      case 3:
      case 4: {
        const ms = chance.below(3 * simulation.shape.sessionTimeoutMs)
        simulation.note(`stall ${thread.name} ${ms}`)
        simulation.reached.add('a thread is stalled')
        thread.stalledUntilMs = simulation.time.nowMs + ms
        return
      }
      case 5:
        if (chance.oneIn(2)) this.#weather()
        else this.#downCoordinators()
        return
      case 8:
        if (!FAULTS.has('disks')) return
        simulation.failDir(
          {
            dir: thread.dir!,
            code: chance.pick(['EIO', 'ENOSPC'] as const),
            oneIn: chance.pick([1, 3, 20]),
            syncsOnly: chance.oneIn(2),
          },
          chance.pick([5, 50, 500]),
        )
        return
      case 9:
        if (chance.oneIn(2) && FAULTS.has('wipes')) this.#loseDir()
        return
      case 6:
        if (!chance.oneIn(4)) return
        simulation.note('the process is killed')
        simulation.reached.add('the process is killed')
        simulation.ledger.endProcess()
        simulation.endProcess()
        simulation.startProcess()
        this.#weather()
        return
      default:
        if (!chance.oneIn(4)) return
        simulation.note('power is lost')
        simulation.reached.add('power is lost')
        simulation.ledger.endProcess()
        simulation.endProcess()
        simulation.disk.losePower(
          chance.oneIn(2)
            ? {changes: () => 0, bytes: () => 0}
            : {changes: count => chance.below(count + 1), bytes: count => chance.below(count + 1)},
        )
        simulation.ledger.losePower()
        simulation.startProcess()
        this.#weather()
    }
  }

  /** Some coordinators, or all, are down for a while: with most of them gone nothing is decided, and records flow on. */
  #downCoordinators(): void {
    const simulation = this.#simulation
    const {chance, process, time} = simulation
    const charges = process.charges.filter(({kind}) => kind === 'coordinator')
    const count = 1 + chance.below(charges.length)
    if (2 * count > charges.length) simulation.reached.add('most coordinators are down')
    for (let i = 0; i < count; i++) {
      const charge = charges.splice(chance.below(charges.length), 1)[0]!
      const {thread} = charge
      simulation.note(`${charge.kind}-${charge.id} is down`)
      charge.down = true
      if (thread !== undefined) process.kill(thread)
      time.after(chance.pick([500, 3000]), () => {
        if (charge.down && charge.thread === undefined) process.start(charge)
      })
    }
  }

  /** A broker or a coordinator ends, and its dir is gone when it starts again; where that leaves somebody with the same data. */
  #loseDir(): void {
    const simulation = this.#simulation
    const {chance, process} = simulation
    const charge = chance.pick(process.charges)
    const {kind, id, thread} = charge
    const mayGo = kind === 'broker' ? this.#hasPeers(id) : this.#isWholeWithout(id)
    if (thread === undefined || thread.isDead || !mayGo) return
    process.kill(thread)
    simulation.wipe((kind === 'broker' ? BROKER_DIRS : COORDINATOR_DIRS)[id]!)
  }

  /** Whether of every partition of a broker somebody else is in sync, and runs. */
  #hasPeers(broker: number): boolean {
    const {ledger, process} = this.#simulation
    if (!ledger.hasLearned) return false
    return ledger.rows.every(({number, slots}) => {
      const {map} = process
      const {leader, leaderEpoch, isr, deleted} = map.row(number).leadership
      if (deleted || !slots.includes(broker)) return true
      if (leader < 0) return false
      return slots.some((other, slot) => {
        const line = map.row(number).replica(slot)
        return (
          (isr & (1 << slot)) !== 0 &&
          other !== broker &&
          line.state === STATE.running &&
          line.followedEpoch === leaderEpoch
        )
      })
    })
  }

  /** Whether all other coordinators run and have their logs. */
  #isWholeWithout(id: number): boolean {
    const {process, shape} = this.#simulation
    let whole = 0
    for (const [other, {ensemble}] of process.coordinators) if (other !== id && ensemble.isIntact) whole++
    return shape.coordinators > 1 && whole === shape.coordinators - 1
  }

  /** The faults end. Before long every partition takes records from every client, and all that was promised is there. */
  recover(): void {
    const simulation = this.#simulation
    simulation.heal()
    simulation.note('nothing fails any more')
    const endsMs = simulation.time.nowMs + LIVENESS_MS
    let sentTo = new Set<string>()
    let failuresBefore = simulation.failures
    for (;;) {
      for (const client of simulation.clients) this.#learn(client)
      const doors = simulation.clients.flatMap(client => [...client.doors.values()].map(door => ({client, door})))
      const partitions = simulation.ledger.topics.reduce((sum, topic) => sum + topic.partitions.length, 0)
      const open = doors.filter(({door}) => !door.isClosed)
      if (simulation.failures > failuresBefore) {
        // what failed was sent while things still failed: once more
        failuresBefore = simulation.failures
        sentTo = new Set()
      }
      let waiting = 0
      for (const {client, door} of open) {
        const key = `${client.name} ${door.topicId}/${door.partition}`
        if (!sentTo.has(key) && client.send(door, 1, {acks: -1, durability: 'written', filler: 1})) sentTo.add(key)
        if (!sentTo.has(key)) waiting++
      }
      const isKnown = open.length === partitions * simulation.clients.length
      if (isKnown && waiting === 0 && doors.every(({door}) => door.open === 0) && this.#isWhole()) break
      if (simulation.time.nowMs >= endsMs) assert.fail(`everything works within ${LIVENESS_MS} ms: ${this.state()}`)
      simulation.step()
    }
    simulation.ledger.checkAll()
  }

  /** Every partition has all of its replicas in sync. */
  #isWhole(): boolean {
    const {ledger, process} = this.#simulation
    return ledger.topics.every(({partitions}) =>
      partitions.every(({row, replicas}) => {
        const {leader, isr} = process.map.row(row).leadership
        let members = 0
        for (let left = isr; left !== 0; left &= left - 1) members++
        return leader >= 0 && members === replicas.length
      }),
    )
  }

  state(): string {
    const {ledger, process, clients} = this.#simulation
    const rows = ledger.topics.flatMap(topic =>
      topic.partitions.map(({row, replicas, slots}, i) => {
        const {leader, leaderEpoch, isr} = process.map.row(row).leadership
        const lines = slots.map((_, slot) => {
          const {host, state, followedEpoch, writtenEnd, highWatermark} = process.map.row(row).replica(slot)
          return `host ${host} state ${state} epoch ${followedEpoch} end ${writtenEnd} hw ${highWatermark}`
        })
        return `${topic.name}-${i} replicas ${replicas} leader ${leader} epoch ${leaderEpoch} isr ${isr.toString(2)} [${lines.join('; ')}]`
      }),
    )
    const doors = clients.flatMap(client =>
      [...client.doors.values()].map(
        ({topic, partition, rowNumber, open, isClosed}) =>
          `${client.name} ${topic}-${partition} row ${rowNumber} ${isClosed ? 'closed' : ''} open ${open}`,
      ),
    )
    const applied = process.charges.map(({kind, id, thread}) => {
      const line = kind === 'broker' ? process.map.broker(id) : process.map.coordinator(id)
      return `${kind}-${id} ${thread === undefined ? 'down' : `state ${line.state} applied ${line.applied}`}`
    })
    return [...rows, ...doors, ...applied, JSON.stringify(process.map.lease.read())].join('\n')
  }
}
