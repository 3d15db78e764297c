import {ByteReader} from '../bytes/byte-reader.ts'

/** Topics that a member of a consumer group subscribes to, from the bytes of Kafka's consumer protocol; undefined where they are something else. */
export function subscribedTopics(subscription: Uint8Array): string[] | undefined {
  const reader = new ByteReader(subscription)
  const version = reader.int16()
  const count = reader.int32()
  const topics: string[] = []
  for (let i = 0; i < count && !reader.failed; i++) topics.push(reader.raw(reader.int16()).toString())
  return reader.failed || version < 0 || count < 0 ? undefined : topics
}
