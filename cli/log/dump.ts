import fs from 'node:fs'
import path from 'node:path'
import {OdradekError} from '../../engine/errors.ts'
import {offsetOfFile, SUFFIX, type Suffix, segmentFile} from '../../engine/log/segment-files.ts'
import {EXIT, UsageError} from '../failure.ts'
import {openRecords, openView} from '../open-view.ts'
import {Output} from '../output.ts'
import {toJson} from '../record-json.ts'
import {harmless} from '../text.ts'
import {dumpIndex} from './dump-index.ts'
import {batchLine, dumpedBatch, recordLine} from './dump-text.ts'
import {isLoss, troubleText} from './trouble.ts'

export interface DumpOptions {
  readonly topic?: string
  readonly json?: boolean
  readonly records?: boolean
  readonly from?: number
  readonly to?: number
  readonly index?: boolean
  readonly timeindex?: boolean
}

/** Which files of a log to dump. */
interface Target {
  readonly dir: string
  readonly suffix: Suffix
  /** Of one segment only. */
  readonly only: number | undefined
}

/** `odradek log dump`. Returns the exit code. */
export async function dump(given: string, options: DumpOptions): Promise<number> {
  if (options.index && options.timeindex) throw new UsageError('choose one of --index and --timeindex')
  const target = targetOf(given, options)
  const out = new Output()
  return target.suffix === SUFFIX.log ? dumpLog(target, options, out) : dumpIndexes(target, options, out)
}

function targetOf(given: string, options: DumpOptions): Target {
  if (!fs.statSync(given, {throwIfNoEntry: false})?.isFile()) {
    const suffix = options.index ? SUFFIX.index : options.timeindex ? SUFFIX.timeIndex : SUFFIX.log
    return {dir: given, suffix, only: undefined}
  }
  for (const suffix of [SUFFIX.log, SUFFIX.index, SUFFIX.timeIndex]) {
    const only = offsetOfFile(path.basename(given), suffix)
    if (only !== undefined) return {dir: path.dirname(path.resolve(given)), suffix, only}
  }
  throw new OdradekError(
    'INVALID_ARGUMENT',
    `${given} is no file of a segment; give a directory, or a file with 20 digits and .log, .index or .timeindex`,
  )
}

async function dumpIndexes(target: Target, options: DumpOptions, out: Output): Promise<number> {
  const {view} = await openView(target.dir, options)
  const {from = 0, to = Number.POSITIVE_INFINITY} = options
  const bases = target.only === undefined ? view.bases() : [target.only]
  for (const [i, base] of bases.entries()) {
    if ((bases[i + 1] ?? Number.POSITIVE_INFINITY) <= from || base >= to) continue
    await dumpIndex({view, base, suffix: target.suffix, json: options.json === true, from, to}, out)
    if (out.isClosed) break
  }
  return EXIT.fine
}

async function dumpLog(target: Target, options: DumpOptions, out: Output): Promise<number> {
  const {view} = await openView(target.dir, options)
  const {from = 0, to = Number.POSITIVE_INFINITY, json = false} = options
  const start = view.bases()[0] ?? 0
  const cursor = view.cursor(Math.max(from, target.only ?? start))
  const records = openRecords()
  const clean = process.stdout.isTTY ? harmless : (text: string) => text
  let base = -1
  let exit: number = EXIT.fine
  try {
    while (cursor.nextOffset < to && !out.isClosed) {
      const step = cursor.next()
      if (target.only !== undefined && cursor.baseOffset !== target.only) break
      if (cursor.baseOffset !== base && !json) {
        base = cursor.baseOffset
        out.line(`Dumping ${segmentFile(view.dir, base, SUFFIX.log)}`)
        out.line(`Log starting offset: ${base}`)
      }
      if (step.kind === 'end') break
      if (step.kind !== 'batch') {
        if (isLoss(step)) exit = EXIT.failed
        if (json) out.object(jsonOfTrouble(step))
        else process.stderr.write(`odradek: ${troubleText(step)}\n`)
        continue
      }
      const {bytes, view: batchView, at, position} = cursor
      const batch = dumpedBatch(batchView, at, position)
      if (batch.baseOffset >= to) break
      if (json) out.object({type: 'batch', segment: cursor.baseOffset, ...batch})
      else out.line(batchLine(batch))
      if (options.records) {
        const problem = records.enter(bytes, batchView, at)
        const {walker} = records
        while (problem === undefined && walker.next()) {
          if (walker.offset < from || walker.offset >= to) continue
          if (json) out.object({type: 'record', ...toJson(walker)})
          else out.line(clean(recordLine(walker, batch)))
          if (out.isFull) await out.flush()
        }
        const failed = problem ?? walker.problem
        if (failed !== undefined) {
          exit = EXIT.failed
          process.stderr.write(`odradek: the batch at offset ${batch.baseOffset}: ${failed}\n`)
        }
      }
      if (out.isFull) await out.flush()
    }
    await out.flush()
  } finally {
    cursor.close()
  }
  return exit
}

function jsonOfTrouble(step: Parameters<typeof troubleText>[0]): object {
  if (step.kind === 'gap') return {type: 'gap', why: step.why, from: step.from, to: step.to}
  const {nextOffset = null, ...range} = step.range
  return {type: 'damage', segment: step.baseOffset, ...range, nextOffset}
}
