import {setTimeout} from 'node:timers/promises'
import type {RecordWalker} from '../../engine/record/record-walker.ts'
import type {Position} from '../arguments.ts'
import {EXIT} from '../failure.ts'
import {onInterrupt} from '../interrupt.ts'
import {openView} from '../open-view.ts'
import {Output} from '../output.ts'
import {type Paint, paintFor} from '../paint.ts'
import {headersOf, keyBytes, toJson, valueBytes} from '../record-json.ts'
import type {Terminal} from '../terminal.ts'
import {bytesText, harmless, timeText} from '../text.ts'
import {resolvePosition} from './position.ts'
import {RecordReading} from './read-records.ts'

export interface TailOptions {
  readonly topic?: string
  readonly json?: boolean
  readonly records?: number
  readonly from?: Position
  readonly follow?: boolean
}

const LAST = 10
/** How often a follower looks for more; it costs the owner nothing. */
const LOOK_MS = 50

/** `odradek log tail`. Returns the exit code. */
export async function tail(dir: string, options: TailOptions, terminal: Terminal): Promise<number> {
  const {view} = await openView(dir, options)
  const end = view.end().offset
  const first = resolvePosition(view, options.from ?? {last: options.records ?? LAST}, end)
  const limit = options.follow ? Number.POSITIVE_INFINITY : end
  const out = new Output(terminal.stdout)
  const paint = paintFor(terminal.stdout)
  // with a place to begin, -n bounds how many come from there
  const most = options.from === undefined ? Number.POSITIVE_INFINITY : (options.records ?? Number.POSITIVE_INFINITY)
  let shown = 0
  const cursor = view.cursor(first)
  const reading = new RecordReading({
    cursor,
    from: first,
    limit,
    out,
    show(walker) {
      if (shown++ >= most) return
      if (options.json) out.object(toJson(walker))
      else out.line(recordLine(walker, paint))
      if (shown === most) reading.isDone = true
    },
    warn: text => terminal.stderr.write(`odradek: ${text}\n`),
  })
  reading.isDone = most === 0
  // Ctrl-C is how a follower ends; anything else it cuts short
  const ignoreInterrupts = options.follow
    ? onInterrupt(() => {
        reading.isDone = true
      })
    : () => {}
  try {
    for (;;) {
      await reading.run()
      if (!options.follow || reading.isDone) break
      await setTimeout(LOOK_MS)
    }
  } finally {
    ignoreInterrupts()
    cursor.close()
  }
  return reading.hasLost ? EXIT.failed : EXIT.fine
}

function recordLine(walker: RecordWalker, paint: Paint): string {
  const parts = [paint.green(String(walker.offset)), paint.dim(timeText(walker.timestamp))]
  const key = keyBytes(walker)
  parts.push(key === null ? paint.dim('-') : paint.yellow(bytesText(key)))
  parts.push(bytesText(valueBytes(walker)))
  const headers = headersOf(walker)
  if (headers.length > 0)
    parts.push(paint.dim(`{${headers.map(([name, value]) => `${harmless(name)}: ${bytesText(value)}`).join(', ')}}`))
  return parts.join('  ')
}
