import {SLOT_BYTES} from '../../engine/limits.ts'
import {BatchBuilder} from '../../engine/record/batch-builder.ts'
import {RecordWalker} from '../../engine/record/record-walker.ts'
import {bytesPayload, type Payload, valueIndex} from '../append/payload.ts'
import {expectSame} from '../harness/check.ts'
import type {Measure, Subject} from '../harness/measure.ts'
import {limit, nsEach} from './limit.ts'

const payload: Payload = bytesPayload('100 B', 100)
const values = payload.values as readonly Uint8Array[]

/** What JavaScript takes for one record, when nothing else is done. */
export function recordLimits(count: number): Subject[] {
  return [
    limit(() => [buildRecords(count)]),
    limit(() => [walkRecords(count)]),
    limit(() => [makeViews(count)]),
    limit(async () => [await awaitPromises(count / 4)]),
  ]
}

export function buildRecords(count: number): Measure {
  const builder = new BatchBuilder(SLOT_BYTES)
  let built = 0
  const measure = nsEach('build a record of 100 B', count, () => {
    for (let i = 0; i < count; i++) {
      if (addTo(builder, values[valueIndex(i)]!)) continue
      built += closeBatch(builder)
      addTo(builder, values[valueIndex(i)]!)
    }
    built += closeBatch(builder)
  })
  expectSame('records built', built, count)
  return measure
}

/** As a log adds a value. */
export function addTo(builder: BatchBuilder, value: Uint8Array): boolean {
  return builder.addValue(value) || builder.add(null, value, undefined)
}

function closeBatch(builder: BatchBuilder): number {
  const {count} = builder
  builder.finish()
  builder.reset()
  return count
}

export function walkRecords(count: number): Measure {
  const builder = new BatchBuilder(SLOT_BYTES)
  while (builder.add(null, payload.values[valueIndex(builder.count)]!, undefined)) {}
  const walker = new RecordWalker(builder.finish())
  const batches = Math.ceil(count / builder.count)
  let bytes = 0
  const measure = nsEach('walk a record of 100 B', batches * builder.count, () => {
    for (let i = 0; i < batches; i++) {
      walker.enter(0)
      while (walker.next()) bytes += walker.valueLength
    }
  })
  expectSame('bytes of the values walked', bytes, batches * builder.count * payload.valueBytes)
  return measure
}

function makeViews(count: number): Measure {
  const bytes = new Uint8Array(SLOT_BYTES)
  let length = 0
  const measure = nsEach('make a Buffer view', count, () => {
    for (let i = 0; i < count; i++) length += Buffer.from(bytes.buffer, i & 0xff, 100).length
  })
  expectSame('bytes of the views', length, count * 100)
  return measure
}

async function awaitPromises(count: number): Promise<Measure> {
  let sum = 0
  const startMs = performance.now()
  for (let i = 0; i < count; i += PROMISES_AT_ONCE) {
    const settle: ((value: number) => void)[] = []
    const promises = Array.from({length: PROMISES_AT_ONCE}, () => new Promise<number>(resolve => settle.push(resolve)))
    for (const resolve of settle) resolve(1)
    for (const one of await Promise.all(promises)) sum += one
  }
  const ms = performance.now() - startMs
  return {what: 'make, settle and await a promise', unit: 'ns', value: (ms * 1e6) / sum}
}

const PROMISES_AT_ONCE = 100
