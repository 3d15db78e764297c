import {partitionOfKey, StickyPartition} from '../partitioner.ts'
import {legacyMurmur2} from './legacy-murmur2.ts'
import type {ICustomPartitioner, Message, PartitionMetadata} from './types.ts'

/** A partition the message names, or that its key says; else the one that `unkeyed` draws. */
function partitioner(
  ofKey: (key: Buffer | string, partitions: number) => number,
  unkeyed: () => (message: Message, partitions: number, available: readonly number[]) => number,
): ICustomPartitioner {
  return () => {
    const topics = new Map<string, ReturnType<typeof unkeyed>>()
    return ({topic, partitionMetadata, message}) => {
      const {partition, key} = message
      if (partition !== undefined && partition !== null) return partition
      if (key !== undefined && key !== null) return ofKey(key, partitionMetadata.length)
      const draw = topics.get(topic) ?? unkeyed()
      topics.set(topic, draw)
      return draw(message, partitionMetadata.length, ledOf(partitionMetadata))
    }
  }
}

export function ledOf(partitionMetadata: readonly PartitionMetadata[]): number[] {
  return partitionMetadata.filter(({leader}) => leader >= 0).map(({partitionId}) => partitionId)
}

/** What a producer without a partitioner of its own does: Kafka's murmur2 for keys, one partition for a batch's worth of messages without. */
const defaultPartitioner = partitioner(
  (key, partitions) => partitionOfKey(typeof key === 'string' ? key : toBytes(key), partitions),
  () => {
    const sticky = new StickyPartition()
    return ({value}, partitions, available) => sticky.next(value?.length ?? 0, partitions, available)
  },
)

/** KafkaJS' of before version 2: its own hash, and partitions in turn for messages without a key. */
const legacyPartitioner = partitioner(
  (key, partitions) => (legacyMurmur2(toBytes(key)) & 0x7fffffff) % partitions,
  () => {
    let turn = Math.floor(Math.random() * 2 ** 31)
    return (_, partitions, available) => {
      turn++
      return available.length === 0 ? turn % partitions : available[turn % available.length]!
    }
  },
)

function toBytes(key: unknown): Uint8Array {
  return key instanceof Uint8Array ? key : Buffer.from(String(key))
}

export const Partitioners = {
  DefaultPartitioner: defaultPartitioner,
  LegacyPartitioner: legacyPartitioner,
  /** The name that the default one had before KafkaJS 2. */
  JavaCompatiblePartitioner: defaultPartitioner,
} as const
