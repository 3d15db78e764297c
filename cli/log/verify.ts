import type {SegmentVerdict} from '../../engine/log/verify-segment.ts'
import {type SegmentOutcome, type ViewVerdict, verifyView} from '../../engine/view/verify-view.ts'
import {EXIT} from '../failure.ts'
import {type LogOwner, openView} from '../open-view.ts'
import {Output} from '../output.ts'
import {type Paint, paintFor} from '../paint.ts'
import type {Terminal} from '../terminal.ts'
import {countText, sizeText} from '../text.ts'
import {ownerText} from './owner-text.ts'
import {ReadProgress} from './read-progress.ts'

export interface VerifyOptions {
  readonly topic?: string
  readonly json?: boolean
}

/** `odradek log verify`. Returns the exit code. */
export async function verify(dir: string, options: VerifyOptions, terminal: Terminal): Promise<number> {
  const {view, name, owner} = await openView(dir, options)
  const out = new Output(terminal.stdout)
  const paint = paintFor(terminal.stdout)
  const progress = new ReadProgress('verifying', view, terminal.stderr)
  const sum = {segments: 0, records: 0, bytes: 0, ok: true}
  const check = verifyView(view, {
    isOwned: () => owner() !== undefined,
    onProgress: (baseOffset, bytes) => progress.at(baseOffset, bytes),
  })
  for (;;) {
    const {value, done} = check.next()
    progress.end()
    if (done) {
      const ok = sum.ok && value.problems.length === 0
      if (options.json) out.object(jsonOfLog(value, {...sum, ok}, owner()))
      else for (const line of logLines(name, value, {...sum, ok}, {owner: owner(), paint})) out.line(line)
      await out.flush()
      return ok ? EXIT.fine : EXIT.failed
    }
    if (!value.deleted) {
      sum.segments++
      sum.records += value.verdict.records
      sum.bytes += value.verdict.bytes
      sum.ok &&= value.ok
    }
    if (options.json) out.object(jsonOfSegment(value))
    else for (const line of segmentLines(value, paint)) out.line(line)
    await out.flush()
  }
}

interface Sum {
  readonly segments: number
  readonly records: number
  readonly bytes: number
  readonly ok: boolean
}

function jsonOfSegment(outcome: SegmentOutcome): object {
  if (outcome.deleted) return {type: 'deleted', baseOffset: outcome.baseOffset}
  const {baseOffset, endOffset, bytes, batches, records, damaged, problems} = outcome.verdict
  const ranges = damaged.map(range => ({...range, nextOffset: range.nextOffset ?? null}))
  return {type: 'segment', baseOffset, endOffset, bytes, batches, records, ok: outcome.ok, damaged: ranges, problems}
}

function jsonOfLog(verdict: ViewVerdict, sum: Sum, owner: LogOwner | undefined): object {
  const {logStartOffset, logEndOffset, syncedEnd, torn, problems} = verdict
  const {ok, segments, records, bytes} = sum
  const ends = {logStartOffset, logEndOffset, syncedEnd}
  return {type: 'log', ok, segments, records, bytes, ...ends, torn: torn ?? null, problems, owner: owner ?? null}
}

function segmentLines(outcome: SegmentOutcome, paint: Paint): string[] {
  if (outcome.deleted) return [`segment ${outcome.baseOffset}: deleted meanwhile`]
  const {verdict, ok} = outcome
  const {baseOffset, endOffset, records, batches, bytes} = verdict
  const what = `${countText(records, 'record')}, ${countText(batches, 'batch', 'batches')}, ${sizeText(bytes)}`
  const head = `segment ${baseOffset}: offsets [${baseOffset}, ${endOffset}), ${what}: `
  return [head + (ok ? paint.green('ok') : paint.red('DAMAGED')), ...complaints(verdict).map(text => `  ${text}`)]
}

function complaints({damaged, problems}: SegmentVerdict): string[] {
  const ranges = damaged.map(({position, length, offset, nextOffset, why}) => {
    const missing = nextOffset === undefined ? `from offset ${offset} on` : `offsets [${offset}, ${nextOffset})`
    return `byte ${position}, ${length} bytes, ${missing}: ${why}`
  })
  return [...ranges, ...problems]
}

function logLines(
  name: string,
  verdict: ViewVerdict,
  sum: Sum,
  told: {owner: LogOwner | undefined; paint: Paint},
): string[] {
  const {logStartOffset, logEndOffset, syncedEnd, torn, problems} = verdict
  const {owner, paint} = told
  const lines = problems.map(problem => paint.red(problem))
  if (torn !== undefined) {
    const fate = owner === undefined ? 'a torn tail, which the next opening cuts off' : 'being written'
    lines.push(
      `${torn.length} bytes behind byte ${torn.position} of segment ${torn.baseOffset}, from offset ${torn.offset}: ${fate}`,
    )
  }
  const ends = `offsets [${logStartOffset}, ${logEndOffset}), synced up to ${syncedEnd}`
  const what = `${countText(sum.records, 'record')} in ${countText(sum.segments, 'segment')}, ${sizeText(sum.bytes)}`
  lines.push(`${paint.bold(name)}: ${what}; ${ends}; ${ownerText(owner)}`)
  lines.push(sum.ok ? paint.green('intact') : paint.red('DAMAGED'))
  return lines
}
