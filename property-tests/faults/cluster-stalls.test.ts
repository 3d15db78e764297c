/**
 * What stands still and what is in the minority: a leader that stalls beyond its session is deposed and acknowledges nothing as of old; an
 * application that blocks is nobody's failure; coordinators without a majority elect nobody, and go on where they left off.
 *
 *   RUNS=200 SEED=7               stalls, and where chance starts
 *   BLOCKED_MS=30000              how long the application blocks
 */
import {setTimeout} from 'node:timers/promises'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {type Cluster, type ClusterOptions, openCluster, type Partition} from '../../index.ts'
import {Chance, tries} from './chance.ts'
import {healed, LoadedPartition} from './cluster-load.ts'

const {count, seed} = tries(3)
const SESSION_MS = 300
const BLOCKED_MS = Number(process.env['BLOCKED_MS'] ?? 5000)

async function on(
  options: ClusterOptions,
  use: (cluster: Cluster, partition: Partition) => Promise<void>,
): Promise<void> {
  const cluster = await openCluster({
    brokers: 3,
    sessionTimeoutMs: SESSION_MS,
    topicConfigs: {'min.insync.replicas': 2},
    ...options,
  })
  await use(cluster, await cluster.partition('t'))
  await cluster.close()
}

test(`${count} leaders stalled beyond their session: others take over in time, and waking up changes nothing`, async () => {
  const chance = new Chance(seed)
  await on({coordinators: 3}, async (cluster, partition) => {
    const load = new LoadedPartition(partition, 's', {acks: -1})
    for (let i = 0; i < count; i++) {
      await setTimeout(100 + chance.below(300))
      const {leader, leaderEpoch} = partition
      cluster.broker(leader!).stall(SESSION_MS * 5)
      const stalledMs = performance.now()
      while (partition.leader === leader || partition.leader === undefined) await setTimeout(1)
      const tookMs = performance.now() - stalledMs
      assert.ok(tookMs < 3 * SESSION_MS + 200, `it took ${tookMs} ms to depose who stalled`)
      assert.ok(partition.leaderEpoch > leaderEpoch)
      await healed(cluster, 3)
    }
    await load.check()
  })
})

test(`an application that blocks for ${BLOCKED_MS} ms is no failure`, async () => {
  await on({}, async (cluster, partition) => {
    const events: string[] = []
    await partition.send('before')
    cluster.on('event', ({type}) => events.push(type))
    const {leaderEpoch} = partition
    const endMs = performance.now() + BLOCKED_MS
    while (performance.now() < endMs);
    await partition.send('after')
    await setTimeout(50)
    assert.equal([partition.leaderEpoch, events], [leaderEpoch, []])
  })
})

test('a minority of coordinators gone: elections go on; a majority: none, and no second leader; then they go on', async () => {
  await on({coordinators: 3}, async (cluster, partition) => {
    const {holder} = await cluster.admin.describeCluster()
    cluster.coordinator(holder).kill()
    const killed = partition.leader!
    cluster.broker(killed).kill()
    await partition.send('with two of three')
    assert.is.not(partition.leader, killed)
    cluster.broker(killed).restart()
    await healed(cluster, 3)

    const second = (await cluster.admin.describeCluster()).holder
    cluster.coordinator(second).kill()
    await setTimeout(50)
    const {leader, leaderEpoch} = partition
    await partition.send('writes need no coordinator')
    cluster.broker(leader!).kill()
    // until it is dead it may still acknowledge
    while (cluster.metrics().brokers[leader! - 1]!.state !== 'down') await setTimeout(1)
    const waiting = partition.send('until somebody may elect')
    assert.is(await Promise.race([waiting, setTimeout(4 * SESSION_MS, 'nobody')]), 'nobody')
    assert.is(partition.leaderEpoch, leaderEpoch)
    cluster.coordinator(holder).restart()
    await waiting
    assert.ok(partition.leaderEpoch > leaderEpoch)
    cluster.coordinator(second).restart()
    cluster.broker(leader!).restart()
    await healed(cluster, 3)
  })
})

test('too few in sync: a send is refused and stays refused, acks 1 goes through and waits to be visible', async () => {
  await on({deliveryTimeoutMs: 1500}, async (cluster, partition) => {
    await partition.send('before')
    const others = cluster.brokers.filter(id => id !== partition.leader)
    for (const id of others) cluster.broker(id).kill()
    while (cluster.metrics().partitions[0]!.isr.length > 1) await setTimeout(5)
    const refused = partition.send('too few').catch(error => error.code)
    assert.is(await refused, 'NOT_ENOUGH_REPLICAS')
    await partition.send('one is enough', {acks: 1})
    assert.is(partition.highWatermark, 1)
    for (const id of others) cluster.broker(id).restart()
    await healed(cluster, 3)
    await partition.send('after')
    const texts: string[] = []
    partition.reader().poll(record => void texts.push(record.text()))
    assert.equal(texts, ['before', 'one is enough', 'after'])
  })
})

test.run()
