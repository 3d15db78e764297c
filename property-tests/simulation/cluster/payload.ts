/** What simulated producers write: text that says where it belongs, so that whoever reads it can tell (charter, ground rule 4). */
export interface Payload {
  readonly topicId: string
  readonly partition: number
  readonly producer: string
  readonly sequence: number
}

export function encodePayload({topicId, partition, producer, sequence}: Payload, filler: number): Uint8Array {
  const text = `${topicId} ${partition} ${producer} ${sequence} ${'.'.repeat(filler)}`
  return Buffer.from(`${text} ${sumOf(text)}`)
}

/** Throws where the bytes are not what was written. */
export function decodePayload(bytes: Uint8Array): Payload {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
  const [topicId, partition, producer, sequence, , sum = ''] = text.split(' ')
  const end = text.length - sum.length - 1
  if (String(sumOf(text, end)) !== sum) throw new Error(`a payload of wrong bytes: ${text}`)
  return {topicId: topicId!, partition: Number(partition), producer: producer!, sequence: Number(sequence)}
}

/** FNV-1a. */
function sumOf(text: string, end = text.length): number {
  let sum = 0x811c9dc5
  for (let i = 0; i < end; i++) sum = Math.imul(sum ^ text.charCodeAt(i), 0x01000193)
  return sum >>> 0
}
