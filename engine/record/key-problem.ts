import {ATTRIBUTES, BATCH} from './record-batch.ts'
import {RecordWalker} from './record-walker.ts'
import {codecOf, type Decompress, repack} from './repack.ts'

/** Why a batch cannot go into a log that is compacted; undefined where it can, or where what it is compressed with is not at hand. */
export function keyProblem(batch: Uint8Array, view: DataView, decompress?: Decompress): string | undefined {
  if (view.getInt16(BATCH.attributes) & ATTRIBUTES.control) return undefined
  const codec = codecOf(view)
  if (codec === 0) return problemOf(batch)
  let records: Uint8Array | undefined
  try {
    records = decompress?.(codec, batch.subarray(BATCH.records))
  } catch (error) {
    return `records do not decompress: ${(error as Error).message}`
  }
  return records && problemOf(repack(batch, 0, records))
}

function problemOf(batch: Uint8Array): string | undefined {
  const walker = new RecordWalker(batch)
  walker.enter(0)
  while (walker.next()) if (walker.keyLength < 0) return 'a record of a log that is compacted needs a key'
  return walker.problem
}
