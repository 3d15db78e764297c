import fs from 'node:fs'
import path from 'node:path'
import {OdradekError} from '../../engine/errors.ts'
import {offsetOfFile, SUFFIX, type Suffix} from '../../engine/log/segment-files.ts'
import {EXIT, UsageError} from '../failure.ts'
import {openView} from '../open-view.ts'
import {Output} from '../output.ts'
import type {Terminal} from '../terminal.ts'
import {pathText} from '../text.ts'
import {dumpIndex} from './dump-index.ts'
import {LogDump} from './dump-log.ts'
import {isRange, tellNothing} from './dump-range.ts'

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
export async function dump(given: string, options: DumpOptions, terminal: Terminal): Promise<number> {
  if (options.index && options.timeindex) throw new UsageError('choose one of --index and --timeindex')
  const target = targetOf(given, options)
  const out = new Output(terminal.stdout)
  if (target.suffix !== SUFFIX.log) return dumpIndexes(target, options, {out, terminal})
  const {view} = await openView(target.dir, options)
  return new LogDump(view, target.only, options, {out, terminal}).run()
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
    `${pathText(given)} is no file of a segment; give a directory, or a file with 20 digits and .log, .index or .timeindex`,
  )
}

async function dumpIndexes(
  target: Target,
  options: DumpOptions,
  {out, terminal}: {readonly out: Output; readonly terminal: Terminal},
): Promise<number> {
  const {view} = await openView(target.dir, options)
  const {from = 0, to = Number.POSITIVE_INFINITY} = options
  const bases = target.only === undefined ? view.bases() : [target.only]
  let found = 0
  for (const [i, base] of bases.entries()) {
    if ((bases[i + 1] ?? Number.POSITIVE_INFINITY) <= from || base >= to) continue
    found += await dumpIndex({view, base, suffix: target.suffix, json: options.json === true, from, to}, out)
    if (out.isClosed) break
  }
  if (found === 0 && isRange(options)) return tellNothing(view, options, terminal)
  return EXIT.fine
}
