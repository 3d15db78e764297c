/**
 * Kafka's consumer protocol (`ConsumerProtocolSubscription`, `ConsumerProtocolAssignment`): what members of a group tell each other through its coordinator,
 * which passes these bytes on. A version adds fields at the end, and whoever knows fewer passes over them.
 */
import {ByteReader} from '../engine/bytes/byte-reader.ts'
import {ByteWriter} from '../engine/bytes/byte-writer.ts'

export interface TopicPartitionList {
  readonly topic: string
  readonly partitions: readonly number[]
}

/** What a member wants, and what it has. */
export interface Subscription {
  /** 0 has no owned partitions; from 1 on they are there. */
  readonly version: number
  readonly topics: readonly string[]
  readonly userData: Uint8Array
  readonly owned: readonly TopicPartitionList[]
}

/** What a member is to read. */
export interface GroupAssignment {
  readonly version: number
  readonly topics: readonly TopicPartitionList[]
  readonly userData: Uint8Array
}

export function encodeSubscription({version, topics, userData, owned}: Subscription): Uint8Array {
  const writer = new ByteWriter()
  writer.int16(version)
  writer.int32(topics.length)
  for (const topic of topics) writeText(writer, topic)
  writeBytes(writer, userData)
  if (version >= 1) writeTopics(writer, owned)
  return writer.take()
}

/** Undefined where the bytes are no subscription. */
export function decodeSubscription(bytes: Uint8Array): Subscription | undefined {
  const reader = new ByteReader(bytes)
  const version = reader.int16()
  const topics = readList(reader, () => readText(reader))
  const userData = readBytes(reader)
  const owned = version >= 1 && reader.left > 0 ? readTopics(reader) : []
  return reader.failed || version < 0 ? undefined : {version, topics, userData, owned}
}

export function encodeAssignment({version, topics, userData}: GroupAssignment): Uint8Array {
  const writer = new ByteWriter()
  writer.int16(version)
  writeTopics(writer, topics)
  writeBytes(writer, userData)
  return writer.take()
}

/** Undefined where the bytes are no assignment: a member that is to read nothing may have none at all. */
export function decodeAssignment(bytes: Uint8Array): GroupAssignment | undefined {
  const reader = new ByteReader(bytes)
  const version = reader.int16()
  const topics = readTopics(reader)
  const userData = readBytes(reader)
  return reader.failed || version < 0 ? undefined : {version, topics, userData}
}

function writeTopics(writer: ByteWriter, topics: readonly TopicPartitionList[]): void {
  writer.int32(topics.length)
  for (const {topic, partitions} of topics) {
    writeText(writer, topic)
    writer.int32(partitions.length)
    for (const partition of partitions) writer.int32(partition)
  }
}

function readTopics(reader: ByteReader): TopicPartitionList[] {
  return readList(reader, () => ({topic: readText(reader), partitions: readList(reader, () => reader.int32())}))
}

function readList<T>(reader: ByteReader, item: () => T): T[] {
  const list: T[] = []
  const count = reader.int32()
  for (let i = 0; i < count && !reader.failed; i++) list.push(item())
  return list
}

function writeText(writer: ByteWriter, text: string): void {
  const bytes = Buffer.from(text)
  writer.int16(bytes.length)
  writer.raw(bytes)
}

function readText(reader: ByteReader): string {
  return reader.raw(reader.int16()).toString()
}

function writeBytes(writer: ByteWriter, bytes: Uint8Array): void {
  writer.int32(bytes.length)
  writer.raw(bytes)
}

/** A length of -1, null, counts as none. */
function readBytes(reader: ByteReader): Uint8Array {
  const length = reader.int32()
  return length < 0 ? new Uint8Array() : reader.raw(length)
}
