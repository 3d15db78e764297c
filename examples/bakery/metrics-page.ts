import type {Cluster} from 'odradek'
import type {Consumer} from 'odradek/kafkajs'

interface Sample {
  readonly topic: string
  readonly value: number
}

/** How the topics and their reader are doing, in the text that Prometheus reads. */
export function metricsPage(cluster: Cluster, consumer: Consumer): string {
  const {partitions, brokers} = cluster.metrics()
  const own = partitions.filter(({topic}) => !topic.startsWith('__'))
  const up = brokers.filter(({state}) => state === 'running').length
  return [
    metric('bakery_records_total', 'counter', 'Records ever stored.', own.map(sampleOf('highWatermark'))),
    metric('bakery_topic_bytes', 'gauge', 'What they take on the disk.', own.map(sampleOf('sizeBytes'))),
    metric(
      'bakery_report_lag',
      'gauge',
      'Records that the report does not know yet.',
      consumer.lag().map(({topic, lag}) => ({topic, value: Number(lag)})),
    ),
    `# HELP bakery_brokers_up Brokers that work.\n# TYPE bakery_brokers_up gauge\nbakery_brokers_up ${up}\n`,
  ].join('')
}

function sampleOf<Field extends string>(field: Field) {
  return ({topic, [field]: value}: {readonly topic: string} & Readonly<Record<Field, number>>): Sample => ({
    topic,
    value,
  })
}

function metric(name: string, type: 'counter' | 'gauge', help: string, samples: readonly Sample[]): string {
  const lines = [...samples]
    .sort((one, other) => (one.topic < other.topic ? -1 : 1))
    .map(({topic, value}) => `${name}{topic="${topic}"} ${value}\n`)
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`
}
