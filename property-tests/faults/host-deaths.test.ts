/**
 * Many partitions share the threads of a broker. One of these threads ends under load, by an error or without a word, again and again; the
 * disk of one broker is full for a while. The others go on, nothing acknowledged is lost, and what was hit comes back by itself.
 *
 *   RUNS=200 SEED=7               deaths, and where chance starts
 */
import {setTimeout} from 'node:timers/promises'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {ClusterMap} from '../../engine/cluster/cluster-map.ts'
import {type Cluster, type ClusterOptions, openCluster} from '../../index.ts'
import {ThreadMailbox} from '../../workers/cluster-mail.ts'
import {Chance, replayCommand, tries} from './chance.ts'
import {healed, LoadedPartition, total} from './cluster-load.ts'
import {endHost} from './end-host.ts'

const {count, seed} = tries(8)
const PARTITIONS = 16
const OPTIONS: ClusterOptions = {
  brokers: 3,
  replicaThreads: 2,
  sessionTimeoutMs: 1000,
  replicaLagTimeMaxMs: 1000,
  topicConfigs: {'min.insync.replicas': 2},
}

type TopicInput = Parameters<Cluster['admin']['createTopics']>[0][number]

async function loaded(cluster: Cluster, topic: Partial<TopicInput> = {}): Promise<LoadedPartition[]> {
  await cluster.admin.createTopics([{name: 't', numPartitions: PARTITIONS, ...topic}])
  const doors = await Promise.all(Array.from({length: PARTITIONS}, (_, number) => cluster.partition('t', number)))
  return doors.map((door, number) => new LoadedPartition(door, `p${number}`, {acks: -1}))
}

for (const [name, replicas, topic] of [
  ['with replicas elsewhere', 3, {}],
  // what was on its way is asked of the same log again, which was read anew from its files: it knows only the newest batches by their offsets
  [
    'with no other replica, in small segments',
    1,
    {replicationFactor: 1, configs: {'segment.bytes': 3000, 'min.insync.replicas': 1}},
  ],
] as const)
  test(`${count} deaths of a thread that hosts many partitions, ${name}: nothing acknowledged is lost`, async () => {
    const chance = new Chance(seed)
    const cluster = await openCluster(OPTIONS)
    const map = new ClusterMap(cluster.handle.map)
    const mailbox = new ThreadMailbox(cluster.handle.name, map, 'client-death')
    const loads = await loaded(cluster, topic)
    try {
      for (let i = 0; i < count; i++) {
        await setTimeout(50 + chance.below(200))
        for (const load of loads) load.read()
        await endHost(mailbox, map, {host: chance.below(map.hosts), crashes: chance.oneIn(2)})
        if (chance.oneIn(2)) await healed(cluster, replicas)
      }
      await healed(cluster, replicas)
      for (const load of loads) await load.check()
    } catch (error) {
      ;(error as Error).message += `. Again: ${replayCommand('host-deaths', {SEED: seed, RUNS: count})}`
      throw error
    }
    console.log(`\n${count} threads, ${name}, seed ${seed}: ${total(loads)} acknowledged, 0 lost`)
    mailbox.close()
    await cluster.close()
  })

test('the disk of one broker is full: what others lead goes on, and with room again it comes back', async () => {
  const cluster = await openCluster(OPTIONS)
  const loads = await loaded(cluster)
  await setTimeout(300)
  const full = 2
  cluster.faults.disk(full, {call: 'write', error: 'ENOSPC'})
  const elsewhere = loads.filter(({partition}) => partition.leader !== full)
  assert.ok(elsewhere.length > 0 && elsewhere.length < loads.length)
  // until it is out of every ISR that it does not lead
  const endMs = performance.now() + 15_000
  const lags = ({leader, isr}: {leader: number; isr: readonly number[]}) => leader !== full && isr.includes(full)
  while (cluster.metrics().partitions.some(lags)) {
    assert.ok(performance.now() < endMs, 'a replica that cannot write leaves the ISR')
    await setTimeout(10)
  }
  const before = elsewhere.map(({ledger}) => ledger.acknowledged)
  await setTimeout(1000)
  for (const [i, {ledger}] of elsewhere.entries())
    assert.ok(ledger.acknowledged > before[i]!, `partition ${i} goes on beside a full disk`)
  for (const load of loads) load.read()
  cluster.faults.clear()
  await healed(cluster, 3)
  const acknowledged = loads.map(({ledger}) => ledger.acknowledged)
  await setTimeout(1000)
  for (const [i, {ledger}] of loads.entries())
    assert.ok(ledger.acknowledged > acknowledged[i]!, `partition ${i} goes on with room again`)
  for (const load of loads) await load.check({refused: ['DISK_FULL']})
  console.log(`\none disk full: ${total(loads)} acknowledged, 0 lost`)
  await cluster.close()
})

test.run()
