import fs from 'node:fs'
import type {Readable} from 'node:stream'
import {CompressionTypes, type Message} from '../../doors/kafkajs.ts'
import {EXIT, failureText, UsageError} from '../failure.ts'
import {lineOf, linesOf} from '../lines.ts'
import {Output} from '../output.ts'
import {LineError} from '../parse-record.ts'
import {onTarget, type Stop} from '../target/on-target.ts'
import type {TargetOptions} from '../target/open-target.ts'
import type {Terminal} from '../terminal.ts'
import {countText, harmless, pathText, sizeText} from '../text.ts'
import {type LineForm, messageOf, messageOfEnvelope} from './parse-message.ts'
import {Sending} from './sending.ts'

export interface ProduceOptions extends TargetOptions {
  readonly json?: boolean
  readonly keyDelimiter?: string
  readonly key?: string
  readonly partition?: number
  readonly header?: readonly string[]
  readonly envelope?: boolean
  readonly null?: boolean
  readonly compress?: string
  readonly acks?: string
}

/** Greater than any record that a cluster takes, with room for JSON around it. */
const LINE_BYTES_MAX = 256 * 1024 * 1024
const ACKS = new Map([
  ['0', 0],
  ['1', 1],
  ['all', -1],
  ['-1', -1],
])
const CODECS = new Map<string, number>([
  ['none', CompressionTypes.None],
  ['gzip', CompressionTypes.GZIP],
])

/** `odradek produce`. Returns the exit code. */
export async function produce(
  topic: string,
  file: string | undefined,
  options: ProduceOptions,
  terminal: Terminal,
): Promise<number> {
  const form = formOf(options)
  const parse = (line: Buffer): Message => (options.envelope ? messageOfEnvelope(line, form) : messageOf(line, form))
  const acks = choice('--acks', options.acks ?? 'all', ACKS)
  const compression = choice('--compress', options.compress ?? 'none', CODECS)
  // the file first: where it cannot be read, no cluster is made
  const source = await sourceOf(file, terminal)
  return onTarget({...options, makes: true}, async ({kafka}, stop) => {
    const startedMs = performance.now()
    const producer = kafka.producer({allowAutoTopicCreation: true})
    await producer.connect()
    const sending = new Sending(producer, {topic, acks, compression})
    if (source === terminal.stdin && terminal.stdin.isTTY) terminal.stderr.write('a line is a record; Ctrl-D ends\n')
    let bytes = 0
    let failure: unknown
    try {
      bytes = await sendLines(source, {sending, parse, stop, keepsEmpty: !options.envelope})
    } catch (error) {
      failure = error
    }
    await producer.disconnect()
    const ms = Math.round(performance.now() - startedMs)
    const {records} = sending
    const partitions = [...sending.baseOffsets].map(([partition, baseOffset]) => ({partition, baseOffset}))
    const out = new Output(terminal.stdout)
    const sent = `${countText(records, 'record')} sent to ${harmless(topic)}`
    if (options.json) out.object({topic, records, bytes, ms, partitions})
    else if (failure === undefined && stop.signal === undefined)
      out.line(`${sent}, ${sizeText(bytes)} read in ${ms} ms`)
    await out.flush()
    if (failure !== undefined) terminal.stderr.write(`odradek: ${failureText(failure)}\n`)
    if (failure !== undefined || stop.signal !== undefined)
      terminal.stderr.write(`odradek: stopped; ${sent} before that\n`)
    if (failure !== undefined) return EXIT.failed
    return stop.signal === undefined ? EXIT.fine : EXIT.cutShort(stop.signal)
  })
}

interface LineSending {
  readonly sending: Sending
  readonly parse: (line: Buffer) => Message
  readonly stop: Stop
  readonly keepsEmpty: boolean
}

/** Returns how many bytes were read. What was read before Ctrl-C, or before a line that is wrong, is sent. */
async function sendLines(source: Readable, {sending, parse, stop, keepsEmpty}: LineSending): Promise<number> {
  stop.aborted.addEventListener('abort', () => source.destroy(), {once: true})
  let number = 0
  let bytes = 0
  try {
    for await (const lines of linesOf(source, LINE_BYTES_MAX)) {
      for (const ended of lines) {
        number++
        bytes += ended.length + 1
        const line = lineOf(ended, number)
        if (line.length > 0 || keepsEmpty) sending.add(parsed(line, number, parse))
      }
      await sending.room()
      if (stop.signal !== undefined) break
    }
  } catch (error) {
    // a source that was destroyed by Ctrl-C
    if (stop.signal === undefined) {
      await sending.flushed()
      throw error
    }
  }
  await sending.flushed()
  return bytes
}

function parsed(line: Buffer, number: number, parse: LineSending['parse']): Message {
  try {
    return parse(line)
  } catch (error) {
    throw error instanceof LineError ? new UsageError(`line ${number}: ${error.message}`) : error
  }
}

function formOf(options: ProduceOptions): LineForm {
  const {keyDelimiter: delimiter, key, partition, header, envelope} = options
  if (delimiter !== undefined && envelope) throw new UsageError('--key-delimiter and --envelope exclude each other')
  if (delimiter === '') throw new UsageError('--key-delimiter is at least one character')
  return {delimiter, key, partition, headers: headersOf(header), emptyIsNull: options.null ?? false}
}

function headersOf(texts: readonly string[] | undefined): Message['headers'] | undefined {
  if (texts === undefined) return undefined
  const headers: {[name: string]: string} = {}
  for (const text of texts) {
    const at = text.indexOf('=')
    if (at < 1) throw new UsageError(`--header is given as name=value, not '${text}'`)
    headers[text.slice(0, at)] = text.slice(at + 1)
  }
  return headers
}

function choice(option: string, text: string, choices: ReadonlyMap<string, number>): number {
  const chosen = choices.get(text)
  if (chosen === undefined) throw new UsageError(`${option} is ${[...choices.keys()].join(', ')}, not ${text}`)
  return chosen
}

async function sourceOf(file: string | undefined, terminal: Terminal): Promise<Terminal['stdin']> {
  if (file === undefined || file === '-') return terminal.stdin
  const handle = await fs.promises.open(file)
  if ((await handle.stat()).isDirectory()) {
    await handle.close()
    throw new UsageError(`${pathText(file)} is a directory; give a file of lines, or - for stdin`)
  }
  return handle.createReadStream({highWaterMark: 256 * 1024})
}
