import fs from 'node:fs'
import {setTimeout as sleep} from 'node:timers/promises'
import {type Log, openLog} from '../../index.ts'
import type {Context} from '../harness/case.ts'
import {WrongResult} from '../harness/check.ts'
import {type Measure, OURS, type Subject} from '../harness/measure.ts'

export const NOT_COMPACTED = 'odradek, not compacted'

export interface Load {
  /** Records that are there before. */
  readonly before: number
  readonly keys: number
  /** Acknowledgements that count. */
  readonly sends: number
}

const VALUE = 'v'.repeat(200)
const APPENDS_A_SEND = 20
const PATIENCE_MS = 60_000

/** Sends, beside what is appended, while the log is compacted, or is not. */
export function foreground({isCompacted}: {isCompacted: boolean}, load: Load, context: Context): Subject {
  return {
    name: isCompacted ? OURS : NOT_COMPACTED,
    fileBytes: load.before * VALUE.length,
    round: () =>
      context.scratch.use(async dir => {
        const log = await openLog(dir, {
          segmentBytes: 4 * 1024 * 1024,
          durability: 'written',
          retentionMs: -1,
          cleanupPolicy: isCompacted ? 'compact' : 'delete',
          minCleanableDirtyRatio: 0,
          cleanerBackoffMs: 50,
        })
        try {
          let next = 0
          const append = (): boolean => log.append({key: `key ${next++ % load.keys}`, value: VALUE})
          while (next < load.before) if (!append()) await log.drained()
          await log.flush()
          const begun = isCompacted ? await untilCompacted(dir, 0) : 0
          const took = await sendOn(log, load.sends, append)
          // what is appended in so short a time as a test has makes no segment
          if (isCompacted && context.scale.name !== 'tiny') await untilCompacted(dir, begun)
          return measuresOf(took)
        } finally {
          await log.close()
        }
      }),
  }
}

async function sendOn(log: Log, sends: number, append: () => boolean): Promise<number[]> {
  const took: number[] = []
  while (took.length < sends) {
    for (let i = 0; i < APPENDS_A_SEND; i++) append()
    const startMs = performance.now()
    await log.send({key: 'awaited', value: VALUE})
    took.push(performance.now() - startMs)
    await sleep(1)
  }
  return took
}

/** How far the log is compacted, once that is beyond `offset`. */
async function untilCompacted(dir: string, offset: number): Promise<number> {
  for (const endMs = performance.now() + PATIENCE_MS; performance.now() < endMs; await sleep(20)) {
    const [, end] = /^log 0 (\d+)$/m.exec(text(`${dir}/cleaner-offset-checkpoint`)) ?? []
    if (Number(end ?? 0) > offset) return Number(end)
  }
  throw new WrongResult(`the log was not compacted beyond ${offset}`)
}

function text(path: string): string {
  return fs.existsSync(path) ? fs.readFileSync(path, 'utf8') : ''
}

function measuresOf(took: number[]): Measure[] {
  const sorted = took.toSorted((a, b) => a - b)
  const at = (share: number): number => 1000 * sorted[Math.floor(sorted.length * share)]!
  return [
    {what: 'acknowledgement, p50', unit: 'µs', value: at(0.5)},
    {what: 'acknowledgement, p99', unit: 'µs', value: at(0.99)},
  ]
}
