import {ATTRIBUTES, BATCH, LOG_OVERHEAD} from './record-batch.ts'

/** Undoes a codec, by its number in a batch's attributes; undefined for one that is not at hand. Handed in, for the engine has none of its own. */
export type Decompress = (codec: number, bytes: Uint8Array) => Uint8Array | undefined

/** The batch's codec, 0 where its records are as they are walked. */
export function codecOf(view: DataView, at = 0): number {
  return view.getInt16(at + BATCH.attributes) & ATTRIBUTES.codec
}

/** A copy of the batch with these bytes for its records, which `codec` has compressed. It is not sealed. */
export function repack(batch: Uint8Array, codec: number, records: Uint8Array): Uint8Array {
  const repacked = new Uint8Array(BATCH.records + records.length)
  repacked.set(batch.subarray(0, BATCH.records))
  repacked.set(records, BATCH.records)
  const view = new DataView(repacked.buffer)
  view.setInt32(BATCH.batchLength, repacked.length - LOG_OVERHEAD)
  view.setInt16(BATCH.attributes, (view.getInt16(BATCH.attributes) & ~ATTRIBUTES.codec) | codec)
  return repacked
}
