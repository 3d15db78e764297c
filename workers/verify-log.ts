import {storageError} from '../engine/errors.ts'
import {readEpochs} from '../engine/log/leader-epoch-checkpoint.ts'
import {segmentBases} from '../engine/log/segment-files.ts'
import type {SegmentVerdict} from '../engine/log/verify-segment.ts'
import {openPool} from './pool/pool.ts'
import {nodeStorage} from './storage.ts'

/** What a full check of a log found, a verdict a segment. */
export interface LogVerdict {
  readonly ok: boolean
  readonly records: number
  readonly bytes: number
  readonly segments: readonly (SegmentVerdict & {readonly ok: boolean})[]
}

/** Checks every segment of a partition's directory below `end`, on the pool's threads. */
export async function verifyLog(log: {
  dir: string
  end: number
  indexIntervalBytes: number
  entry: string
}): Promise<LogVerdict> {
  const {dir, end, indexIntervalBytes, entry} = log
  const bases = segmentBases((nodeStorage.list(dir) ?? []).map(entry => entry.name)).filter(base => base <= end)
  const epochs = readEpochs(nodeStorage, dir)
  const pool = openPool(entry)
  try {
    const verdicts = await Promise.all(
      bases.map((baseOffset, i) => {
        const next = bases[i + 1]
        const isClosed = next !== undefined
        return pool.verifySegment({dir, baseOffset, endOffset: next ?? end, indexIntervalBytes, epochs, isClosed})
      }),
    )
    const segments = verdicts
      .filter(verdict => verdict !== undefined)
      .map(verdict => ({...verdict, ok: verdict.damaged.length === 0 && verdict.problems.length === 0}))
    return {
      ok: segments.every(segment => segment.ok),
      records: segments.reduce((sum, segment) => sum + segment.records, 0),
      bytes: segments.reduce((sum, segment) => sum + segment.bytes, 0),
      segments,
    }
  } catch (error) {
    throw storageError(error, `verifying ${dir}`)
  } finally {
    await pool.close()
  }
}
