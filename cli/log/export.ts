import type {RecordWalker} from '../../engine/record/record-walker.ts'
import type {Position} from '../arguments.ts'
import {EXIT, UsageError} from '../failure.ts'
import {openView} from '../open-view.ts'
import {Output} from '../output.ts'
import {toJson, valueBytes} from '../record-json.ts'
import type {Terminal} from '../terminal.ts'
import {resolvePosition} from './position.ts'
import {ReadProgress} from './read-progress.ts'
import {RecordReading} from './read-records.ts'

export interface ExportOptions {
  readonly topic?: string
  readonly json?: boolean
  readonly values?: boolean
  readonly from?: Position
  readonly to?: number
}

const LINE_FEED = Buffer.from('\n')

/** `odradek log export`. Returns the exit code. */
export async function exportLog(dir: string, options: ExportOptions, terminal: Terminal): Promise<number> {
  if (options.json && options.values) throw new UsageError('choose one of --json and --values')
  const {view} = await openView(dir, options)
  const end = view.end().offset
  const from = resolvePosition(view, options.from ?? 'earliest', end)
  // a bar on the same terminal as the records would be in their way
  const progress = new ReadProgress('exporting', view, terminal.stderr, {shows: !terminal.stdout.isTTY})
  const out = new Output(terminal.stdout)
  const cursor = view.cursor(from)
  const reading = new RecordReading({
    cursor,
    from,
    limit: Math.min(options.to ?? end, end),
    out,
    show: options.values ? walker => showValue(out, walker) : walker => out.object(toJson(walker)),
    warn(text) {
      progress.end()
      terminal.stderr.write(`odradek: ${text}\n`)
    },
    onBatch: position => progress.at(cursor.baseOffset, position),
  })
  try {
    await reading.run()
  } finally {
    progress.end()
    cursor.close()
  }
  return reading.hasLost ? EXIT.failed : EXIT.fine
}

function showValue(out: Output, walker: RecordWalker): void {
  const value = valueBytes(walker)
  if (value !== null) out.bytes(value)
  out.bytes(LINE_FEED)
}
