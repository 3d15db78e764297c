/** `odradek/kafkajs`: what KafkaJS exports, over a cluster in this process. */
import {createRequire} from 'node:module'
import path from 'node:path'
import {isDeepStrictEqual} from 'node:util'
import type {Cluster} from '../client/cluster.ts'
import {type ClusterOptions, resolveClusterOptions} from '../client/cluster-options.ts'
import type {ClusterSource} from '../client/kafkajs/connection.ts'
import {KafkaJSNonRetriableError} from '../client/kafkajs/errors.ts'
import {KafkaClient, type KafkaConfig, type TheirKafka} from '../client/kafkajs/kafka.ts'
import {openCluster} from './open-cluster.ts'

export {type CompressionCodec, CompressionCodecs} from '../client/kafkajs/compression.ts'
export * from '../client/kafkajs/enums.ts'
export * from '../client/kafkajs/errors.ts'
export type {InstrumentationEvent, RemoveInstrumentationEventListener} from '../client/kafkajs/events.ts'
export type {BrokersFunction, KafkaConfig} from '../client/kafkajs/kafka.ts'
export type {LogEntry, Logger, LoggerEntryContent, logCreator} from '../client/kafkajs/logger.ts'
export {AssignerProtocol, PartitionAssigners} from '../client/kafkajs/partition-assigners.ts'
export type {PartitionLag} from '../client/kafkajs/partition-lag.ts'
export {Partitioners} from '../client/kafkajs/partitioners.ts'
export type * from '../client/kafkajs/types.ts'

export class Kafka extends KafkaClient {
  constructor(config: KafkaConfig) {
    super(config, {sourceIn, theirs})
  }
}

/** A cluster that is open in this thread for clients of this door. */
interface Shared {
  readonly options: ClusterOptions
  readonly opening: Promise<Cluster>
  users: number
}

const shared = new Map<string, Shared>()
/** Dirs that the last client has just left: whoever comes next waits until they are free. */
const closing = new Map<string, Promise<void>>()

function sourceIn(dir: string, options: ClusterOptions): ClusterSource {
  const home = path.resolve(dir)
  return {
    async open() {
      const known = shared.get(home)
      if (known !== undefined) {
        refuseOthers(home, known.options, options)
        known.users++
        return known.opening
      }
      const opening = (closing.get(home) ?? Promise.resolve()).then(() => openCluster({...options, dir: home}))
      shared.set(home, {options, opening, users: 1})
      // whoever tries again after a failure opens anew
      opening.catch(() => shared.delete(home))
      return opening
    },
    async release() {
      const known = shared.get(home)
      if (known === undefined || --known.users > 0) return
      shared.delete(home)
      const closed = (async () => (await known.opening).close())()
      const over = closed.catch(() => {}).finally(() => closing.delete(home))
      closing.set(home, over)
      await closed
    },
  }
}

/** Throws where whoever asks for these options would have another cluster than the one that is open. */
function refuseOthers(dir: string, options: ClusterOptions, asked: ClusterOptions): void {
  const given = Object.entries(asked).filter(([, value]) => value !== undefined)
  const had = resolveClusterOptions(options)
  const wanted = resolveClusterOptions({...options, ...Object.fromEntries(given)})
  const others = given.flatMap(([option]) => {
    const name = option as Exclude<keyof ClusterOptions, 'dir' | 'dirs'>
    const text = [had, wanted].map(each => JSON.stringify(each[name]))
    return isDeepStrictEqual(had[name], wanted[name]) ? [] : [`${name} ${text[0]}, not ${text[1]}`]
  })
  if (others.length > 0)
    throw new KafkaJSNonRetriableError(`The cluster in ${dir} is open already, with ${others.join('; ')}`)
}

/** The package is found beside this one or from where the program runs; its name is held in a variable, for bundlers would look for it. */
function theirs(): new (config: never) => TheirKafka {
  const name = 'kafkajs'
  for (const from of [import.meta.url, path.join(process.cwd(), 'index.js')]) {
    try {
      return (createRequire(from)(name) as {Kafka: new (config: never) => TheirKafka}).Kafka
    } catch (error) {
      if ((error as {code?: string}).code !== 'MODULE_NOT_FOUND') throw error
    }
  }
  throw new KafkaJSNonRetriableError(
    'brokers are host:port, of Apache Kafka, and for those the package kafkajs is used, which is not installed: npm install kafkajs. For a cluster in this process pass one that openCluster gave, or a file: URL',
  )
}
