import type {Log} from '../../index.ts'
import {bytesPayload, type Payload, valueIndex} from '../append/payload.ts'
import {expectSame} from '../harness/check.ts'

const VALUE_BYTES = 100

/** Values that tell who sent them, in byte 0, and as which, in bytes 1 and 2. */
export function senderPayload(sender: number): Payload {
  const payload = bytesPayload('100 B', VALUE_BYTES)
  for (const [i, value] of payload.buffers.entries()) {
    value[0] = sender
    value.writeUInt16BE(i, 1)
  }
  return payload
}

/** Throws unless the log holds `each` records of every sender, each sender's in the order it sent them. */
export function expectEachInOrder(log: Log, {senders, each}: {senders: number; each: number}): void {
  const counts = new Array<number>(senders).fill(0)
  let misplaced = 0
  const reader = log.reader()
  reader.poll(record => {
    const sender = record.valueByte(0)
    const index = (record.valueByte(1) << 8) | record.valueByte(2)
    const count = counts[sender] ?? Number.NaN
    if (record.valueLength !== VALUE_BYTES || index !== valueIndex(count)) misplaced++
    counts[sender] = count + 1
  })
  reader.close()
  expectSame('records out of their sender’s order', misplaced, 0)
  for (const [sender, count] of counts.entries()) expectSame(`records of sender ${sender}`, count, each)
}
