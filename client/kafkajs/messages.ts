import type {RecordWalker} from '../../engine/record/record-walker.ts'
import {collectHeaders} from '../log-record.ts'
import type {Batch, IHeaders, KafkaMessage} from './types.ts'

/** A message as KafkaJS has it: all of it are properties of its own, so that it can be spread, compared and sent on. */
export class ReadMessage implements KafkaMessage {
  magicByte = 2
  attributes = 0
  timestamp: string
  offset: string
  key: Buffer | null
  value: Buffer | null
  headers: IHeaders

  constructor(timestamp: string, offset: string, key: Buffer | null, value: Buffer | null, headers: IHeaders) {
    this.timestamp = timestamp
    this.offset = offset
    this.key = key
    this.value = value
    this.headers = headers
  }

  get offsetBigInt(): bigint {
    return BigInt(this.offset)
  }
}

let timestampMs = -1
let timestampText = '-1'

/** The record a walker stands on; its parts are views on `bytes`, which are the walker's from `start` on. */
export function takeMessage(walker: RecordWalker, bytes: Uint8Array, start: number): ReadMessage {
  const {timestamp, headerCount} = walker
  // records that were sent together mostly have one time
  if (timestamp !== timestampMs) {
    timestampMs = timestamp
    timestampText = String(timestamp)
  }
  return new ReadMessage(
    timestampText,
    String(walker.offset),
    partOf(bytes, walker.keyStart - start, walker.keyLength),
    partOf(bytes, walker.valueStart - start, walker.valueLength),
    headerCount === 0 ? {} : (collectHeaders(bytes, walker.headersStart - start, headerCount) as IHeaders),
  )
}

function partOf(bytes: Uint8Array, start: number, length: number): Buffer | null {
  return length < 0 ? null : Buffer.from(bytes.buffer, bytes.byteOffset + start, length)
}

/** Messages of one partition that were read at once, at least one. */
export class ReadBatch implements Batch {
  readonly topic: string
  readonly partition: number
  readonly highWatermark: string
  readonly messages: ReadMessage[]

  constructor(topic: string, partition: number, highWatermark: number, messages: ReadMessage[]) {
    this.topic = topic
    this.partition = partition
    this.highWatermark = String(highWatermark)
    this.messages = messages
  }

  isEmpty(): boolean {
    return this.messages.length === 0
  }

  firstOffset(): string | null {
    return this.messages[0]?.offset ?? null
  }

  lastOffset(): string {
    return this.messages.at(-1)?.offset ?? String(Number(this.highWatermark) - 1)
  }

  offsetLag(): string {
    return String(Number(this.highWatermark) - 1 - Number(this.lastOffset()))
  }

  offsetLagLow(): string {
    return this.isEmpty() ? '0' : String(Number(this.highWatermark) - 1 - Number(this.firstOffset()))
  }

  get highWatermarkBigInt(): bigint {
    return BigInt(this.highWatermark)
  }

  get firstOffsetBigInt(): bigint | null {
    const first = this.firstOffset()
    return first === null ? null : BigInt(first)
  }

  get lastOffsetBigInt(): bigint {
    return BigInt(this.lastOffset())
  }

  get offsetLagBigInt(): bigint {
    return BigInt(this.offsetLag())
  }

  get offsetLagLowBigInt(): bigint {
    return BigInt(this.offsetLagLow())
  }
}
