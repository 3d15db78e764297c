import type {RecordInput} from '../client/record.ts'
import {timestampOf} from './arguments.ts'

/** A line that is no record; the message says why. */
export class LineError extends Error {}

type Bytes = string | Uint8Array | null

const FIELDS = ['offset', 'timestamp', 'key', 'value', 'headers']

/** A record from a line that export printed. The offset is not taken over: the log gives a new one. */
export function parseExported(line: Buffer): RecordInput {
  const fields = parseObject(line)
  const unknown = Object.keys(fields).find(name => !FIELDS.includes(name))
  if (unknown !== undefined || !('value' in fields))
    throw new LineError(
      `${unknown === undefined ? 'there is no field value' : `there is a field ${unknown}`}; export prints ${FIELDS.join(', ')}; use --lines for lines of another kind`,
    )
  const {timestamp, headers} = fields
  return {
    key: bytesOf('key', fields['key'] ?? null),
    value: bytesOf('value', fields['value']),
    ...(timestamp === undefined ? {} : {timestamp: timestamp as number}),
    ...(headers === undefined ? {} : {headers: headersOf(headers)}),
  }
}

/** The line itself as a value; its key and time may be found in it. */
export function parseLine(line: Buffer, fields: {key: string | undefined; timestamp: string | undefined}): RecordInput {
  if (fields.key === undefined && fields.timestamp === undefined) return line
  const object = parseObject(line)
  const key = fields.key === undefined ? undefined : object[fields.key]
  return {
    value: line,
    ...(key === undefined || key === null ? {} : {key: typeof key === 'string' ? key : JSON.stringify(key)}),
    ...(fields.timestamp === undefined ? {} : {timestamp: timeOf(fields.timestamp, object[fields.timestamp])}),
  }
}

function timeOf(name: string, value: unknown): number {
  const timestamp = typeof value === 'string' || typeof value === 'number' ? timestampOf(String(value)) : undefined
  if (timestamp === undefined) throw new LineError(`field ${name} is no time in ms or ISO 8601`)
  return timestamp
}

export function headersOf(headers: unknown): [string, Bytes][] {
  if (!Array.isArray(headers)) throw new LineError('headers are a list of [name, value] pairs')
  return headers.map(pair => {
    if (!Array.isArray(pair) || pair.length !== 2 || typeof pair[0] !== 'string')
      throw new LineError('headers are a list of [name, value] pairs')
    return [pair[0], bytesOf(`header ${pair[0]}`, pair[1])]
  })
}

export function bytesOf(name: string, value: unknown): Bytes {
  if (value === null || typeof value === 'string') return value
  const base64 = (value as {base64?: unknown} | undefined)?.base64
  if (typeof base64 !== 'string') throw new LineError(`${name} is text, null or {"base64": text}`)
  const bytes = Buffer.from(base64, 'base64')
  // the decoder passes over what is not base64
  if (bytes.toString('base64') !== base64) throw new LineError(`${name} is not in base64`)
  return bytes
}

export function parseObject(line: Buffer): Record<string, unknown> {
  let parsed: unknown
  try {
    parsed = JSON.parse(line.toString())
  } catch (error) {
    throw new LineError(`not JSON: ${(error as Error).message}`)
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw new LineError('not a JSON object')
  return parsed as Record<string, unknown>
}
