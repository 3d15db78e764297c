import type {KafkaMessage} from '../../doors/kafkajs.ts'
import {type JsonBytes, jsonBytes} from '../record-json.ts'

/** A message, and where it is. */
export interface Place {
  readonly topic: string
  readonly partition: number
}

/** As `log export` prints records, with topic and partition before it. */
export function toRecordJson({topic, partition}: Place, message: KafkaMessage): object {
  const headers = headersOf(message)
  return {
    topic,
    partition,
    offset: Number(message.offset),
    timestamp: Number(message.timestamp),
    key: jsonBytes(message.key),
    value: jsonBytes(message.value),
    ...(headers.length === 0 ? {} : {headers: headers.map(([name, value]) => [name, jsonBytes(value)])}),
  }
}

/** As kcat -J prints them; bytes that are no text, which kcat mangles, as we write them elsewhere. */
export function toEnvelope({topic, partition}: Place, message: KafkaMessage): object {
  const headers = headersOf(message).flatMap(([name, value]): JsonBytes[] => [name, jsonBytes(value)])
  return {
    topic,
    partition,
    offset: Number(message.offset),
    ts: Number(message.timestamp),
    ...(headers.length === 0 ? {} : {headers}),
    key: jsonBytes(message.key),
    payload: jsonBytes(message.value),
  }
}

export function headersOf({headers}: KafkaMessage): [string, Buffer | null][] {
  return Object.entries(headers ?? {}).flatMap(([name, content]) => {
    const values = Array.isArray(content) ? content : [content]
    return values.map((value): [string, Buffer | null] => [
      name,
      value === undefined || value === null ? null : Buffer.from(value as Buffer),
    ])
  })
}
