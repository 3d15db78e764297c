import * as assert from 'uvu/assert'
import type {Log, Reader} from '../../index.ts'

/** Sends `count` records whose value is their offset and whose timestamp is ten times that. */
export async function sendNumbers(log: Log, count: number): Promise<void> {
  const from = log.logEndOffset
  await log.send(
    Array.from({length: count}, (_, i) => ({value: String(from + i), timestamp: (from + i) * 10})),
    {durability: 'written'},
  )
}

/** What one poll gives, as numbers; every value must be its record's offset. */
export function poll(reader: Reader, max?: number): number[] {
  const offsets: number[] = []
  const count = reader.poll(record => {
    assert.is(record.text(), String(record.offset))
    offsets.push(record.offset)
  }, max)
  assert.is(count, offsets.length)
  return offsets
}

export const range = (from: number, to: number): number[] => Array.from({length: to - from}, (_, i) => from + i)
