/**
 * T04 at KafkaJS' door: producers and members of a group in threads of their own, while brokers, coordinators and hosts die and stall and disks
 * refuse. Two checkers look at what all of them saw, and each has to find what is then planted into it.
 *
 *   RUNS=100 SEED=7   how many plans of faults, and the first seed
 */
import {once} from 'node:events'
import {setTimeout as sleep} from 'node:timers/promises'
import {Worker} from 'node:worker_threads'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {Kafka} from '../../doors/kafkajs.ts'
import {ClusterMap} from '../../engine/cluster/cluster-map.ts'
import {type Cluster, openCluster} from '../../index.ts'
import {ThreadMailbox} from '../../workers/cluster-mail.ts'
import {bothCheckers} from '../history/both-checkers.ts'
import {PLANTS} from '../history/planted.ts'
import {checkHistory, faultPlan, type Operation, runFaults} from '../index.ts'
import {runs} from '../runs.ts'
import {Chance, replayCommand} from './chance.ts'
import {healed} from './cluster-load.ts'
import {endHost} from './end-host.ts'
import {type ClientTask, STAGE} from './kafkajs-task.ts'

const {numRuns, seed: first = 1} = runs(3)
const TOPIC = 'orders'
const PARTITIONS = 3
const PRODUCERS = 2
const HOST_DEATHS = 2
const MEMBERS = ['eachMessage', 'eachBatch', 'messages'] as const
const GROUP = 'billing'
/** How long after the last fault all must have been read. */
const SEEN_MS = 10_000

for (let seed = first; seed < first + numRuns; seed++)
  test(`faults of seed ${seed}: what was acknowledged is handled by the group, once stored, in order`, async () => {
    const cluster = await openCluster({
      brokers: 3,
      coordinators: 3,
      replicaThreads: 2,
      sessionTimeoutMs: 300,
      topicConfigs: {'min.insync.replicas': '2'},
    })
    try {
      const history = await live(cluster, seed)
      const found = bothCheckers(history)
      assert.equal(found, [])
      const {acked, sent, polled, ok} = checkHistory(history)
      assert.ok(ok && acked > 0)
      const chance = new Chance(seed)
      for (const [name, {breaks, into}] of Object.entries(PLANTS)) {
        const broken = into(history, count => chance.below(count))
        assert.ok(broken !== undefined, `there is no place for this: ${name}`)
        const noticed = bothCheckers(broken).map(({promise}) => promise)
        assert.ok(noticed.includes(breaks), `${name}: ${noticed}`)
      }
      console.log(`\nseed ${seed}: ${acked} of ${sent} records acknowledged, ${polled} handled; 0 anomalies`)
    } catch (error) {
      ;(error as Error).message += `. Again: ${replayCommand('kafkajs-history', {SEED: seed, RUNS: 1})}`
      throw error
    } finally {
      await cluster.close()
    }
  })

/** Clients at work while the plan happens, until all is handled that was acknowledged. */
async function live(cluster: Cluster, seed: number): Promise<Operation[]> {
  await cluster.admin.createTopics([{name: TOPIC, numPartitions: PARTITIONS}])
  const stage = new SharedArrayBuffer(4)
  const words = new Int32Array(stage)
  const start = (does: ClientTask['does'], name: string): Promise<Operation[]> => {
    const {handle} = cluster
    const task: ClientTask = {handle, does, name, topic: TOPIC, partitions: PARTITIONS, groupId: GROUP, stage}
    const worker = new Worker(new URL('./kafkajs-worker.js', import.meta.url), {workerData: task})
    return once(worker, 'message').then(([operations]) => operations)
  }
  const producers = Array.from({length: PRODUCERS}, (_, i) => start('produce', `producer-${i}`))
  const members = MEMBERS.map(does => start(does, does))
  const clients = Promise.all([...producers, ...members])
  const failed = clients.then(
    () => new Promise<never>(() => {}),
    error => Promise.reject(error),
  )
  await Promise.race([failed, faults(cluster, seed)])
  await Promise.race([failed, healed(cluster, 3)])
  Atomics.store(words, 0, STAGE.reading)
  const sent = await Promise.race([failed, Promise.all(producers)])
  await Promise.race([failed, allHandled(cluster)])
  Atomics.store(words, 0, STAGE.over)
  return [...sent.flat(), ...(await Promise.all(members)).flat()]
}

async function faults(cluster: Cluster, seed: number): Promise<void> {
  const chance = new Chance(seed)
  const map = new ClusterMap(cluster.handle.map)
  const mailbox = new ThreadMailbox(cluster.handle.name, map, 'client-death')
  await runFaults(cluster, faultPlan({seed, brokers: 3, coordinators: 3, steps: 6}))
  for (let i = 0; i < HOST_DEATHS; i++) {
    await endHost(mailbox, map, {host: chance.below(map.hosts), crashes: chance.oneIn(2)})
    await sleep(chance.below(200))
  }
  // who coordinates the group dies, too
  const {coordinators} = await cluster.groups.request('FindCoordinator', {coordinatorKeys: [GROUP]})
  cluster.broker(coordinators[0]!.nodeId).kill()
  await sleep(chance.below(500))
  cluster.broker(coordinators[0]!.nodeId).restart()
  mailbox.close()
}

async function allHandled(cluster: Cluster): Promise<void> {
  const admin = new Kafka({brokers: cluster, logLevel: 0}).admin()
  await admin.connect()
  const endMs = performance.now() + SEEN_MS
  for (;;) {
    const lags = await admin.fetchLag({groupId: GROUP, topics: [TOPIC]})
    if (lags.every(({lag}) => lag === '0')) break
    assert.ok(performance.now() < endMs, `not handled ${SEEN_MS} ms after all was healed: ${JSON.stringify(lags)}`)
    await sleep(20)
  }
  await admin.disconnect()
}

test.run()
