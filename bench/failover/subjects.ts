import {setTimeout as sleep} from 'node:timers/promises'
import {ClusterMap} from '../../engine/cluster/cluster-map.ts'
import {type Cluster, openCluster, type Partition} from '../../index.ts'
import {ThreadMailbox} from '../../workers/cluster-mail.ts'
import type {Context} from '../harness/case.ts'
import {WrongResult} from '../harness/check.ts'
import {OURS, type Subject} from '../harness/measure.ts'
import {median} from '../harness/statistics.ts'
import {SteadySender} from './steady-sender.ts'

const TOPIC = 'orders'
/** All replicas are in sync again by then, or something is wrong. */
const HEALED_MS_MAX = 20_000

interface Scene {
  readonly cluster: Cluster
  readonly partition: Partition
  readonly sessionTimeoutMs: number
}

/** Something that happens to the leader. */
interface Fault {
  readonly what: string
  readonly stalls: boolean
  strike(scene: Scene, leader: number): void
  /** What the broker does not do by itself. */
  mend(scene: Scene, leader: number): void
}

export const FAULTS: readonly Fault[] = [
  {what: 'the thread dies', stalls: false, strike: ({cluster}) => breakLeader(cluster), mend: () => {}},
  {
    what: 'the broker is killed',
    stalls: false,
    strike: ({cluster}, leader) => cluster.broker(leader).kill(),
    mend: ({cluster}, leader) => cluster.broker(leader).restart(),
  },
  {
    what: 'the broker stalls',
    stalls: true,
    strike: ({cluster, sessionTimeoutMs}, leader) => cluster.broker(leader).stall(1.3 * sessionTimeoutMs),
    mend: () => {},
  },
]

export function failOver(
  fault: Fault,
  {sessionTimeoutMs, context}: {sessionTimeoutMs: number; context: Context},
): Subject {
  const {pick} = context.scale
  const faults = fault.stalls ? pick({full: 4, quick: 1, tiny: 1}) : pick({full: 20, quick: 8, tiny: 1})
  return {
    name: OURS,
    round: () =>
      context.scratch.use(async dir => {
        const cluster = await openCluster({dir, brokers: 3, coordinators: 3, sessionTimeoutMs, durability: 'written'})
        try {
          const partition = await cluster.partition(TOPIC)
          const scene: Scene = {cluster, partition, sessionTimeoutMs}
          const sender = new SteadySender(partition)
          const pausesMs: number[] = []
          for (let i = 0; i < faults; i++) {
            await healed(cluster)
            const leader = partition.leader!
            const {leaderEpoch} = partition
            fault.strike(scene, leader)
            pausesMs.push(await sender.ackedAfter(leaderEpoch))
            fault.mend(scene, leader)
          }
          await sender.stop()
          return [
            {what: `${fault.what}, p50`, unit: 'ms', value: median(pausesMs)},
            {what: `${fault.what}, p99`, unit: 'ms', value: Math.max(...pausesMs)},
          ]
        } finally {
          await cluster.close()
        }
      }),
  }
}

/** Resolves when every replica is in sync, and has been for a moment. */
async function healed(cluster: Cluster): Promise<void> {
  const deadlineMs = performance.now() + HEALED_MS_MAX
  for (let calm = 0; calm < 3; ) {
    const {isr, leader} = cluster.metrics().partitions[0]!
    calm = isr.length === 3 && leader !== undefined ? calm + 1 : 0
    if (performance.now() > deadlineMs) throw new WrongResult(`in sync are ${isr} after ${HEALED_MS_MAX} ms`)
    await sleep(10)
  }
}

/** Ends the leader's thread, and no other, by a letter that no thread can read. */
function breakLeader({handle}: Cluster): void {
  const map = new ClusterMap(handle.map)
  const row = map.row(0)
  const mailbox = new ThreadMailbox(handle.name, map, 'bench')
  mailbox.send(`host-${row.replica(row.leadership.leader).host}`, {
    type: 'attach',
    thread: 0,
    name: 'none',
    inbox: null,
    from: 0,
  })
  mailbox.close()
}
