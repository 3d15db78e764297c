import {headerProblem} from '../record/batch-check.ts'
import {BATCH, baseOffset, batchSize, hasProducer} from '../record/record-batch.ts'
import {readWhole} from './files.ts'
import {decodeProducerSnapshot, type ProducerSnapshotEntry} from './producer-snapshot.ts'
import {ProducerStates} from './producer-states.ts'
import type {DamagedRange, SegmentScan} from './scan-segment.ts'
import {offsetOfFile, SUFFIX, segmentFile} from './segment-files.ts'
import type {Storage, StorageFile} from './storage.ts'

/** Batches are many times as large, or many of them fit. */
const HEADERS_BYTES = 16 * 1024

/**
 * What a log that ends at `logEndOffset` knows of its producers: the newest snapshot of what is below, and the batches behind
 * it. `scans` are full reads of segments, which were made anyway: one that tells of no producer is not read again.
 */
export function recoverProducers(
  storage: Storage,
  dir: string,
  log: {bases: readonly number[]; logEndOffset: number; scans: readonly SegmentScan[]},
): ProducerStates {
  const {bases, logEndOffset, scans} = log
  const snapshot = newestSnapshot(storage, dir, logEndOffset)
  const producers = new ProducerStates(snapshot.entries)
  for (const [i, base] of bases.entries()) {
    const scan = scans.find(({baseOffset}) => baseOffset === base)
    if ((bases[i + 1] ?? logEndOffset) <= snapshot.offset || scan?.hasProducers === false) continue
    const file = storage.open(segmentFile(dir, base, SUFFIX.log), 'read')
    try {
      eachHeader(file, scan?.damaged ?? [], (view, at) => {
        if (baseOffset(view, at) >= snapshot.offset && hasProducer(view, at)) producers.replay(view, at)
      })
    } finally {
      file.close()
    }
  }
  producers.settle()
  return producers
}

/** Removes the snapshots above `offset`: they tell of batches that are cut. */
export function cutProducerSnapshots(storage: Storage, dir: string, offset: number): void {
  for (const above of snapshotOffsets(storage, dir))
    if (above > offset) storage.remove(segmentFile(dir, above, SUFFIX.snapshot))
}

/** The newest snapshot at or below `end` that is whole. One that is not goes, as in Kafka; without any, all of the log is read. */
function newestSnapshot(
  storage: Storage,
  dir: string,
  end: number,
): {offset: number; entries: readonly ProducerSnapshotEntry[]} {
  for (const offset of snapshotOffsets(storage, dir).sort((a, b) => b - a)) {
    if (offset > end) continue
    const path = segmentFile(dir, offset, SUFFIX.snapshot)
    const entries = decodeProducerSnapshot(readWhole(storage, path)!)
    if (entries !== undefined) return {offset, entries}
    storage.remove(path)
  }
  return {offset: 0, entries: []}
}

function snapshotOffsets(storage: Storage, dir: string): number[] {
  return (storage.list(dir) ?? [])
    .filter(entry => !entry.directory)
    .map(entry => offsetOfFile(entry.name, SUFFIX.snapshot))
    .filter(offset => offset !== undefined)
}

/** Shows the header of each batch and reads little else. What is known to be damaged is passed over; anything else that is no header ends it. */
function eachHeader(
  file: StorageFile,
  damaged: readonly DamagedRange[],
  show: (view: DataView, at: number) => void,
): void {
  const bytes = new Uint8Array(HEADERS_BYTES)
  const view = new DataView(bytes.buffer)
  const skipped = new Map(damaged.map(({position, length}) => [position, length]))
  const size = file.size()
  let start = 0
  let length = 0
  let position = 0
  while (position + BATCH.records <= size) {
    const skip = skipped.get(position)
    if (skip !== undefined) {
      position += skip
      continue
    }
    if (position + BATCH.records > start + length) {
      start = position
      length = file.read(bytes, 0, bytes.length, position)
    }
    const at = position - start
    if (headerProblem(view, at, Number.POSITIVE_INFINITY) !== undefined) return
    show(view, at)
    position += batchSize(view, at)
  }
}
