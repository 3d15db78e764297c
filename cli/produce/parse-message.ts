import type {Message} from '../../doors/kafkajs.ts'
import {bytesOf, headersOf, LineError, parseObject} from '../parse-record.ts'

/** How lines become messages. */
export interface LineForm {
  readonly delimiter: string | undefined
  readonly key: string | undefined
  readonly partition: number | undefined
  readonly headers: Message['headers'] | undefined
  readonly emptyIsNull: boolean
}

/** A line is a value, or a key and a value with the delimiter between them. */
export function messageOf(line: Buffer, form: LineForm): Message {
  const {delimiter, emptyIsNull} = form
  const at = delimiter === undefined ? -1 : line.indexOf(delimiter)
  const key = at < 0 ? form.key : line.subarray(0, at)
  const value = at < 0 ? line : line.subarray(at + Buffer.byteLength(delimiter!))
  return {
    value: emptyIsNull && value.length === 0 ? null : value,
    ...(key === undefined || (emptyIsNull && key.length === 0) ? {} : {key}),
    ...(form.partition === undefined ? {} : {partition: form.partition}),
    ...(form.headers === undefined ? {} : {headers: form.headers}),
  }
}

/** A line of JSON, in our words or in kcat's; where the record was before is passed over, all but its partition where that is asked for. */
export function messageOfEnvelope(line: Buffer, form: LineForm): Message {
  const fields = parseObject(line)
  const value = 'value' in fields ? fields['value'] : fields['payload']
  if (value === undefined) throw new LineError('there is no field value, and no payload as kcat has it')
  const timestamp = fields['timestamp'] ?? fields['ts']
  if (timestamp !== undefined && !(Number.isSafeInteger(timestamp) && (timestamp as number) >= 0))
    throw new LineError(`the timestamp is a whole number of ms since 1970, not ${JSON.stringify(timestamp)}`)
  const headers = fields['headers']
  const key = bufferOf('key', fields['key'] ?? null)
  return {
    ...messageOf(Buffer.alloc(0), {...form, delimiter: undefined}),
    value: bufferOf('value', value),
    ...(key === null ? {} : {key}),
    ...(timestamp === undefined ? {} : {timestamp: String(timestamp)}),
    ...(headers === undefined ? {} : {headers: {...form.headers, ...gathered(pairsOf(headers))}}),
  }
}

function bufferOf(name: string, content: unknown): Buffer | string | null {
  return bytesOf(name, content) as Buffer | string | null
}

/** kcat puts names and values behind one another, we put each pair in brackets. */
function pairsOf(headers: unknown): [string, Buffer | string | null][] {
  const isFlat = Array.isArray(headers) && typeof headers[0] === 'string'
  if (!isFlat) return headersOf(headers) as [string, Buffer | string | null][]
  const pairs = Array.from({length: Math.ceil(headers.length / 2)}, (_, i) => [headers[2 * i], headers[2 * i + 1]])
  return headersOf(pairs) as [string, Buffer | string | null][]
}

/** A client keeps headers by their names: those that share one stand together. */
function gathered(pairs: readonly (readonly [string, Buffer | string | null])[]): NonNullable<Message['headers']> {
  const headers: {[name: string]: Buffer | string | (Buffer | string)[]} = {}
  for (const [name, value] of pairs) {
    const before = headers[name]
    // a client has no null there
    const content = value ?? ''
    if (before === undefined) headers[name] = content
    else headers[name] = Array.isArray(before) ? [...before, content] : [before, content]
  }
  return headers
}
