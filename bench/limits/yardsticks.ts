import type {Context} from '../harness/case.ts'
import type {Measure, Subject} from '../harness/measure.ts'
import {measureRounds} from '../harness/rounds.ts'
import {Yardsticks} from '../harness/yardsticks.ts'
import {writeBlocks} from './disk.ts'
import {limit} from './limit.ts'
import {checkBlocks} from './memory.ts'
import {buildBesideWriter} from './pipeline.ts'
import {buildRecords, walkRecords} from './records.ts'

/** The limits that results are held against, as they are named beside a result. */
export const LIMIT = {
  build: 'building records',
  walk: 'walking records',
  crc: 'CRC-32C',
  write: 'raw writeSync',
  pipeline: 'building beside writing',
} as const

const MIB = 1024 * 1024

/** Measures them in a fraction of a second, as rates in the units that results have. */
export async function measureYardsticks(context: Pick<Context, 'scale' | 'quiet' | 'scratch'>): Promise<Yardsticks> {
  const {scale, scratch} = context
  const records = scale.pick({full: 2_000_000, quick: 1_000_000, tiny: 1000})
  const blocks = scale.pick({full: 256, quick: 128, tiny: 1})
  const subjects: Subject[] = [
    limit(() => [recordsPerSecond(LIMIT.build, buildRecords(records))]),
    limit(() => [recordsPerSecond(LIMIT.walk, walkRecords(records))]),
    limit(() => [{...checkBlocks(blocks * 16), what: LIMIT.crc}]),
    {
      ...limit(async () => [mibPerSecond(LIMIT.write, (await writeBlocks(blocks, scratch))[0]!)]),
      fileBytes: blocks * MIB,
    },
    {
      ...limit(async () => [recordsPerSecond(LIMIT.pipeline, await buildBesideWriter(blocks, scratch))]),
      fileBytes: blocks * MIB,
    },
  ]
  return new Yardsticks(await measureRounds(subjects, context))
}

function recordsPerSecond(what: string, {value}: Measure): Measure {
  return {what, unit: 'records/s', value: 1e9 / value}
}

/** From µs for 1 MiB. */
function mibPerSecond(what: string, {value}: Measure): Measure {
  return {what, unit: 'MiB/s', value: 1e6 / value}
}
