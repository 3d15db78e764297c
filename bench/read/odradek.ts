import type {Reader, ReadFrom} from '../../index.ts'
import {valueIndex} from '../append/payload.ts'
import {expectSame} from '../harness/check.ts'
import {type Measure, OURS, type Subject} from '../harness/measure.ts'

/** What reading touched: how many records, and a sum of something of each. */
export interface Touched {
  count: number
  sum: number
}

/** Reads `times` times what lies behind `from`, by a handler that is given one object for all records. */
export function pollLog(
  what: string,
  {reader, from, times}: {reader: Reader; from: ReadFrom; times: number},
  expected: Touched,
): Subject {
  return {
    name: OURS,
    round() {
      touched.sum = 0
      let count = 0
      const startMs = performance.now()
      for (let i = 0; i < times; i++) {
        reader.seek(from)
        count += reader.poll(touch)
      }
      const seconds = (performance.now() - startMs) / 1000
      expectTouched(what, {count, sum: touched.sum}, {count: expected.count * times, sum: expected.sum * times})
      return [perSecond(what, count, seconds)]
    },
  }
}

/** One handler for all that poll, as a program has it. */
const touched = {sum: 0}
function touch(record: {readonly valueLength: number; valueByte(i: number): number}): void {
  touched.sum += record.valueByte(0) + record.valueLength
}

/** Record objects that may be kept, of which only the offset is looked at. */
export function batchesOffsets(what: string, reader: Reader, expected: Touched): Subject {
  return {
    name: OURS,
    async round() {
      let [count, sum] = [0, 0]
      reader.seek('earliest')
      const startMs = performance.now()
      for await (const records of reader.batches()) {
        for (const record of records) sum += record.offset
        count += records.length
      }
      const seconds = (performance.now() - startMs) / 1000
      expectTouched(what, {count, sum}, expected)
      return [perSecond(what, count, seconds)]
    },
  }
}

/** The same, with a Buffer made for every value. */
export function batchesValues(what: string, reader: Reader, expected: Touched): Subject {
  return {
    name: OURS,
    async round() {
      let [count, sum] = [0, 0]
      reader.seek('earliest')
      const startMs = performance.now()
      for await (const records of reader.batches()) {
        for (const record of records) {
          const value = record.value!
          sum += value[0]! + value.length
        }
        count += records.length
      }
      const seconds = (performance.now() - startMs) / 1000
      expectTouched(what, {count, sum}, expected)
      return [perSecond(what, count, seconds)]
    },
  }
}

export function perSecond(what: string, count: number, seconds: number): Measure {
  return {what, unit: 'records/s', value: count / seconds}
}

export function expectTouched(what: string, found: Touched, expected: Touched): void {
  expectSame(`${what}, records`, found.count, expected.count)
  expectSame(`${what}, sum of what was touched`, found.sum, expected.sum)
}

/** The first bytes and lengths of the values of records `first` to `end - 1`. */
export function valuesTouched(buffers: readonly Buffer[], first: number, end: number): Touched {
  let sum = 0
  for (let i = first; i < end; i++) {
    const value = buffers[valueIndex(i)]!
    sum += value[0]! + value.length
  }
  return {count: end - first, sum}
}
