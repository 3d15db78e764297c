import {setTimeout} from 'node:timers/promises'
import type {Kafka} from '../../doors/kafkajs.ts'
import {OdradekError} from '../../engine/errors.ts'
import type {Cluster} from '../../index.ts'
import {Failure, UsageError} from '../failure.ts'
import {pathText} from '../text.ts'
import {clusterIn} from './cluster-dir.ts'
import {addressesOf, reach} from './reach.ts'
import {servedAt} from './serving-note.ts'

export interface TargetOptions {
  readonly dir?: string
  readonly bootstrapServer?: string
}

/** Where a command works: a cluster that it opens for itself, or brokers it asks. It cannot tell which. */
export interface Target {
  readonly kafka: Kafka
  readonly close: () => Promise<void>
}

/** Nothing is deleted or compacted because somebody looked: only who owns the cluster knows its configs. */
const NEVER_MS = 2 ** 31 - 1
const LEADERS_MS_MAX = 10_000
const LOOK_MS = 5

/** `makes` says that a dir with nothing in it becomes a cluster. */
export async function openTarget(options: TargetOptions, {makes}: {makes: boolean}): Promise<Target> {
  const {dir, bootstrapServer} = options
  if (dir !== undefined && bootstrapServer !== undefined)
    throw new UsageError('--dir and -b exclude each other: choose one')
  if (dir !== undefined) return openDir(dir, makes)
  const brokers = bootstrapServer ?? process.env['KAFKA_BROKERS']
  if (brokers === undefined)
    throw new UsageError('which cluster? --dir DIR opens one here, -b HOST:PORT asks brokers (or set KAFKA_BROKERS)')
  return openBrokers(addressesOf(brokers))
}

async function openDir(dir: string, makes: boolean): Promise<Target> {
  const shape = clusterIn(dir)
  if (shape === undefined && !makes)
    throw new OdradekError(
      'NOT_A_DIRECTORY',
      `there is no cluster in ${pathText(dir)}; odradek produce, topic create and serve make one`,
    )
  const [{openCluster}, {Kafka}] = await Promise.all([import('../../index.ts'), import('../../doors/kafkajs.ts')])
  try {
    const cluster = await openCluster({...(shape ?? {dir}), retentionCheckMs: NEVER_MS, cleanerBackoffMs: NEVER_MS})
    await led(cluster)
    return {kafka: new Kafka({brokers: cluster, logLevel: 0}), close: () => cluster.close()}
  } catch (error) {
    if (!(error instanceof OdradekError && error.code === 'LOG_IN_USE')) throw error
    const address = servedAt(dir)
    const hint =
      address === undefined ? 'If that one serves it, -b HOST:PORT reaches it' : `It serves it: -b ${address}`
    throw new Failure(`${error.message}. ${hint}`)
  }
}

/** A cluster that has just been opened elects its leaders: whoever looks at it waits for that, but not for one that cannot be had. */
async function led(cluster: Cluster): Promise<void> {
  const deadlineMs = performance.now() + LEADERS_MS_MAX
  while (performance.now() < deadlineMs) {
    const names = (await cluster.admin.listTopics()).map(({name}) => name)
    const topics = await cluster.admin.describeTopics(names)
    if (topics.every(({partitions}) => partitions.every(({leader}) => leader >= 0))) return
    await setTimeout(LOOK_MS)
  }
}

async function openBrokers(addresses: string[]): Promise<Target> {
  await reach(addresses)
  const {Kafka} = await import('../../doors/kafkajs.ts')
  return {kafka: new Kafka({brokers: addresses, clientId: 'odradek', logLevel: 0}), close: async () => {}}
}
