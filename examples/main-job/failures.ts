import {setTimeout} from 'node:timers/promises'
import type {Cluster, ClusterMetrics} from 'odradek'
import type {Board} from './board.ts'
import {monotonicMs} from './clock.ts'
import {momentsOf, type Plan, REPLICAS} from './plan.ts'

/** What was done to the cluster while records streamed, and when. */
export interface Failures {
  readonly broker: number
  /** Partitions it led when it was killed. */
  readonly led: readonly number[]
  readonly brokerKilledMs: number
  readonly coordinator: number
  readonly coordinatorKilledMs: number
  readonly restartedMs: number
  /** When every partition had all of its replicas in sync again; undefined where that did not come. */
  readonly healedMs: number | undefined
}

const LOOK_MS = 5
/** More than any run takes to come so far, and than any cluster takes to mend. */
const PATIENCE_MS = 60_000

/** Kills the broker that has most to do, then the coordinator that writes; starts both again, and waits until all is as it was. */
export async function fail(
  cluster: Cluster,
  plan: Plan,
  board: Board,
  onStep: (step: string) => void,
): Promise<Failures> {
  const moments = momentsOf(plan)

  await until(() => board.acked >= moments.killBroker)
  const {broker, led} = busiestLeader(cluster.metrics().partitions)
  onStep(`broker ${broker} is killed; it led partitions ${led.join(' and ')}`)
  const brokerKilledMs = monotonicMs()
  cluster.broker(broker).kill()
  await until(() => cluster.metrics().partitions.every(({isr}) => !isr.includes(broker)))

  await until(() => board.acked >= moments.killCoordinator)
  const {coordinator, epoch} = cluster.metrics()
  onStep(`coordinator ${coordinator} is killed; it was the one that writes`)
  const coordinatorKilledMs = monotonicMs()
  cluster.coordinator(coordinator).kill()
  await until(() => cluster.metrics().epoch > epoch)

  await until(() => board.acked >= moments.restart)
  onStep(`broker ${broker} and coordinator ${coordinator} are started again`)
  const restartedMs = monotonicMs()
  cluster.coordinator(coordinator).restart()
  cluster.broker(broker).restart()
  const isWhole = await until(() => isWholeAgain(cluster.metrics()))
  const healedMs = isWhole ? monotonicMs() : undefined
  onStep(isWhole ? `broker ${broker} is in sync everywhere` : `broker ${broker} does not come back into sync`)
  return {broker, led, brokerKilledMs, coordinator, coordinatorKilledMs, restartedMs, healedMs}
}

/** The broker whose partitions have taken the most records, and these partitions. */
export function busiestLeader(
  partitions: readonly Pick<ClusterMetrics['partitions'][number], 'partition' | 'leader' | 'logEndOffset'>[],
): {broker: number; led: number[]} {
  const taken = new Map<number, number>()
  for (const {leader, logEndOffset} of partitions)
    if (leader > 0) taken.set(leader, (taken.get(leader) ?? 0) + logEndOffset)
  const [broker] = [...taken].reduce((busiest, each) => (each[1] > busiest[1] ? each : busiest), [0, -1])
  return {broker, led: partitions.filter(({leader}) => leader === broker).map(({partition}) => partition)}
}

function isWholeAgain({partitions, brokers, coordinators}: ClusterMetrics): boolean {
  const threads = [...brokers, ...coordinators]
  return partitions.every(({isr}) => isr.length === REPLICAS) && threads.every(({state}) => state === 'running')
}

/** False where it does not come, however long one waits. */
async function until(isSo: () => boolean): Promise<boolean> {
  const deadlineMs = monotonicMs() + PATIENCE_MS
  while (!isSo()) {
    if (monotonicMs() > deadlineMs) return false
    await setTimeout(LOOK_MS)
  }
  return true
}
