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

const {count, seed} = tries(8)
const PARTITIONS = 16
const OPTIONS: ClusterOptions = {
  brokers: 3,
  replicaThreads: 2,
  sessionTimeoutMs: 1000,
  replicaLagTimeMaxMs: 1000,
  topicConfigs: {'min.insync.replicas': 2},
}

async function loaded(cluster: Cluster): Promise<LoadedPartition[]> {
  await cluster.admin.createTopics([{name: 't', numPartitions: PARTITIONS}])
  const doors = await Promise.all(Array.from({length: PARTITIONS}, (_, number) => cluster.partition('t', number)))
  return doors.map((door, number) => new LoadedPartition(door, `p${number}`, {acks: -1}))
}

test(`${count} deaths of a thread that hosts many partitions: nothing acknowledged is lost, its neighbours go on`, async () => {
  const chance = new Chance(seed)
  const cluster = await openCluster(OPTIONS)
  const map = new ClusterMap(cluster.handle.map)
  const mailbox = new ThreadMailbox(cluster.handle.name, map, 'client-death')
  const loads = await loaded(cluster)
  try {
    for (let i = 0; i < count; i++) {
      await setTimeout(50 + chance.below(200))
      for (const load of loads) load.read()
      const host = chance.below(map.hosts)
      const {incarnation} = map.host(host)
      // a letter that makes no sense is a bug of ours, which ends the thread; one that nobody should send ends it as if it were done
      const letter = chance.oneIn(2) ? {type: 'attach', thread: 61, name: `${i}`, inbox: null} : {type: 'close'}
      mailbox.send(`host-${host}`, letter)
      const endMs = performance.now() + 10_000
      while (map.host(host).incarnation === incarnation) {
        assert.ok(performance.now() < endMs, `host ${host} is not started anew`)
        await setTimeout(2)
      }
      if (chance.oneIn(2)) await healed(cluster, 3)
    }
    await healed(cluster, 3)
    for (const load of loads) await load.check()
  } catch (error) {
    ;(error as Error).message += `. Again: ${replayCommand('host-deaths', {SEED: seed, RUNS: count})}`
    throw error
  }
  console.log(`\n${count} threads, seed ${seed}: ${total(loads)} acknowledged, 0 lost`)
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
