/**
 * Threads of a cluster end or stop at random while senders and readers are at it: brokers with all their hosts, coordinators, leaders that
 * only stall. Nothing acknowledged is lost, order holds, and when the faults end everything is in sync again.
 *
 *   RUNS=2000 SEED=7              faults, and where chance starts
 */
import {setTimeout} from 'node:timers/promises'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {openCluster} from '../../index.ts'
import {Chance, replayCommand, tries} from './chance.ts'
import {healed, LoadedPartition, total} from './cluster-load.ts'

const {count, seed} = tries(25)
const SESSION_MS = 400

test(`${count} deaths and stalls of threads under load: nothing acknowledged is lost`, async () => {
  const chance = new Chance(seed)
  const cluster = await openCluster({
    brokers: 3,
    coordinators: 3,
    sessionTimeoutMs: SESSION_MS,
    topicConfigs: {'min.insync.replicas': 2},
  })
  await cluster.admin.createTopics([{name: 't', numPartitions: 3}])
  const loads = [
    new LoadedPartition(await cluster.partition('t', 0), 'all', {acks: -1}),
    new LoadedPartition(await cluster.partition('t', 1), 'one', {acks: 1}),
    new LoadedPartition(await cluster.partition('t', 2), 'synced', {acks: -1, durability: 'synced'}),
  ]
  const did = new Map<string, number>()
  try {
    for (let i = 0; i < count; i++) {
      await setTimeout(chance.below(150))
      for (const load of loads) load.read()
      const broker = chance.oneIn(3) ? 1 + chance.below(3) : (chance.pick(loads).partition.leader ?? 1)
      const fault = chance.pick(['kill', 'kill', 'stall', 'stop', 'coordinator', 'coordinator stays'])
      did.set(fault, (did.get(fault) ?? 0) + 1)
      if (fault === 'kill') {
        cluster.broker(broker).kill()
        await setTimeout(chance.below(500))
        cluster.broker(broker).restart()
      } else if (fault === 'stop') {
        cluster.broker(broker).stop()
        await setTimeout(chance.below(1500))
        cluster.broker(broker).restart()
      } else if (fault === 'stall') cluster.broker(broker).stall(chance.below(4 * SESSION_MS))
      else {
        const {holder} = await cluster.admin.describeCluster()
        const coordinator = chance.oneIn(2) ? holder : 1 + chance.below(3)
        cluster.coordinator(Math.max(1, coordinator)).kill()
        if (fault === 'coordinator stays') await setTimeout(chance.below(800))
        cluster.coordinator(Math.max(1, coordinator)).restart()
      }
      // acks 1 outlives a thread; a second one that dies before the first is back may take it along
      if (chance.oneIn(2) || fault !== 'coordinator') await healed(cluster, 3)
    }
    for (const id of [1, 2, 3]) {
      cluster.broker(id).restart()
      cluster.coordinator(id).restart()
    }
    await healed(cluster, 3)
    for (const load of loads) await load.check()
  } catch (error) {
    ;(error as Error).message +=
      `. Again: ${replayCommand('cluster-deaths', {SEED: seed, RUNS: count})}; ${JSON.stringify([...did])}`
    throw error
  }
  const pauses = loads.map(({longestPauseMs}) => Math.round(longestPauseMs)).join(', ')
  console.log(
    `\n${JSON.stringify(Object.fromEntries(did))}, seed ${seed}: ${total(loads)} acknowledged, 0 lost; longest pauses ${pauses} ms`,
  )
  assert.ok(total(loads) > 0)
  await cluster.close()
})

test.run()
