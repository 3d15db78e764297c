/** What a cluster tells those who watch it. */
export interface ClusterEvent {
  readonly type: string
  readonly [name: string]: unknown
}

/** An event in words. */
export function eventText(event: ClusterEvent): string {
  switch (event.type) {
    case 'broker.up':
      return `broker ${event['broker']} is up`
    case 'broker.down':
      return `broker ${event['broker']} is down: its thread ${event['reason']}`
    case 'topic.created':
      return `topic ${event['topic']} is there, ${event['partitions']} partitions`
    case 'leader.changed':
      return event['leader'] === -1
        ? `partition ${event['partition']}: nobody leads`
        : `partition ${event['partition']}: broker ${event['leader']} leads, epoch ${event['leaderEpoch']}`
    case 'isr.changed':
      return `partition ${event['partition']}: in sync are brokers ${(event['isr'] as number[]).toSorted().join(' ')}`
    case 'coordinator.changed':
      return `coordinator ${event['holder']} writes, epoch ${event['epoch']}`
    default:
      return event.type
  }
}
