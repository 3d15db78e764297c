import fs from 'node:fs'
import {promisify} from 'node:util'
import type {Crc32c} from '../engine/bytes/crc32c.ts'
import type {RandomBytes} from '../engine/log/data-dir.ts'
import {type LoadPlan, scanHere} from '../engine/log/load-log.ts'
import type {SegmentScan} from '../engine/log/scan-segment.ts'
import type {Storage} from '../engine/log/storage.ts'
import {loadCrc32c} from './checksum.ts'
import {type Clock, systemClock} from './clock.ts'
import {nodeStorage} from './storage.ts'

/** What a partition is opened on: handed in, so that a test can hand in a disk that fails, tears or forgets. */
export interface PartitionWorld {
  readonly storage: Storage
  readonly randomBytes: RandomBytes
  readonly crc32c: Crc32c
  readonly clock: Clock
  /** Reads the segments that recovery wants read. */
  readonly scan: (plan: LoadPlan, indexIntervalBytes: number) => Promise<SegmentScan[]>
  /** What tells a directory from another one that was put in its place; undefined where there is none. */
  readonly identityOf: (path: string) => string | undefined
}

/** The system's own. `entry` is the script of our threads. */
export function systemWorld(entry: string): PartitionWorld {
  const crc32c = loadCrc32c()
  return {
    storage: nodeStorage,
    // loaded for a new dir only: it takes longer than all the rest of opening one that is there
    randomBytes: length => process.getBuiltinModule('node:crypto').randomBytes(length),
    crc32c,
    clock: systemClock,
    scan: (plan, indexIntervalBytes) => scan(plan, {indexIntervalBytes, crc32c, entry}),
    identityOf,
  }
}

export function identityOf(path: string): string | undefined {
  const status = fs.statSync(path, {bigint: true, throwIfNoEntry: false})
  return status && `${status.dev} ${status.ino}`
}

interface ScanWith {
  readonly indexIntervalBytes: number
  readonly crc32c: Crc32c
  readonly entry: string
}

/** Reads segments, and puts them on stable storage meanwhile: recovery needs both, and the disk takes longer than the reading. */
async function scan(plan: LoadPlan, options: ScanWith): Promise<SegmentScan[]> {
  // begun first: reading one segment leaves this thread to nothing else
  const [, scans] = await Promise.all([storeSegments(plan), readSegments(plan, options)])
  return scans
}

/** One after the other. A sync that fails has failed for good: the system does not tell of it a second time. */
async function storeSegments(plan: LoadPlan): Promise<void> {
  for (const {path} of plan.scans) {
    const fd = fs.openSync(path, 'r+')
    try {
      await promisify(fs.fdatasync)(fd)
    } finally {
      fs.closeSync(fd)
    }
  }
}

/** One segment is read here, several in the pool. */
async function readSegments(plan: LoadPlan, options: ScanWith): Promise<SegmentScan[]> {
  if (plan.scans.length <= 1) return scanHere(nodeStorage, plan, options)
  const {openPool} = await import('./pool/pool.ts')
  const {indexIntervalBytes, entry} = options
  const pool = openPool(entry)
  try {
    return await Promise.all(plan.scans.map(segment => pool.scanSegment({...segment, indexIntervalBytes})))
  } finally {
    await pool.close()
  }
}
