import fs from 'node:fs'
import {type LogOptions, OdradekError, type OpenLog, openLog} from '../../index.ts'
import {EXIT, failureText, UsageError} from '../failure.ts'
import {onlyTopic} from '../find-log.ts'
import {type Interrupt, onInterrupt} from '../interrupt.ts'
import {lineOf, linesOf} from '../lines.ts'
import {Output} from '../output.ts'
import {LineError, parseExported, parseLine} from '../parse-record.ts'
import {Progress} from '../progress.ts'
import type {Terminal} from '../terminal.ts'
import {countText, pathText, sizeText} from '../text.ts'

export interface ImportOptions {
  readonly topic?: string
  readonly json?: boolean
  readonly lines?: boolean
  readonly keyField?: string
  readonly timestampField?: string
  readonly durability?: string
  readonly segmentBytes?: number
  readonly maxMessageBytes?: number
}

/** Room for the JSON around the greatest record the log takes, and for its base64. */
const LINE_BYTES_MAX = 256 * 1024 * 1024

/** `odradek log import`. Returns the exit code. */
export async function importLog(
  dir: string,
  file: string | undefined,
  options: ImportOptions,
  terminal: Terminal,
): Promise<number> {
  const isFile = file !== undefined && file !== '-'
  const parse = parserOf(options)
  const logOptions = logOptionsOf(dir, options)
  // the file first: where it cannot be read, no log is made
  const handle = isFile ? await fs.promises.open(file) : undefined
  const status = await handle?.stat()
  if (status?.isDirectory())
    throw new UsageError(`${pathText(file!)} is a directory; give a file of lines, or - for stdin`)
  const source = handle?.createReadStream({highWaterMark: 256 * 1024}) ?? terminal.stdin
  const startedMs = performance.now()
  let stopped: Interrupt | undefined
  const log = await openLog(dir, logOptions)
  const ignoreInterrupts = onInterrupt(signal => {
    stopped = signal
    source.destroy()
  })
  const baseOffset = log.logEndOffset
  const progress = new Progress('importing', status?.size ?? 0, terminal.stderr)
  let bytes = 0
  let failure: unknown
  try {
    let number = 0
    for await (const lines of linesOf(source, LINE_BYTES_MAX)) {
      for (const ended of lines) {
        number++
        bytes += ended.length + 1
        const line = lineOf(ended, number)
        if (line.length === 0 && !options.lines) continue
        if (!append(log, line, number, parse)) await log.drained()
      }
      progress.at(bytes)
      if (stopped !== undefined) break
    }
  } catch (error) {
    if (stopped === undefined) failure = error
  }
  progress.end()
  ignoreInterrupts()
  await log.close().catch(error => {
    failure ??= error
  })
  const records = log.logEndOffset - baseOffset
  const ms = Math.round(performance.now() - startedMs)
  const isStopped = stopped !== undefined || failure !== undefined
  const out = new Output(terminal.stdout)
  if (options.json) out.object({records, bytes, baseOffset, lastOffset: log.logEndOffset - 1, ms})
  else if (!isStopped) out.line(`${importedText(log, baseOffset)}, ${sizeText(bytes)} read in ${ms} ms`)
  await out.flush()
  if (failure !== undefined) terminal.stderr.write(`odradek: ${failureText(failure)}\n`)
  if (isStopped) terminal.stderr.write(`odradek: stopped; ${importedText(log, baseOffset)} before that\n`)
  if (failure !== undefined) return EXIT.failed
  return stopped === undefined ? EXIT.fine : EXIT.cutShort(stopped)
}

function importedText(log: OpenLog, baseOffset: number): string {
  const records = log.logEndOffset - baseOffset
  const where = records === 0 ? '' : `, at offsets [${baseOffset}, ${log.logEndOffset})`
  return `${countText(records, 'record')} imported${where}`
}

type Parse = (line: Buffer) => ReturnType<typeof parseExported>

function append(log: OpenLog, line: Buffer, number: number, parse: Parse): boolean {
  try {
    return log.append(parse(line))
  } catch (error) {
    const isOfLine =
      error instanceof LineError ||
      (error instanceof OdradekError && (error.code === 'INVALID_RECORD' || error.code === 'MESSAGE_TOO_LARGE'))
    throw isOfLine ? new UsageError(`line ${number}: ${error.message}`) : error
  }
}

function parserOf(options: ImportOptions): Parse {
  const {lines, keyField: key, timestampField: timestamp} = options
  if (lines) return line => parseLine(line, {key, timestamp})
  if (key !== undefined || timestamp !== undefined)
    throw new UsageError('--key-field and --timestamp-field go with --lines')
  return parseExported
}

/** How the log is opened that takes what is imported. */
export function logOptionsOf(dir: string, options: ImportOptions): LogOptions {
  const {durability = 'synced', segmentBytes, maxMessageBytes} = options
  if (durability !== 'synced' && durability !== 'written')
    throw new UsageError(`--durability is synced or written, not ${durability}`)
  const topic = options.topic ?? onlyTopic(dir)
  return {
    durability,
    // what is imported may be old: nothing goes for its age before its owner has said how long it stays
    retentionMs: -1,
    ...(topic === undefined ? {} : {topic}),
    ...(segmentBytes === undefined ? {} : {segmentBytes}),
    ...(maxMessageBytes === undefined ? {} : {maxMessageBytes}),
  }
}
