import {ATTRIBUTES, BATCH} from './record-batch.ts'
import {RecordWalker} from './record-walker.ts'

/** Why a batch cannot go into a log that is compacted; undefined where it can. What is compressed is not looked into. */
export function keyProblem(batch: Uint8Array, view: DataView): string | undefined {
  if (view.getInt16(BATCH.attributes) & (ATTRIBUTES.codec | ATTRIBUTES.control)) return undefined
  const walker = new RecordWalker(batch)
  walker.enter(0)
  while (walker.next()) if (walker.keyLength < 0) return 'a record of a log that is compacted needs a key'
  return walker.problem
}
