/**
 * T06 at KafkaJS' door: members of a group, each a thread, come, go and die, while brokers die and stall, the group's coordinator among them.
 * Every record is handled, at least once, and none before the one in front of it; a partition is handled by one member at a time, and in a
 * generation given to one; what is committed never goes back.
 *
 *   RUNS=100 SEED=7 PATH_=…   how many histories, and the one that a failure tells of
 */
import {once} from 'node:events'
import {setTimeout as sleep} from 'node:timers/promises'
import {Worker} from 'node:worker_threads'
import fc from 'fast-check'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {decodeAssignment} from '../../client/consumer-protocol.ts'
import {Kafka, type PartitionAssigners, type Producer} from '../../doors/kafkajs.ts'
import {readGroupRecord, type StoredGroup} from '../../engine/group/group-records.ts'
import {type Cluster, openCluster} from '../../index.ts'
import {runs} from '../runs.ts'
import {healed} from './cluster-load.ts'
import {GroupWords} from './group-words.ts'
import type {MemberTask} from './mortal-member.ts'

const BROKERS = 3
const PARTITIONS = 4
const MEMBERS_MAX = 4
const HANDLED_MS = 15_000
const OFFSETS = '__consumer_offsets'

type Step =
  | {does: 'join'; how: MemberTask['does']}
  | {does: 'leave' | 'die'; who: number}
  | {does: 'kill' | 'stall'; broker: number; ms: number}
  | {does: 'kill coordinator'; ms: number}
  | {does: 'send'; count: number}
  | {does: 'wait'; ms: number}

const weighted = <T extends Step>(weight: number, arbitrary: fc.Arbitrary<T>) => ({weight, arbitrary})
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  weighted(4, fc.record({does: fc.constant('join' as const), how: fc.constantFrom('eachMessage', 'eachBatch')})),
  weighted(2, fc.record({does: fc.constant('leave' as const), who: fc.nat(9)})),
  weighted(3, fc.record({does: fc.constant('die' as const), who: fc.nat(9)})),
  weighted(
    2,
    fc.record({
      does: fc.constantFrom('kill' as const, 'stall' as const),
      broker: fc.integer({min: 1, max: BROKERS}),
      ms: fc.nat(500),
    }),
  ),
  weighted(2, fc.record({does: fc.constant('kill coordinator' as const), ms: fc.nat(500)})),
  weighted(5, fc.record({does: fc.constant('send' as const), count: fc.integer({min: 1, max: 400})})),
  weighted(2, fc.record({does: fc.constant('wait' as const), ms: fc.nat(60)})),
)

let cluster: Cluster
let kafka: Kafka
let producer: Producer
let groups = 0
const reached = new Map<string, number>()

test.before(async () => {
  cluster = await openCluster({brokers: BROKERS, coordinators: 3, replicaThreads: 2, sessionTimeoutMs: 500})
  kafka = new Kafka({brokers: cluster, logLevel: 0})
  producer = kafka.producer()
  await producer.connect()
})

test.after(async () => {
  await producer.disconnect()
  await cluster.close()
})

/** A topic, the group of the same name, and what its members must keep to. */
class GroupRun {
  readonly #topic = `group-${groups++}`
  readonly #assigner: keyof typeof PartitionAssigners
  readonly #words = GroupWords.for(PARTITIONS)
  readonly #members: {worker: Worker; number: number; ended: Promise<unknown>}[] = []
  readonly #sent = Array.from({length: PARTITIONS}, () => 0)
  readonly #sending: Promise<unknown>[] = []
  readonly #mending: Promise<void>[] = []
  #numbers = 0
  #watching = true
  #watched: Promise<void> = Promise.resolve()

  constructor(assigner: keyof typeof PartitionAssigners) {
    this.#assigner = assigner
  }

  async start(): Promise<void> {
    // one that was stalled at the end of the history before may be out still
    while ((await cluster.admin.describeCluster()).brokers.some(({fenced}) => fenced)) await sleep(10)
    await cluster.admin.createTopics([{name: this.#topic, numPartitions: PARTITIONS}])
    this.#join('eachMessage')
    this.#watched = this.#watch()
    // whoever waits for it hears of it in the end
    this.#watched.catch(() => {})
  }

  async step(step: Step): Promise<void> {
    reached.set(step.does, (reached.get(step.does) ?? 0) + 1)
    switch (step.does) {
      case 'join':
        return this.#members.length < MEMBERS_MAX ? this.#join(step.how) : undefined
      case 'leave':
        return this.#leave(step.who)
      case 'die':
        return this.#die(step.who)
      case 'kill':
        return this.#kill(step.broker, step.ms)
      case 'stall':
        return cluster.broker(step.broker).stall(step.ms)
      case 'kill coordinator': {
        const {coordinators} = await cluster.groups.request('FindCoordinator', {coordinatorKeys: [this.#topic]})
        return this.#kill(coordinators[0]!.nodeId, step.ms)
      }
      case 'send':
        return this.#send(step.count)
      case 'wait':
        await sleep(step.ms)
    }
  }

  async end(): Promise<void> {
    await Promise.all(this.#mending)
    await healed(cluster, BROKERS)
    if (this.#members.length === 0) this.#join('eachBatch')
    await Promise.all(this.#sending)
    const endMs = performance.now() + HANDLED_MS
    while (
      this.#words.wrong === undefined &&
      this.#sent.some((count, partition) => this.#words.next(partition) < count)
    ) {
      assert.ok(
        performance.now() < endMs,
        `not handled: ${this.#sent.map((count, i) => `${this.#words.next(i)} of ${count}`)}`,
      )
      await sleep(5)
    }
    while (this.#members.length > 0) await this.#leave(0)
    this.#watching = false
    await this.#watched
    assert.is(this.#words.wrong, undefined)
    assert.equal(
      await this.#committed(),
      this.#sent.map(count => (count === 0 ? -1 : count)),
      'all is committed',
    )
    await this.#checkStored()
    // a death costs something for each partition there is
    await cluster.admin.deleteTopics([this.#topic])
  }

  /** Ends what is left where something went wrong. */
  async abandon(): Promise<void> {
    this.#watching = false
    await Promise.allSettled([...this.#mending, ...this.#members.map(({worker}) => worker.terminate())])
  }

  #join(does: MemberTask['does']): void {
    const number = ++this.#numbers
    const {handle} = cluster
    const task: MemberTask = {
      handle,
      topic: this.#topic,
      assigner: this.#assigner,
      does,
      number,
      words: this.#words.memory,
    }
    const worker = new Worker(new URL('./mortal-member.js', import.meta.url), {workerData: task})
    const ended = once(worker, 'exit')
    ended.catch(() => {})
    this.#members.push({worker, number, ended})
  }

  async #leave(who: number): Promise<void> {
    const [member] = this.#members.splice(who % Math.max(1, this.#members.length), 1)
    member?.worker.postMessage('leave')
    assert.equal(await (member?.ended ?? [0]), [0], 'a member leaves in peace')
  }

  async #die(who: number): Promise<void> {
    const [member] = this.#members.splice(who % Math.max(1, this.#members.length), 1)
    if (member === undefined) return
    this.#words.ends(member.number)
    await member.worker.terminate()
  }

  /** One at a time: the next only dies once the last is back and in sync. */
  async #kill(broker: number, ms: number): Promise<void> {
    await Promise.all(this.#mending)
    await healed(cluster, BROKERS)
    cluster.broker(broker).kill()
    this.#mending.push(
      sleep(ms).then(() => {
        cluster.broker(broker).restart()
      }),
    )
  }

  /** Not waited for: the members are at it while they come. Each partition's values count up. */
  #send(count: number): void {
    const messages = Array.from({length: count}, (_, i) => {
      const partition = i % PARTITIONS
      return {partition, key: `key-${partition}`, value: String(this.#sent[partition]!++)}
    })
    const sending = producer.send({topic: this.#topic, messages})
    sending.catch(() => {})
    this.#sending.push(sending)
  }

  async #committed(): Promise<number[]> {
    const {groups} = await cluster.groups.request('OffsetFetch', {groups: [{groupId: this.#topic}]})
    assert.is(groups[0]!.errorCode, 'NONE')
    const offsets = Array.from({length: PARTITIONS}, () => -1)
    for (const {partitionIndex, committedOffset} of groups[0]!.topics[0]?.partitions ?? [])
      offsets[partitionIndex] = committedOffset
    return offsets
  }

  /** Somebody who asks all the time is never told less than before. */
  async #watch(): Promise<void> {
    let before = Array.from({length: PARTITIONS}, () => -1)
    while (this.#watching) {
      const now = await this.#committed()
      for (const [partition, offset] of now.entries())
        assert.ok(offset >= before[partition]!, `told of partition ${partition}: ${before} -> ${now}`)
      before = now
      await sleep(10)
    }
  }

  /** What the group's log tells: generations count up, in none of them a partition is two members', and no commit goes back. */
  async #checkStored(): Promise<void> {
    const committed = new Map<number, number>()
    let generation = -1
    const {partitions: all} = await cluster.topic(OFFSETS, false)
    for (const partition of all.keys()) {
      const door = await cluster.partition(OFFSETS, partition)
      for await (const {key, value} of door.reader({from: 'earliest'})) {
        const record = readGroupRecord(key!, value)
        if (record?.group !== this.#topic || record.value === null) continue
        if (record.type === 'group') {
          const stored: StoredGroup = record.value
          assert.ok(stored.generation >= generation, `generation ${stored.generation} after ${generation}`)
          generation = stored.generation
          const given = stored.members.flatMap(({assignment}) =>
            (decodeAssignment(assignment)?.topics ?? []).flatMap(({partitions}) => [...partitions]),
          )
          assert.is(new Set(given).size, given.length, `generation ${generation} gives a partition to two: ${given}`)
        } else {
          const before = committed.get(record.partition) ?? -1
          assert.ok(
            record.value.offset >= before,
            `stored of partition ${record.partition}: ${before} -> ${record.value.offset}`,
          )
          committed.set(record.partition, record.value.offset)
        }
      }
    }
    assert.ok(generation > 0, 'the group stands in the log')
  }
}

test('property: whoever joins, leaves and dies, every record is handled, in order, by one at a time', async () => {
  const anyAssigner = fc.constantFrom<keyof typeof PartitionAssigners>('roundRobin', 'range', 'cooperativeSticky')
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, {minLength: 6, maxLength: 16}), anyAssigner, async (steps, assigner) => {
      const run = new GroupRun(assigner)
      try {
        await run.start()
        for (const step of steps) await run.step(step)
        await run.end()
      } catch (error) {
        // fast-check tells the steps, and not of what they failed
        console.error(`\n${(error as Error).stack}`)
        throw error
      } finally {
        await run.abandon()
      }
    }),
    // a history takes seconds: a failure is seen again by its seed and path, and made smaller by hand
    {...runs(12), endOnFailure: true},
  )
  console.log(`\n${JSON.stringify(Object.fromEntries(reached))}`)
})

test.run()
