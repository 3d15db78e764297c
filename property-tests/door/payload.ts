import {crc32} from 'node:zlib'

/** What a self-describing record says of itself. */
export interface Payload {
  readonly sender: string
  readonly sequence: number
}

const LEAST = 48

/** A value that says who sent it, as the how many-th, how long it is, and the hash of all that. */
export function payload(sender: string, sequence: number, length: number = LEAST): string {
  const head = `${sender} ${sequence} ${Math.max(length, LEAST)} `
  const body = head.padEnd(Math.max(length, LEAST) - 8, '.')
  return body + hash(body)
}

/** Takes a value back apart; throws where a single character of it is not as it was sent. */
export function readPayload(text: string): Payload {
  const [sender, sequence, length] = text.split(' ', 3)
  if (Number(length) !== text.length) throw new Error(`a payload of ${text.length} characters says it has ${length}`)
  if (hash(text.slice(0, -8)) !== text.slice(-8)) throw new Error(`the payload ${sender} ${sequence} fails its hash`)
  return {sender: sender!, sequence: Number(sequence)}
}

function hash(text: string): string {
  return crc32(text).toString(16).padStart(8, '0')
}
