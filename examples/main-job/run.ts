import {type Cluster, type ClusterOptions, openCluster} from 'odradek'
import type {Board} from './board.ts'
import {type Check, checkEqual, checkSame} from './checks.ts'
import {monotonicMs} from './clock.ts'
import {type Failures, fail} from './failures.ts'
import {bytesIn, hashesOfReplicas} from './files.ts'
import {readFlights} from './flights.ts'
import type {Options} from './options.ts'
import {BROKERS, COORDINATORS, PARTITIONS, type Plan, planOf, REPLICAS, TOPIC} from './plan.ts'
import {readAll} from './read-all.ts'
import type {Facts} from './report.ts'
import type {Show} from './show.ts'
import {type Streamed, stream} from './stream.ts'

/** The whole job, from the data set to what is known of the cluster at the end. */
export async function run(
  dir: string,
  options: Options,
  show: Show,
  board: Board,
): Promise<{facts: Facts; checks: readonly Check[]}> {
  const plan = planOf(options.records, options.perSecond)
  show.step('reading the data set')
  const flights = [...readFlights()].slice(0, options.records)
  const clusterOptions: ClusterOptions = {
    dir,
    brokers: BROKERS,
    coordinators: COORDINATORS,
    durability: options.durability,
    // a thread for each replica would be 18; on a laptop a broker does with two
    replicaThreads: 2,
  }

  const written = await write(clusterOptions, plan, show, board)
  show.step('comparing the replicas')
  const hashes = hashesOfReplicas(dir)

  show.step('opening the cluster again')
  const startMs = monotonicMs()
  await using cluster = await openCluster(clusterOptions)
  const reopenMs = monotonicMs() - startMs
  show.watch(cluster)
  const {streamed, failures} = written
  const {offsetLookUps, timeLookUps, checks} = await readAll(cluster, {flights, streamed}, step => show.step(step))
  show.step('done')

  return {
    facts: {
      ...written,
      plan,
      durability: options.durability,
      contentBytes: flights.reduce((bytes, {key, value}) => bytes + key.length + value.length, 0),
      diskBytes: bytesIn(dir),
      reopenMs,
      offsetLookUpsMs: offsetLookUps.tookMs,
      timeLookUpsMs: timeLookUps.tookMs,
    },
    checks: [
      checkEqual(`broker ${failures.broker} came back into sync everywhere`, failures.healedMs !== undefined, true),
      checkSame(`the ${REPLICAS} replicas of each partition are the same, byte by byte`, hashes, REPLICAS),
      ...checks,
    ],
  }
}

async function write(
  options: ClusterOptions,
  plan: Plan,
  show: Show,
  board: Board,
): Promise<{openMs: number; streamed: Streamed; failures: Failures}> {
  show.step(`opening ${BROKERS} brokers and ${COORDINATORS} coordinators`)
  const startMs = monotonicMs()
  await using cluster = await openCluster(options)
  const openMs = monotonicMs() - startMs
  show.watch(cluster)
  await createTopic(cluster)
  const [streamed, failures] = await Promise.all([
    stream(cluster, plan, board, step => show.step(step, true)),
    fail(cluster, plan, board, text => show.note(text)),
  ])
  show.step('closing')
  return {openMs, streamed, failures}
}

async function createTopic(cluster: Cluster): Promise<void> {
  await cluster.admin.createTopics([
    {
      name: TOPIC,
      numPartitions: PARTITIONS,
      replicationFactor: REPLICAS,
      configs: {
        // one replica may be missing
        'min.insync.replicas': REPLICAS - 1,
        // the flights are of 2001, and by default a topic lets go of what is older than a week
        'retention.ms': -1,
        // small enough that look-ups have several segments to choose from
        'segment.bytes': 1024 * 1024,
      },
    },
  ])
  // a thread's metrics tell of the topics that it has looked at
  await cluster.partition(TOPIC)
}
