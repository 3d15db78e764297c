import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {ClusterMap} from '../engine/cluster/cluster-map.ts'
import {NO_EPOCH, type ReplicaLine, STATE} from '../engine/cluster/replica-line.ts'
import {THREAD} from '../engine/cluster/thread-line.ts'
import {MetadataImage} from '../engine/coordinator/metadata-image.ts'
import type {TopicConfigs} from '../engine/ensemble/metadata.ts'
import type {BrokerDir} from './broker-dir.ts'
import type {ClusterConfig} from './cluster-config.ts'
import type {HostMessage, HostOrder} from './host-orders.ts'
import {Hosting} from './hosting.ts'

const BROKER = 2
/** Its hosts: two threads. */
const [A, B] = [2, 3]

/** Broker 2 of two, and what it starts and tells its hosts. */
class Bed {
  readonly map = ClusterMap.allocate({coordinators: 1, brokers: 2, hostsABroker: 2})
  readonly image = new MetadataImage()
  readonly started: [host: number, incarnation: number][] = []
  readonly told: [host: number, message: HostMessage][] = []
  /** What the dir is told to forget, and to remove. */
  readonly forgotten: string[] = []
  readonly removed: string[] = []
  /** Partitions of which the checkpoints on disk say what they should not. */
  readonly stale = new Set<string>()
  readonly recovery = {
    wasThere: true,
    clean: true,
    recoveryPoint: 5,
    logStartOffset: 1,
    cleanedEnd: 2,
    highWatermark: 4,
  }
  /** Topics of whose namesakes it is told to forget what it knows. */
  readonly others: string[] = []
  readonly hosting: Hosting

  constructor() {
    const dir = this.#dir()
    this.hosting = new Hosting({
      broker: BROKER,
      map: this.map,
      config: {
        topicDefaults: {},
        retentionCheckMs: 77,
        cleanerBackoffMs: 78,
        replicaLagTimeMaxMs: 88,
        quarantineDirs: ['', '/q1', '/q2'],
      } as unknown as ClusterConfig,
      dir,
      starter: {start: (host, incarnation) => void this.started.push([host, incarnation])},
      send: (host, messages) => this.told.push(...messages.map(message => [host, message] as [number, HostMessage])),
    })
    for (const id of [1, 2])
      this.image.apply({type: 'brokerRegistered', broker: id, incarnation: 1, directoryId: `d${id}`, intact: true})
  }

  #dir(): BrokerDir {
    const {forgotten, removed, stale, others} = this
    const dir = {
      recoveryOf: () => this.recovery,
      pathOf: (topic: string, partition: number) => `${topic}-${partition}`,
      forget: (topic: string, partition: number) => forgotten.push(`${topic}-${partition}`),
      forgetOthers: ({topic}: HostOrder) => others.push(topic),
      isStale: (topic: string, partition: number) => stale.has(`${topic}-${partition}`),
      get hasStale() {
        return stale.size > 0
      },
      checkpoint: () => stale.clear(),
      remove: (topic: string, partition: number, topicId: string) => removed.push(`${topic}-${partition} ${topicId}`),
    }
    return dir as unknown as BrokerDir
  }

  create(name: string, assignments: readonly (readonly number[])[], config: TopicConfigs = {}): void {
    this.image.apply({type: 'topicCreated', name, topicId: `id-of-${name}`, assignments, config})
    this.map.growTo(this.image.nextRow)
    this.update()
  }

  update(): void {
    for (let row = 0; row < this.image.nextRow; row++) this.hosting.update(this.image, row)
  }

  /** Hosts that were started come up, and everything that waits is sent; what was. */
  flush(): [host: number, message: HostMessage][] {
    for (const [host] of this.started) this.map.host(host).publishState(THREAD.running)
    this.told.length = 0
    this.hosting.flush()
    return [...this.told]
  }

  /** The same, in short. */
  get orders(): string[] {
    return this.flush().map(([host, message]) =>
      `${host} ${message.type} ${'row' in message ? message.row : ''}`.trim(),
    )
  }
}

test('each replica of the broker gets a thread of its own while there are any, then the one with the fewest', () => {
  const bed = new Bed()
  bed.create('t', [[2], [1], [1, 2], [2], [2]])
  assert.equal(bed.started, [
    [A, 1],
    [B, 1],
  ])
  assert.equal(bed.hosting.hosts, [A, B])
  assert.equal(bed.orders, [`${A} host 0`, `${A} host 3`, `${B} host 2`, `${B} host 4`])
  assert.equal(
    [...bed.hosting.replicas].map(({row, slot}) => [row, slot]),
    [
      [0, 0],
      [2, 1],
      [3, 0],
      [4, 0],
    ],
  )
})

test('the first thread is started before there is a replica, and gets the first one', () => {
  const bed = new Bed()
  bed.hosting.prepare()
  assert.equal(bed.started, [[A, 1]])
  assert.not(bed.hosting.isWaiting)
  bed.create('t', [[2]])
  assert.equal([bed.started.length, bed.orders], [1, [`${A} host 0`]])
})

test('an order says all that the replica needs; a host hears it once it listens', () => {
  const bed = new Bed()
  bed.create('t', [[2]], {'min.insync.replicas': '3', 'flush.messages': '9', durability: 'written'})
  assert.ok(bed.hosting.isWaiting)
  assert.is(bed.hosting.flush(), 0)
  const [[, order]] = bed.flush() as [[number, Extract<HostMessage, {type: 'host'}>]]
  assert.equal([bed.hosting.isWaiting, bed.others], [false, ['t']])
  const {topic, topicId, partition, row, slot, recovery, quarantine, rules, options} = order
  assert.equal([topic, topicId, partition, row, slot], ['t', 'id-of-t', 0, 0, 0])
  assert.equal([recovery, quarantine], [bed.recovery, '/q2'])
  // no more than there are
  assert.equal(rules, {minInsyncReplicas: 1, replicaLagTimeMaxMs: 88})
  assert.equal(options, {
    durability: 'written',
    flushMessages: 9,
    flushMs: -1,
    retentionCheckMs: 77,
    cleanerBackoffMs: 78,
  })
})

test('configs that change are told, and only they', () => {
  const bed = new Bed()
  bed.create('t', [[2]])
  bed.flush()
  bed.update()
  assert.equal(bed.orders, [])
  bed.image.apply({type: 'topicConfigured', topicId: 'id-of-t', config: {'segment.bytes': '5000'}})
  bed.update()
  const [[host, message]] = bed.flush() as [[number, Extract<HostMessage, {type: 'configure'}>]]
  assert.equal([host, message.type, message.config.segmentBytes], [A, 'configure', 5000])
})

test('what is deleted or moved away is released, and its thread has room for another', () => {
  const bed = new Bed()
  bed.create('t', [[2], [2], [1, 2]])
  bed.flush()
  bed.image.apply({
    type: 'partitionChanged',
    topicId: 'id-of-t',
    partition: 2,
    leader: 1,
    isr: [1],
    replicas: [1],
    target: [],
  })
  bed.update()
  assert.equal(bed.flush(), [[A, {type: 'release', row: 2}]])
  bed.image.apply({type: 'topicDeleted', topicId: 'id-of-t'})
  bed.update()
  assert.equal(bed.orders, [`${A} release 0`, `${B} release 1`])
  assert.equal([...bed.hosting.replicas], [])
  assert.equal(bed.forgotten, ['t-2', 't-0', 't-1'])
  bed.create('u', [[2]])
  assert.equal(bed.orders, [`${A} host 3`])
})

test('a directory is made where another one was once that is gone, and no checkpoint speaks of it', () => {
  const bed = new Bed()
  bed.create('t', [[2]])
  bed.flush()
  bed.image.apply({type: 'topicDeleted', topicId: 'id-of-t'})
  bed.update()
  assert.equal([bed.forgotten, bed.orders], [['t-0'], [`${A} release 0`]])
  bed.stale.add('t-0')
  bed.image.apply({type: 'topicCreated', name: 't', topicId: 'the-next', assignments: [[2]], config: {}})
  bed.update()
  bed.hosting.hostHeld(bed.image, 1)
  assert.equal([bed.orders, bed.hosting.isWaiting], [[], true])
  bed.map.row(0).replica(0).publishState(STATE.closed)
  bed.hosting.hostHeld(bed.image, 2)
  assert.equal([bed.orders.length, bed.stale.size, bed.removed], [1, 0, []])
})

test('the directory that a thread was to remove, and died, the broker removes', () => {
  const bed = new Bed()
  bed.create('t', [[2]])
  bed.flush()
  bed.image.apply({type: 'topicDeleted', topicId: 'id-of-t'})
  bed.update()
  bed.hosting.hostEnded(A, 0, false)
  assert.equal([bed.removed, bed.orders], [['t-0 id-of-t'], []])
})

test('a host that has ended is started anew with the same replicas, which go on from what it had shown', () => {
  const bed = new Bed()
  bed.create('t', [[2]])
  bed.flush()
  const line = bed.map.row(0).replica(0)
  line.publishWrittenEnd(20)
  line.publishHighWatermark(15)
  line.publishLogStartOffset(3)
  line.publishFollowedEpoch(1)
  line.publishState(STATE.running)
  bed.hosting.hostEnded(A, 0, false)
  assert.equal(bed.started.at(-1), [A, 2])
  assert.ok(bed.map.coordinator(1).doorbell.takeDirty(1) !== 0, 'coordinators are told')
  assert.equal([line.followedEpoch, line.state], [NO_EPOCH, STATE.starting])
  const [[, order]] = bed.flush() as [[number, Extract<HostMessage, {type: 'host'}>]]
  assert.equal(order.recovery, {
    wasThere: true,
    clean: false,
    recoveryPoint: 5,
    logStartOffset: 3,
    cleanedEnd: 2,
    highWatermark: 15,
  })
})

test('the place of a replica that was moved away is free once its thread says so, or was of an earlier life of its broker', () => {
  const bed = new Bed()
  bed.create('t', [[2, 1]])
  bed.flush()
  const line = bed.map.row(0).replica(0)
  const shown = () => [line.host, line.state]
  line.publishHost(A)
  line.publishState(STATE.running)
  const moved = {
    type: 'partitionChanged',
    topicId: 'id-of-t',
    partition: 0,
    leader: 1,
    isr: [1],
    replicas: [1],
  } as const
  bed.image.apply(moved)
  bed.update()
  bed.update()
  assert.equal(shown(), [A, STATE.running])
  const next = new Bed()
  next.image.apply({type: 'topicCreated', name: 't', topicId: 'id-of-t', assignments: [[2, 1]], config: {}})
  next.image.apply(moved)
  const [own, other] = [0, 1].map(slot => next.map.row(0).replica(slot)) as [ReplicaLine, ReplicaLine]
  for (const [each, host] of [
    [own, A],
    [other, 0],
  ] as const) {
    each.publishHost(host)
    each.publishState(STATE.running)
  }
  next.update()
  assert.equal([own.host, own.state, other.host, other.state], [-1, STATE.closed, 0, STATE.running])
})

test('what the thread that ended was still to be told goes to the next one once', () => {
  const bed = new Bed()
  bed.create('t', [[2]])
  bed.hosting.hostEnded(A, 0, false)
  assert.equal(bed.orders, [`${A} host 0`])
})

test('after a crash it waits for a while that grows; after an end that was asked for it does not', () => {
  const bed = new Bed()
  bed.create('t', [[2]])
  const waits: number[] = []
  let nowMs = 0
  for (let i = 0; i < 12; i++) {
    const before = bed.started.length
    bed.hosting.hostEnded(A, nowMs, true)
    assert.ok(bed.hosting.isWaiting)
    const since = nowMs
    while (bed.started.length === before) bed.hosting.restart(++nowMs)
    waits.push(nowMs - since)
  }
  assert.equal(waits.slice(0, 4), [10, 20, 40, 80])
  assert.is(waits.at(-1), 10_000)
  // it ran for long
  nowMs += 10_001
  bed.hosting.hostEnded(A, nowMs, true)
  bed.hosting.restart(nowMs + 10)
  assert.is(bed.started.at(-1)![1], 14, 'the count begins anew')
  const before = bed.started.length
  bed.hosting.hostEnded(A, nowMs, false)
  assert.is(bed.started.length, before + 1)
  nowMs += 60_000
  bed.hosting.hostEnded(A, nowMs, true)
  bed.hosting.restart(nowMs + 10)
  assert.is(bed.started.length, before + 2, 'the count begins anew where a thread has run for long')
})

test('a replica that its host died of twice stays out, its neighbours do not', () => {
  const bed = new Bed()
  bed.create('t', [[2], [2], [2]])
  bed.flush()
  for (let i = 0; i < 2; i++) {
    bed.map.host(A).publishWorkingOn(2)
    bed.hosting.hostEnded(A, i * 1000, true)
    bed.hosting.restart(i * 1000 + 500)
    assert.equal(bed.orders, i === 0 ? [`${A} host 0`, `${A} host 2`] : [`${A} host 0`])
  }
  assert.is(bed.map.row(2).replica(0).state, STATE.failed)
  // whatever the next one dies of
  bed.map.host(A).publishWorkingOn(0)
  bed.hosting.hostEnded(A, 3000, true)
  bed.hosting.restart(3500)
  assert.equal([bed.map.row(2).replica(0).state, bed.orders], [STATE.failed, [`${A} host 0`]])
  // one that was at work on nothing, or was ended from outside, says nothing of its replicas
  bed.hosting.hostEnded(A, 5000, true)
  bed.hosting.restart(9000)
  bed.map.host(A).publishWorkingOn(0)
  for (let i = 0; i < 3; i++) bed.hosting.hostEnded(A, 9000, false)
  assert.ok(bed.orders.includes(`${A} host 0`))
})

test('a replica that stays out is tried again after a while, and after a longer one where its host dies of it again', () => {
  const bed = new Bed()
  bed.create('t', [[2]])
  bed.flush()
  let nowMs = 0
  const die = (): void => {
    bed.map.host(A).publishWorkingOn(0)
    bed.hosting.hostEnded(A, nowMs, true)
    nowMs += 10_000
    bed.hosting.restart(nowMs)
  }
  const isOut = (): boolean => bed.map.row(0).replica(0).state === STATE.failed
  die()
  assert.not(isOut())
  for (const outMs of [60_000, 120_000, 240_000]) {
    const sinceMs = nowMs
    die()
    nowMs = sinceMs + outMs - 1
    bed.hosting.restart(nowMs)
    assert.equal([isOut(), bed.orders], [true, []])
    nowMs++
    bed.hosting.restart(nowMs)
    assert.equal([isOut(), bed.orders], [false, [`${A} host 0`]])
  }
})

test('faults of the disk are told to every host, also to those that are started later or anew', () => {
  const bed = new Bed()
  bed.create('t', [[2]])
  bed.flush()
  const order = {faults: [{call: 'write', error: 'ENOSPC'}], seed: 1} as never
  bed.hosting.setDiskFaults(order)
  assert.equal(bed.orders, [`${A} disk`])
  bed.create('u', [[2]])
  assert.equal(bed.orders, [`${B} disk`, `${B} host 1`])
  bed.hosting.hostEnded(A, 0, false)
  assert.equal(bed.orders, [`${A} disk`, `${A} host 0`])
})

test('closing is over when every host has closed or ended, and clean when none has ended', () => {
  const bed = new Bed()
  bed.create('t', [[2], [2]])
  bed.flush()
  bed.hosting.close()
  assert.equal(bed.orders, [`${A} close`, `${B} close`])
  bed.create('late', [[2]])
  assert.equal([bed.orders, bed.started.length], [[], 2])
  assert.not(bed.hosting.isClosed)
  bed.map.host(A).publishState(THREAD.closed)
  assert.not(bed.hosting.isClosed)
  bed.map.host(B).publishEnded(1)
  assert.equal([bed.hosting.isClosed, bed.hosting.closedCleanly], [true, false])
  bed.map.host(B).publishState(THREAD.closed)
  assert.ok(bed.hosting.closedCleanly)
})

test.run()
