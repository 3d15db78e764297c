import type {KafkaMessage} from '../../doors/kafkajs.ts'
import {UsageError} from '../failure.ts'
import {headersOf, type Place} from './message-json.ts'

/** What a format prints of a message. */
export type Format = (place: Place, message: KafkaMessage) => Uint8Array

type Piece = (place: Place, message: KafkaMessage) => string | Uint8Array | null

/** kcat's tokens. */
const TOKENS: Readonly<Record<string, Piece>> = {
  s: (_, {value}) => value,
  S: (_, {value}) => String(value?.length ?? -1),
  k: (_, {key}) => key,
  K: (_, {key}) => String(key?.length ?? -1),
  t: ({topic}) => topic,
  p: ({partition}) => String(partition),
  o: (_, {offset}) => offset,
  T: (_, {timestamp}) => timestamp,
  h: (_, message) =>
    headersOf(message)
      .map(([name, value]) => `${name}=${value ?? ''}`)
      .join(','),
  '%': () => '%',
}
const ESCAPES: Readonly<Record<string, string>> = {n: '\n', r: '\r', t: '\t', '\\': '\\', '0': '\0'}

/** Throws UsageError for a token that there is not. */
export function formatOf(text: string): Format {
  const pieces = [...text.matchAll(/%(.?)|\\x([\da-f]{2})|\\(.?)|[^%\\]+/gis)].map(
    ([all, token, hex, escaped]): Piece => {
      if (token !== undefined) {
        const piece = Object.hasOwn(TOKENS, token) ? TOKENS[token] : undefined
        if (piece === undefined)
          throw new UsageError(
            `--format has no %${token}; there are ${Object.keys(TOKENS)
              .map(name => `%${name}`)
              .join(' ')}`,
          )
        return piece
      }
      if (hex !== undefined) {
        const byte = Buffer.from(hex, 'hex')
        return () => byte
      }
      const plain = escaped === undefined ? all : (ESCAPES[escaped] ?? all)
      return () => plain
    },
  )
  return (place, message) => joined(pieces.map(piece => piece(place, message)))
}

/** The value, or the key, a delimiter and the value, on a line of its own. */
export function lineFormat(delimiter: string | undefined): Format {
  if (delimiter === undefined) return (_, {value}) => joined([value, '\n'])
  return (_, {key, value}) => joined([key, delimiter, value, '\n'])
}

function joined(parts: readonly (string | Uint8Array | null)[]): Uint8Array {
  return Buffer.concat(parts.map(part => (typeof part === 'string' ? Buffer.from(part) : (part ?? NOTHING))))
}

const NOTHING = new Uint8Array()
