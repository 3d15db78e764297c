/** Has the leader's host end in one way, over and over, under load: `node crashing-hosts-program.js WAY TIMES DIR`. Prints a line a death, then how it went. */
import {once} from 'node:events'
import {setTimeout} from 'node:timers/promises'
import {openCluster} from '../../index.ts'
import {payload} from '../door/payload.ts'
import {healed, LoadedPartition} from './cluster-load.ts'

const [, , way, times, dir] = process.argv

const cluster = await openCluster({
  brokers: 3,
  sessionTimeoutMs: 1000,
  topicConfigs: {'min.insync.replicas': 2},
  workerEntry: new URL('./crashing-host.js', import.meta.url),
})
await cluster.admin.createTopics([{name: 't', numPartitions: 1}])
const partition = await cluster.partition('t')
const load = new LoadedPartition(partition, 'load', {acks: -1})
let changes = 0
cluster.on('leader.changed', () => changes++)
for (let death = 1; death <= Number(times); death++) {
  const before = changes
  const died = partition.leader!
  const poison = {key: `#${way} ${dir}/${way}-${death};`, value: payload('poison', death - 1)}
  const {baseOffset} = await partition.send(poison)
  load.ledger.note(`sent poison ${death - 1} 1 ${baseOffset}`)
  while (changes === before) await setTimeout(5)
  await healed(cluster, 3)
  // a replica that its host died of twice stays out until its broker begins anew
  const [down, up] = ['broker.down', 'broker.up'].map(event => once(cluster, event))
  cluster.broker(died).stop()
  await down
  cluster.broker(died).restart()
  await up
  await healed(cluster, 3)
  console.log(`death ${death}: leader is ${partition.leader}`)
}
await load.check()
console.log(`${load.ledger.acknowledged} acknowledged, 0 lost`)
await cluster.close()
