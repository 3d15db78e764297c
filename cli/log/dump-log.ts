import {SUFFIX, segmentFile} from '../../engine/log/segment-files.ts'
import type {Step} from '../../engine/view/batch-cursor.ts'
import type {LogView} from '../../engine/view/log-view.ts'
import {EXIT} from '../failure.ts'
import {openRecords} from '../open-view.ts'
import type {Output} from '../output.ts'
import {toJson} from '../record-json.ts'
import type {Terminal} from '../terminal.ts'
import {harmless} from '../text.ts'
import {isRange, tellNothing} from './dump-range.ts'
import {batchLine, type DumpedBatch, dumpedBatch, recordLine} from './dump-text.ts'
import {isLoss, offsets, troubleText} from './trouble.ts'

export interface LogDumpOptions {
  readonly json?: boolean
  readonly records?: boolean
  readonly from?: number
  readonly to?: number
}

/** Prints the batches of a log, or of one segment, in their order. */
export class LogDump {
  readonly #view: LogView
  readonly #only: number | undefined
  readonly #options: LogDumpOptions
  readonly #to: {readonly out: Output; readonly terminal: Terminal}
  readonly #records = openRecords()
  #exit: number = EXIT.fine

  constructor(
    view: LogView,
    only: number | undefined,
    options: LogDumpOptions,
    to: {readonly out: Output; readonly terminal: Terminal},
  ) {
    this.#view = view
    this.#only = only
    this.#options = options
    this.#to = to
  }

  /** Returns the exit code. */
  async run(): Promise<number> {
    const {from = 0, to = Number.POSITIVE_INFINITY, json = false} = this.#options
    const {out} = this.#to
    const cursor = this.#view.cursor(Math.max(from, this.#only ?? this.#view.bases()[0] ?? 0))
    let segment = -1
    let found = false
    try {
      while (cursor.nextOffset < to && !out.isClosed) {
        const step = cursor.next()
        if (this.#only !== undefined && cursor.baseOffset !== this.#only) break
        if (cursor.baseOffset !== segment && !json) this.#begin((segment = cursor.baseOffset))
        if (step.kind === 'end') break
        if (step.kind !== 'batch') {
          this.#tell(step)
          continue
        }
        const batch = dumpedBatch(cursor.view, cursor.at, cursor.position)
        if (batch.baseOffset >= to) break
        found = true
        if (json) out.object({type: 'batch', segment: cursor.baseOffset, ...batch})
        else out.line(batchLine(batch))
        if (this.#options.records)
          await this.#dumpRecords(batch, this.#records.enter(cursor.bytes, cursor.view, cursor.at), {from, to})
        if (out.isFull) await out.flush()
      }
      await out.flush()
      if (!found && isRange(this.#options)) this.#exit = tellNothing(this.#view, this.#options, this.#to.terminal)
      return this.#exit
    } finally {
      cursor.close()
    }
  }

  #begin(segment: number): void {
    this.#to.out.line(`Dumping ${segmentFile(this.#view.dir, segment, SUFFIX.log)}`)
    this.#to.out.line(`Log starting offset: ${segment}`)
  }

  async #dumpRecords(
    batch: DumpedBatch,
    problem: string | undefined,
    range: {readonly from: number; readonly to: number},
  ): Promise<void> {
    const {out, terminal} = this.#to
    const {walker} = this.#records
    while (problem === undefined && walker.next()) {
      if (walker.offset < range.from || walker.offset >= range.to) continue
      if (this.#options.json) out.object({type: 'record', ...toJson(walker)})
      // to a pipe the line goes as Kafka's tool prints it, to a terminal without what could command it
      else out.line(terminal.stdout.isTTY ? harmless(recordLine(walker, batch)) : recordLine(walker, batch))
      if (out.isFull) await out.flush()
    }
    const failed = problem ?? walker.problem
    if (failed === undefined) return
    this.#exit = EXIT.failed
    terminal.stderr.write(`odradek: ${offsets(batch.baseOffset, batch.lastOffset + 1)}: ${failed}\n`)
  }

  #tell(step: Extract<Step, {kind: 'damage' | 'gap'}>): void {
    if (isLoss(step)) this.#exit = EXIT.failed
    const {out, terminal} = this.#to
    if (!this.#options.json) terminal.stderr.write(`odradek: ${troubleText(step)}\n`)
    else if (step.kind === 'gap') out.object({type: 'gap', why: step.why, from: step.from, to: step.to})
    else
      out.object({type: 'damage', segment: step.baseOffset, ...step.range, nextOffset: step.range.nextOffset ?? null})
  }
}
