import {createRequire} from 'node:module'
import {createRecordsBatch, Reader, readRecordsBatch} from '@platformatic/kafka'
import type {Bytes, Header} from '../engine/record/batch-builder.ts'
import {type RecordParts, storedBytes} from './records.ts'

/**
 * Two other programs that read and write record batches, behind one shape. Neither can say everything a batch can say:
 * `narrow` turns records into ones the peer can write, `seen` into what it can tell of them when it reads.
 */
export interface Peer {
  readonly name: string
  encode(records: readonly RecordParts[], options?: {gzip: boolean}): Promise<Buffer>
  decode(batch: Buffer): Promise<FoundRecord[]>
  narrow(records: readonly RecordParts[]): RecordParts[]
  seen(records: readonly FoundRecord[]): FoundRecord[]
}

/** A record as read from a batch. */
export interface FoundRecord {
  readonly offset: bigint
  readonly timestamp: bigint
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly (readonly [name: string, value: Buffer | null])[]
}

const UNSTAMPED = {producerEpoch: -1, partitionLeaderEpoch: -1}

// the door of kafkajs leads to brokers only; these rooms behind it are the codec
const require = createRequire(import.meta.url)
const {RecordBatch} = require('kafkajs/src/protocol/recordBatch/v0/index.js')
const encodeRecord = require('kafkajs/src/protocol/recordBatch/record/v0/index.js')
const decodeBatch = require('kafkajs/src/protocol/recordBatch/v0/decoder.js')
const Decoder = require('kafkajs/src/protocol/decoder.js')

interface KafkajsRecord {
  readonly offset: string
  readonly timestamp: string
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: Record<string, Buffer | null | (Buffer | null)[]>
}

/** Its headers are an object: names come together, their order is the object's; null is read, but cannot be written. */
export const kafkajs: Peer = {
  name: 'kafkajs',
  async encode(records, {gzip} = {gzip: false}) {
    const times = records.map(({timestamp}) => timestamp)
    const {buffer} = await RecordBatch({
      ...UNSTAMPED,
      compression: gzip ? 1 : 0,
      firstSequence: -1,
      firstTimestamp: times[0],
      maxTimestamp: times.reduce((a, b) => Math.max(a, b)),
      lastOffsetDelta: records.length - 1,
      records: records.map(({key, value, timestamp, headers}, offsetDelta) =>
        encodeRecord({
          offsetDelta,
          timestampDelta: timestamp - times[0]!,
          key: storedBytes(key),
          value: storedBytes(value),
          headers: together(headers.map(([name, content]) => [name, storedBytes(content)])),
        }),
      ),
    })
    return buffer
  },
  async decode(batch) {
    const {records} = await decodeBatch(new Decoder(batch))
    return (records as KafkajsRecord[]).map(({offset, timestamp, key, value, headers}) => ({
      offset: BigInt(offset),
      timestamp: BigInt(timestamp),
      key,
      value,
      headers: apart(headers),
    }))
  },
  narrow: records =>
    records.map(record => {
      // a letter in front: names that look like numbers would come first, and __proto__ is no name like others
      const headers = record.headers.map(([name, content]): Header => [`h${name}`, content ?? ''])
      return {...record, headers: apart(together(headers))}
    }),
  seen: records => records.map(record => ({...record, headers: apart(together(record.headers))})),
}

/** It has no null: null is written, and read, as empty. Differences of time are written as 32 bits. */
export const platformatic: Peer = {
  name: '@platformatic/kafka',
  async encode(records, {gzip} = {gzip: false}) {
    const bytes = (content: Bytes | null) => storedBytes(content)!
    const messages = records.map(({key, value, timestamp, headers}) => ({
      topic: 'any',
      key: bytes(key),
      value: bytes(value),
      timestamp: BigInt(timestamp),
      headers: new Map(headers.map(([name, content]) => [bytes(name), bytes(content)])),
    }))
    // a sequence that was never set: the type wants its map of numbers, of which only this is asked
    const sequences = {getWithDefault: () => -1} as never
    return createRecordsBatch(messages, {...UNSTAMPED, sequences, compression: gzip ? 'gzip' : 'none'}).buffer
  },
  async decode(batch) {
    const {records, firstOffset, firstTimestamp} = readRecordsBatch(Reader.from(batch))
    return records.map(({offsetDelta, timestampDelta, key, value, headers}) => ({
      offset: firstOffset + BigInt(offsetDelta),
      timestamp: firstTimestamp + timestampDelta,
      key,
      value,
      headers: headers.map(([name, content]) => [name.toString(), content] as const),
    }))
  },
  narrow: records => {
    const base = records[0]!.timestamp % 2 ** 52
    return records.map(({key, value, timestamp, headers}) => ({
      key: key ?? '',
      value: value ?? '',
      timestamp: base + ((timestamp - base) % 2 ** 31),
      headers: headers.map(([name, content]): Header => [name, content ?? '']),
    }))
  },
  seen: records =>
    records.map(({key, value, headers, ...rest}) => ({
      ...rest,
      key: key ?? Buffer.alloc(0),
      value: value ?? Buffer.alloc(0),
      headers: headers.map(([name, content]) => [name, content ?? Buffer.alloc(0)] as const),
    })),
}

/** Headers as kafkajs has them: a list of values where a name stands more than once. */
function together<V>(headers: readonly (readonly [string, V])[]): Record<string, V | V[]> {
  const found: Record<string, V | V[]> = Object.create(null)
  for (const [name, value] of headers) {
    const before = found[name]
    found[name] = before === undefined ? value : Array.isArray(before) ? [...before, value] : [before, value]
  }
  return found
}

function apart<V>(headers: Record<string, V | V[]>): (readonly [string, V])[] {
  return Object.entries(headers).flatMap(([name, values]) =>
    (Array.isArray(values) ? values : [values]).map(value => [name, value] as const),
  )
}
