import type {Bytes} from '../../engine/record/batch-builder.ts'
import type {RecordInput} from '../../index.ts'
import type {RecordParts} from '../records.ts'

/** A record as the public door takes it: headers of one name come together. */
export function toInput({key, value, timestamp, headers}: RecordParts): RecordInput {
  const values = new Map<string, (Bytes | null)[]>()
  for (const [name, content] of headers) values.set(name, [...(values.get(name) ?? []), content])
  return {key, value, timestamp, headers: Object.fromEntries(values)}
}
