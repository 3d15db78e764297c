import {type Log, openLog} from '../../index.ts'
import type {Context} from '../harness/case.ts'
import {type Measure, OURS, type Subject} from '../harness/measure.ts'
import {Contents} from './contents.ts'
import {type Payload, valueIndex} from './payload.ts'

const MIB = 1024 * 1024
export const LOG_OPTIONS = {durability: 'written', segmentBytes: 1024 * MIB} as const

/** How many records are appended before the clock starts, and while it runs. */
export interface Amount {
  /** A log's replica thread is new with it, and its code is not compiled yet: a program that runs for long does not feel that. */
  readonly before: number
  readonly count: number
}

/** One thread, the shortest loop there is; the clock stops when everything is in the page cache. */
export function appendToLog(payload: Payload, {before, count}: Amount, context: Context): Subject {
  return {
    name: OURS,
    fileBytes: (before + count) * payload.recordBytes,
    round: () =>
      context.scratch.use(async dir => {
        const log = await openLog(dir, LOG_OPTIONS)
        try {
          await appendAll(log, payload, 0, before)
          const {sizeBytes} = log.metrics()
          const startMs = performance.now()
          await appendAll(log, payload, before, before + count)
          const seconds = (performance.now() - startMs) / 1000
          const bytes = log.metrics().sizeBytes - sizeBytes
          readBack(log, before).expect(OURS, payload, {first: before, count})
          return rates(payload.name, {count, bytes, seconds})
        } finally {
          await log.close()
          last.log = log
        }
      }),
  }
}

/** Kept from the collector: code that is compiled for a log goes when the last log goes, and no program in need of speed gets there. */
const last: {log?: Log} = {}

export async function appendAll(log: Log, payload: Payload, from: number, end: number): Promise<void> {
  const {values} = payload
  for (let i = from; i < end; i++) {
    if (!log.append(values[valueIndex(i)]!)) await log.drained()
  }
  await log.flush({durability: 'written'})
}

export function rates(
  what: string,
  {count, bytes, seconds}: {count: number; bytes: number; seconds: number},
): readonly Measure[] {
  return [
    {what, unit: 'records/s', value: count / seconds},
    {what, unit: 'MiB/s', value: bytes / MIB / seconds},
  ]
}

function readBack(log: Log, from: number): Contents {
  const contents = new Contents()
  const reader = log.reader({from})
  try {
    reader.poll(record => {
      record.copyValue(contents.bytes, contents.next(record.valueLength))
    })
  } finally {
    reader.close()
  }
  return contents
}
