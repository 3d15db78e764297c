import fs from 'node:fs'
import {type LogOptions, openLog} from '../../index.ts'
import {tempDir} from '../door/temp-dir.ts'

export const NOW = 1_767_225_600_000

/** Thirty records in three batches a segment, ten a batch; every fifth has no key. Closed. */
export async function sampleLog(options: LogOptions = {}): Promise<string> {
  const dir = tempDir()
  const log = await openLog(dir, {retentionMs: -1, segmentBytes: 1024, indexIntervalBytes: 0, ...options})
  for (let batch = 0; batch < 9; batch++) {
    const records = Array.from({length: 10}, (_, i) => {
      const n = batch * 10 + i
      const record = {value: `value ${n}`, timestamp: NOW + n}
      return n % 5 === 0 ? record : {...record, key: `key-${n % 7}`, headers: {n: String(n)}}
    })
    await log.send(records)
  }
  await log.close()
  return dir
}

export const SAMPLE_RECORDS = 90

/** The files of one kind, in order. */
export function filesOf(dir: string, suffix: string): string[] {
  const partition = `${dir}/log-0`
  return fs
    .readdirSync(partition)
    .filter(name => name.endsWith(suffix))
    .sort()
    .map(name => `${partition}/${name}`)
}

/** Flips the lowest bit of one byte. */
export function flip(file: string, at: number): void {
  const bytes = fs.readFileSync(file)
  bytes[at]! ^= 1
  fs.writeFileSync(file, bytes)
}
