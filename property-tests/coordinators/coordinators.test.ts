/** Coordinators under all that may happen to them and around them: what they decide is one history, and it goes forward only. */
import fc from 'fast-check'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import type {AdminRequest} from '../../engine/coordinator/requests.ts'
import {runs} from '../runs.ts'
import {Bed} from './bed.ts'

const KINDS = [
  'step',
  'step',
  'commit',
  'tell',
  'elect',
  'killBroker',
  'startBroker',
  'startBroker',
  'killHost',
  'startHost',
  'stallBroker',
  'stallCoordinator',
  'restartCoordinator',
  'loseDir',
  'close',
  'shorten',
  'create',
  'create',
  'delete',
  'grow',
  'reassign',
  'cancel',
  'electPreferred',
  'electUnclean',
  'allowUnclean',
  'producerIds',
  'restart',
] as const

type Step = {kind: (typeof KINDS)[number]; a: number; b: number}

const anyStep: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom(...KINDS),
  a: fc.nat(1000),
  b: fc.nat(1000),
})

/** A small source of chance from a seed. */
function chanceOf(seed: number): (of: number) => number {
  let state = seed >>> 0
  return of => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * of)
  }
}

const topicId = (n: number) => `${n}`.padStart(22, 'T')

class History {
  readonly bed: Bed
  readonly #writes: {broker: number; id: number; type: AdminRequest['type']}[] = []
  #topics = 0

  constructor(seed: number) {
    this.bed = new Bed({}, chanceOf(seed))
  }

  apply({kind, a, b}: Step): void {
    const {bed} = this
    const broker = bed.brokers[a % bed.brokers.length]!
    const topic = `t${b % 5}`
    const coordinator = (a % bed.coordinators.length) + 1
    switch (kind) {
      case 'step':
        bed.step(1 + (a % 400))
        return
      case 'commit':
        bed.log.commit(1 + (a % 3))
        return
      case 'tell':
        bed.log.tell(coordinator, 1 + (b % 20))
        return
      case 'elect':
        bed.log.elect(coordinator, b % (bed.log.pending + 1))
        return
      case 'killBroker':
        if (!broker.isDead) broker.kill()
        return
      case 'startBroker':
        broker.intact = true
        broker.start(bed.nowMs)
        return
      case 'killHost':
        if (!broker.isDead) broker.killHost(broker.hosts[b % 2]!)
        return
      case 'startHost':
        if (!broker.isDead) broker.startHost(broker.hosts[b % 2]!, bed.nowMs)
        return
      case 'stallBroker':
        broker.stalledUntilMs = bed.nowMs + b * 3
        return
      case 'stallCoordinator':
        bed.stallCoordinator(coordinator, b * 3)
        return
      case 'restartCoordinator':
        bed.startCoordinator(coordinator)
        return
      case 'loseDir':
        if (!broker.isDead) return
        if (b % 2 === 0) broker.directory++
        else broker.intact = false
        broker.start(bed.nowMs)
        return
      case 'close':
        broker.close()
        return
      case 'shorten':
        bed.shorten()
        return
      case 'restart':
        this.checkProducerIds()
        this.#writes.length = 0
        bed.restart()
        return
      case 'create': {
        const numPartitions = 1 + (a % 3)
        const replicationFactor = 1 + (b % 3)
        this.#ask(a, {
          type: 'createTopics',
          topics: [{name: topic, topicId: topicId(this.#topics++), numPartitions, replicationFactor}],
        })
        return
      }
      case 'delete':
        this.#ask(a, {type: 'deleteTopics', topics: [{name: topic}]})
        return
      case 'grow':
        this.#ask(a, {type: 'createPartitions', topics: [{name: topic, count: 1 + (a % 5)}]})
        return
      case 'reassign': {
        const replicas = [...new Set([1 + (a % 4), 1 + (b % 4), 1 + ((a + b) % 4)])]
        this.#ask(a, {type: 'alterPartitionReassignments', partitions: [{topic, partition: b % 2, replicas}]})
        return
      }
      case 'cancel':
        this.#ask(a, {type: 'alterPartitionReassignments', partitions: [{topic, partition: b % 2, replicas: null}]})
        return
      case 'electPreferred':
        this.#ask(a, {type: 'electLeaders', election: 'preferred'})
        return
      case 'electUnclean':
        bed.allowUnclean(topic)
        this.#ask(a, {type: 'electLeaders', election: 'unclean', partitions: [{topic, partition: 0}]})
        return
      case 'allowUnclean': {
        bed.allowUnclean(topic)
        const value = a % 2 === 0 ? 'true' : null
        const configs = [{name: 'unclean.leader.election.enable', value}]
        this.#ask(a, {type: 'alterConfigs', topics: [{name: topic, configs}]})
        return
      }
      case 'producerIds':
        this.#ask(a, {type: 'allocateProducerIds'})
    }
  }

  /** After each step everybody goes on, a little; some of what is proposed is committed, and heard of by some. */
  goOn({a, b}: Step): void {
    const {bed} = this
    bed.step(1 + (b % 120))
    if (a % 3 > 0) bed.log.commit(1)
    bed.log.tell((b % bed.coordinators.length) + 1, a % 8)
    bed.step(1)
  }

  #ask(a: number, request: AdminRequest): void {
    const broker = this.bed.brokers[a % this.bed.brokers.length]!
    if (broker.isDead) return
    this.#writes.push({broker: broker.id, id: broker.request(request), type: request.type})
  }

  /** No producer id was given twice. */
  checkProducerIds(): void {
    const blocks: number[] = []
    for (const {broker, id, type} of this.#writes) {
      const answer = this.bed.brokers[broker - 1]!.answers.get(id)
      if (type !== 'allocateProducerIds' || answer === undefined || 'error' in answer) continue
      blocks.push((answer.result as {firstProducerId: number}).firstProducerId)
    }
    assert.is(new Set(blocks).size, blocks.length)
  }

  /** All faults are over. */
  heal(): void {
    const {bed} = this
    for (const broker of bed.brokers) {
      if (broker.isClosing && !broker.isDead) broker.kill()
      broker.stalledUntilMs = 0
      broker.isCalm = true
      broker.intact = true
      broker.start(bed.nowMs)
      for (const host of broker.hosts) broker.startHost(host, bed.nowMs)
    }
    bed.coordinators.forEach((_, i) => {
      bed.stallCoordinator(i + 1, 0)
    })
    bed.run(150, 100)
  }

  checkHealed(): void {
    const {bed} = this
    for (const coordinator of bed.coordinators) assert.equal(coordinator.image.snapshot(), bed.replay.snapshot())
    for (const broker of bed.brokers) assert.equal(broker.image.snapshot(), bed.replay.snapshot())
    for (const {id} of bed.brokers) assert.ok(bed.replay.isUp(id), `broker ${id} is fenced`)
    for (const topic of bed.replay.topics)
      topic.partitions.forEach((partition, index) => {
        const where = `${topic.name}-${index} ${JSON.stringify(partition)}`
        if (partition.lost === true) return
        assert.is(partition.leader, partition.replicas[0], `its preferred replica leads ${where}`)
        assert.equal([...partition.isr].sort(), [...partition.replicas].sort(), `all are in sync: ${where}`)
        assert.equal(partition.target, [], `nothing moves: ${where}`)
        assert.is(bed.map.row(partition.row).leadership.leaderEpoch, partition.leaderEpoch, `in the map: ${where}`)
      })
  }
}

test('whatever happens, history goes forward, and in the end everything is led', () => {
  fc.assert(
    fc.property(fc.nat(), fc.array(anyStep, {minLength: 20, maxLength: 120, size: 'max'}), (seed, steps) => {
      const history = new History(seed)
      for (let i = 0; i < 5; i++) history.apply({kind: 'create', a: 5 + i, b: 200 + i})
      history.bed.run(20, 20)
      for (const step of steps) {
        history.apply(step)
        history.goOn(step)
      }
      history.heal()
      history.checkHealed()
      history.checkProducerIds()
    }),
    {...runs(30), includeErrorInReport: true},
  )
})

test.run()
