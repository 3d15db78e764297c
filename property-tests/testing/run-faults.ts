import {setTimeout as sleep} from 'node:timers/promises'
import type {Cluster} from '../../client/cluster.ts'
import type {FaultPlan, FaultStep} from './fault-plan.ts'

/** What the runner needs of a cluster. */
export type FaultyCluster = Pick<Cluster, 'broker' | 'coordinator' | 'faults'>

/**
 * Lets the faults of a plan happen to a cluster, one after the other, and puts each right again; resolves when all are over, or
 * early where `signal` aborts. `before` hears of each.
 */
export async function runFaults(
  cluster: FaultyCluster,
  plan: FaultPlan,
  options: {signal?: AbortSignal; before?: (step: FaultStep) => void} = {},
): Promise<void> {
  const {signal, before} = options
  for (const step of plan) {
    if (signal?.aborted) return
    before?.(step)
    const mend = begin(cluster, step)
    // an abort shortens the fault, and leaves nothing broken
    await sleep(step.ms, undefined, {signal}).catch(() => {})
    mend()
    await sleep(step.pauseMs, undefined, {signal}).catch(() => {})
  }
}

function begin(cluster: FaultyCluster, step: FaultStep): () => void {
  switch (step.type) {
    case 'kill':
      cluster.broker(step.broker).kill()
      return () => cluster.broker(step.broker).restart()
    case 'kill coordinator':
      cluster.coordinator(step.coordinator).kill()
      return () => cluster.coordinator(step.coordinator).restart()
    case 'stall':
      cluster.broker(step.broker).stall(step.ms)
      return () => {}
    case 'disk': {
      const {call, error, probability} = step
      cluster.faults.disk(step.broker, {call, error, probability})
      return () => cluster.faults.clear(step.broker)
    }
    default:
      cluster.faults.disk(step.broker, {latencyMs: step.latencyMs})
      return () => cluster.faults.clear(step.broker)
  }
}
