import {Kafka} from '../../doors/kafkajs.ts'
import type {Cluster} from '../../index.ts'
import {healthOf} from './health-report.ts'
import {metricsText} from './metrics-text.ts'
import {Observing} from './observing.ts'
import {takePlaces, takeSnapshot} from './snapshot.ts'
import type {Served} from './telling.ts'

/** Answers `/metrics` and `/healthz` of a cluster. */
export async function observe(
  cluster: Cluster,
  at: {readonly host: string; readonly port: number},
  {version, brokers}: Pick<Served, 'version' | 'brokers'>,
): Promise<Observing> {
  const admin = new Kafka({brokers: cluster, logLevel: 0}).admin()
  await admin.connect()
  const addresses = brokers.map(({broker, host, port}) => ({broker, address: `${host}:${port}`}))
  return Observing.start(at, {
    '/metrics': async () => ({
      status: 200,
      type: 'text/plain; version=0.0.4; charset=utf-8',
      body: metricsText(await takeSnapshot(cluster, admin, addresses), processUse(version)),
    }),
    '/healthz': async () => {
      const health = healthOf(cluster.metrics(), await takePlaces(cluster))
      return {
        status: health.status === 'failed' ? 503 : 200,
        type: 'application/json',
        body: `${JSON.stringify(health)}\n`,
      }
    },
  })
}

function processUse(version: string): Parameters<typeof metricsText>[1] {
  const {user, system} = process.cpuUsage()
  return {
    version,
    cpuSeconds: (user + system) / 1e6,
    residentBytes: process.memoryUsage.rss(),
    startSeconds: Math.round(Date.now() / 1000 - process.uptime()),
  }
}
