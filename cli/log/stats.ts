import {EXIT} from '../failure.ts'
import {openRecords, openView} from '../open-view.ts'
import {Output} from '../output.ts'
import {paintFor} from '../paint.ts'
import type {Terminal} from '../terminal.ts'
import {factsOf} from './facts.ts'
import {factLines} from './facts-text.ts'
import {ReadProgress} from './read-progress.ts'
import {RecordCounts} from './record-counts.ts'
import {isLoss, troubleText} from './trouble.ts'

export interface StatsOptions {
  readonly topic?: string
  readonly json?: boolean
}

/** `odradek log stats`. Returns the exit code: damage that stands in the way of reading is a failure. */
export async function stats(dir: string, options: StatsOptions, terminal: Terminal): Promise<number> {
  const {view, name, owner} = await openView(dir, options)
  // before the end: of a log that grows, more is synced a moment later
  const syncedEnd = view.syncedEnd()
  const {offset: end, torn} = view.end()
  const bases = view.bases()
  const start = view.logStartOffset()
  const cursor = view.cursor(Math.min(start, end))
  const progress = new ReadProgress('reading', view, terminal.stderr)
  const counts = new RecordCounts()
  const records = openRecords()
  const damage: string[] = []
  try {
    while (cursor.nextOffset < end) {
      const step = cursor.next()
      if (step.kind === 'end') break
      if (step.kind === 'batch') counts.take(cursor, records)
      else if (isLoss(step)) damage.push(troubleText(step))
      progress.at(cursor.baseOffset, cursor.position)
    }
  } finally {
    progress.end()
    cursor.close()
  }
  const facts = factsOf(
    {view, name, bases, counts, damage, owner: owner()},
    {start, end, syncedEnd, tornBytes: torn?.length ?? 0},
  )
  const out = new Output(terminal.stdout)
  if (options.json) out.object(facts)
  else for (const line of factLines(facts, paintFor(terminal.stdout))) out.line(line)
  await out.flush()
  return damage.length === 0 ? EXIT.fine : EXIT.failed
}
