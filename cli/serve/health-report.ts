import type {ClusterMetrics} from '../../index.ts'
import type {PartitionPlace} from './snapshot.ts'

export interface HealthReport {
  /** Degraded: all of it can be written and read, but with fewer copies or threads than there should be. */
  readonly status: 'healthy' | 'degraded' | 'failed'
  readonly problems: readonly string[]
}

export function healthOf(
  metrics: Pick<ClusterMetrics, 'brokers' | 'coordinator'>,
  partitions: readonly PartitionPlace[],
): HealthReport {
  const failures: string[] = []
  const losses: string[] = []
  if (metrics.coordinator === 0) losses.push('no coordinator writes')
  for (const [i, {state}] of metrics.brokers.entries()) if (state !== 'running') losses.push(`broker ${i + 1} is down`)
  for (const {topic, partition, leader, replicas, isr} of partitions) {
    const behind = replicas.filter(id => !isr.includes(id))
    if (leader < 0) failures.push(`${topic}-${partition} has no leader`)
    else if (behind.length > 0) losses.push(`${topic}-${partition} is not in sync on broker ${behind.join(', ')}`)
  }
  const status = failures.length > 0 ? 'failed' : losses.length > 0 ? 'degraded' : 'healthy'
  return {status, problems: [...failures, ...losses]}
}
