/** The topic whose partitions hold what groups have committed, and who is in them. */
export const OFFSETS_TOPIC = '__consumer_offsets'

/** Kafka's default is 50: a broker of one process has no use for as many. */
export const OFFSETS_TOPIC_PARTITIONS = 4

/** The partition of the offsets topic that a group belongs to, by Java's hash of its id. */
export function partitionOfGroup(groupId: string, partitions: number): number {
  let hash = 0
  for (let i = 0; i < groupId.length; i++) hash = (Math.imul(hash, 31) + groupId.charCodeAt(i)) | 0
  // as Kafka: the least int32 has no absolute value
  return hash === -(2 ** 31) ? 0 : Math.abs(hash) % partitions
}
