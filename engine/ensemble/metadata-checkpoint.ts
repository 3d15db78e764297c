import {crc32c} from '../bytes/crc32c.ts'
import {readWhole, replaceFile} from '../log/files.ts'
import type {Storage} from '../log/storage.ts'
import {batchProblem, sealBatch} from '../record/batch-check.ts'
import type {MetadataSnapshot} from './consensus.ts'
import {decodeJson, encodeJson, type Position} from './metadata-batch.ts'

const NAME = /^(\d{20})-(\d{10})\.checkpoint$/

/** A snapshot of everything committed below its position, in the place of the log up to there. */
export interface Checkpoint {
  readonly position: Position
  readonly snapshot: MetadataSnapshot
}

function nameOf({epoch, end}: Position): string {
  return `${String(end).padStart(20, '0')}-${String(epoch).padStart(10, '0')}.checkpoint`
}

/** Stores a snapshot under Kafka's name for it, as one record batch, and removes those before it. */
export function writeCheckpoint(storage: Storage, dir: string, {position, snapshot}: Checkpoint, nowMs: number): void {
  const bytes = encodeJson([snapshot], nowMs)
  sealBatch(bytes, viewOf(bytes), 0, crc32c)
  replaceFile(storage, `${dir}/${nameOf(position)}`, bytes)
  for (const earlier of positionsOf(storage, dir)) {
    if (earlier.end < position.end) storage.remove(`${dir}/${nameOf(earlier)}`)
  }
}

/** The newest snapshot; undefined where there is none, and 'damaged' where its bytes fail their check. */
export function readCheckpoint(storage: Storage, dir: string): Checkpoint | undefined | 'damaged' {
  const position = positionsOf(storage, dir).at(-1)
  if (position === undefined) return undefined
  const bytes = readWhole(storage, `${dir}/${nameOf(position)}`)!
  if (batchProblem(bytes, viewOf(bytes), 0, bytes.length, crc32c) !== undefined) return 'damaged'
  return {position, snapshot: decodeJson(bytes, 0)[0] as MetadataSnapshot}
}

function positionsOf(storage: Storage, dir: string): Position[] {
  return (storage.list(dir) ?? [])
    .map(({name}) => NAME.exec(name))
    .filter(match => match !== null)
    .map(([, end, epoch]) => ({end: Number(end), epoch: Number(epoch)}))
    .sort((a, b) => a.end - b.end)
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}
