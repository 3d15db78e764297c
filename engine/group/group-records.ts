import {ByteReader} from '../bytes/byte-reader.ts'
import {ByteWriter} from '../bytes/byte-writer.ts'

/**
 * The records of `__consumer_offsets`, in Kafka's bytes: the key begins with the type of the record, the value with its version; a null value
 * is a tombstone. Older versions of values are read, too; types that nothing here knows are passed over.
 */
export interface GroupRecord {
  readonly key: Uint8Array
  readonly value: Uint8Array | null
}

/** What a record takes at most beside its key and value. */
export const RECORD_OVERHEAD = 32

/** What was committed for a partition. */
export interface CommittedOffset {
  readonly offset: number
  /** -1 where the client did not say. */
  readonly leaderEpoch: number
  readonly metadata: string
  /** Time of day, in ms. */
  readonly commitTimestamp: number
  /** Where the client asked for it to be forgotten at a time of its own, else -1. */
  readonly expireTimestamp: number
  /** Id of the topic that was meant, '' where unknown. */
  readonly topicId: string
}

export interface StoredMember {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly rebalanceTimeoutMs: number
  readonly sessionTimeoutMs: number
  readonly subscription: Uint8Array
  readonly assignment: Uint8Array
}

export interface StoredGroup {
  readonly protocolType: string
  readonly generation: number
  readonly protocol: string | null
  readonly leader: string | null
  readonly currentStateTimestamp: number
  readonly members: readonly StoredMember[]
}

export type ReadGroupRecord =
  | {
      readonly type: 'offset'
      readonly group: string
      readonly topic: string
      readonly partition: number
      readonly value: CommittedOffset | null
    }
  | {readonly type: 'group'; readonly group: string; readonly value: StoredGroup | null}

const OFFSET_COMMIT_KEY = 1
const GROUP_METADATA_KEY = 2
const OFFSET_COMMIT_VALUE = 4
/** With an expiry of its own it is written as the only version that has one. */
const OFFSET_COMMIT_VALUE_EXPIRING = 1
const GROUP_METADATA_VALUE = 3
const VERSION_MAX = 4
const TOPIC_ID_TAG = 0
const UUID_BYTES = 16

export function offsetRecord(
  group: string,
  topic: string,
  partition: number,
  value: CommittedOffset | null,
): GroupRecord {
  const key = new ByteWriter()
  key.int16(OFFSET_COMMIT_KEY)
  writeString(key, group)
  writeString(key, topic)
  key.int32(partition)
  return {key: key.take(), value: value === null ? null : offsetValue(value)}
}

export function groupRecord(group: string, value: StoredGroup | null): GroupRecord {
  const key = new ByteWriter()
  key.int16(GROUP_METADATA_KEY)
  writeString(key, group)
  return {key: key.take(), value: value === null ? null : groupValue(value)}
}

/** Undefined for a record of another type, or one whose bytes do not add up. */
export function readGroupRecord(keyBytes: Uint8Array, valueBytes: Uint8Array | null): ReadGroupRecord | undefined {
  const key = new ByteReader(keyBytes)
  const type = key.int16()
  // 0 was the first version of the same key
  const isOffset = type === OFFSET_COMMIT_KEY || type === 0
  if (!isOffset && type !== GROUP_METADATA_KEY) return undefined
  const group = readString(key)
  if (isOffset) {
    const topic = readString(key)
    const partition = key.int32()
    const value = valueBytes === null ? null : readOffsetValue(valueBytes)
    return key.failed || value === undefined ? undefined : {type: 'offset', group, topic, partition, value}
  }
  const value = valueBytes === null ? null : readGroupValue(valueBytes)
  return key.failed || value === undefined ? undefined : {type: 'group', group, value}
}

function offsetValue(value: CommittedOffset): Uint8Array {
  const writer = new ByteWriter()
  if (value.expireTimestamp >= 0) {
    writer.int16(OFFSET_COMMIT_VALUE_EXPIRING)
    writer.int64(value.offset)
    writeString(writer, value.metadata)
    writer.int64(value.commitTimestamp)
    writer.int64(value.expireTimestamp)
    return writer.take()
  }
  writer.int16(OFFSET_COMMIT_VALUE)
  writer.int64(value.offset)
  writer.int32(value.leaderEpoch)
  const metadata = Buffer.from(value.metadata)
  writer.unsignedVarint(metadata.length + 1)
  writer.raw(metadata)
  writer.int64(value.commitTimestamp)
  const topicId = Buffer.from(value.topicId, 'base64url')
  if (topicId.length !== UUID_BYTES) writer.unsignedVarint(0)
  else {
    writer.unsignedVarint(1)
    writer.unsignedVarint(TOPIC_ID_TAG)
    writer.unsignedVarint(UUID_BYTES)
    writer.raw(topicId)
  }
  return writer.take()
}

function readOffsetValue(bytes: Uint8Array): CommittedOffset | undefined {
  const reader = new ByteReader(bytes)
  const version = reader.int16()
  if (version < 0 || version > VERSION_MAX) return undefined
  const isFlexible = version >= 4
  const offset = reader.int64()
  const leaderEpoch = version >= 3 ? reader.int32() : -1
  const metadata = isFlexible ? readCompactString(reader) : readString(reader)
  const commitTimestamp = reader.int64()
  const expireTimestamp = version === 1 ? reader.int64() : -1
  let topicId = ''
  if (isFlexible)
    for (let tags = reader.unsignedVarint(); tags > 0 && !reader.failed; tags--) {
      const tag = reader.unsignedVarint()
      const value = reader.raw(reader.unsignedVarint())
      if (tag === TOPIC_ID_TAG) topicId = value.toString('base64url')
    }
  return reader.failed ? undefined : {offset, leaderEpoch, metadata, commitTimestamp, expireTimestamp, topicId}
}

function groupValue(value: StoredGroup): Uint8Array {
  const writer = new ByteWriter()
  writer.int16(GROUP_METADATA_VALUE)
  writeString(writer, value.protocolType)
  writer.int32(value.generation)
  writeNullable(writer, value.protocol)
  writeNullable(writer, value.leader)
  writer.int64(value.currentStateTimestamp)
  writer.int32(value.members.length)
  for (const member of value.members) {
    writeString(writer, member.memberId)
    writeNullable(writer, member.groupInstanceId)
    writeString(writer, member.clientId)
    writeString(writer, member.clientHost)
    writer.int32(member.rebalanceTimeoutMs)
    writer.int32(member.sessionTimeoutMs)
    for (const bytes of [member.subscription, member.assignment]) {
      writer.int32(bytes.length)
      writer.raw(bytes)
    }
  }
  return writer.take()
}

function readGroupValue(bytes: Uint8Array): StoredGroup | undefined {
  const reader = new ByteReader(bytes)
  const version = reader.int16()
  if (version < 0 || version > VERSION_MAX) return undefined
  const isFlexible = version >= 4
  const text = (): string => (isFlexible ? readCompactString(reader) : readString(reader))
  const nullable = (): string | null => (isFlexible ? readCompactNullable(reader) : readNullable(reader))
  const block = (): Uint8Array => new Uint8Array(reader.raw(isFlexible ? reader.unsignedVarint() - 1 : reader.int32()))
  const protocolType = text()
  const generation = reader.int32()
  const protocol = nullable()
  const leader = nullable()
  const currentStateTimestamp = version >= 2 ? reader.int64() : -1
  const members: StoredMember[] = []
  const count = isFlexible ? reader.unsignedVarint() - 1 : reader.int32()
  for (let i = 0; i < count && !reader.failed; i++) {
    const memberId = text()
    const groupInstanceId = version >= 3 ? nullable() : null
    const clientId = text()
    const clientHost = text()
    const rebalance = version >= 1 ? reader.int32() : -1
    const sessionTimeoutMs = reader.int32()
    const rebalanceTimeoutMs = rebalance < 0 ? sessionTimeoutMs : rebalance
    const [subscription, assignment] = [block(), block()]
    if (isFlexible) skipTags(reader)
    members.push({
      ...{memberId, groupInstanceId, clientId, clientHost},
      ...{rebalanceTimeoutMs, sessionTimeoutMs, subscription, assignment},
    })
  }
  return reader.failed ? undefined : {protocolType, generation, protocol, leader, currentStateTimestamp, members}
}

function skipTags(reader: ByteReader): void {
  for (let tags = reader.unsignedVarint(); tags > 0 && !reader.failed; tags--) {
    reader.unsignedVarint()
    reader.raw(reader.unsignedVarint())
  }
}

function writeString(writer: ByteWriter, text: string): void {
  const bytes = Buffer.from(text)
  writer.int16(bytes.length)
  writer.raw(bytes)
}

function writeNullable(writer: ByteWriter, text: string | null): void {
  if (text === null) writer.int16(-1)
  else writeString(writer, text)
}

function readString(reader: ByteReader): string {
  return reader.raw(reader.int16()).toString()
}

function readNullable(reader: ByteReader): string | null {
  const length = reader.int16()
  return length < 0 ? null : reader.raw(length).toString()
}

function readCompactString(reader: ByteReader): string {
  return reader.raw(reader.unsignedVarint() - 1).toString()
}

function readCompactNullable(reader: ByteReader): string | null {
  const length = reader.unsignedVarint() - 1
  return length < 0 ? null : reader.raw(length).toString()
}
