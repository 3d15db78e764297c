import type {WriteStream} from 'node:tty'
import type {LogView} from '../../engine/view/log-view.ts'
import {Progress} from '../progress.ts'

/** How far through the segments of a log a reader is. */
export class ReadProgress {
  readonly #before = new Map<number, number>()
  readonly #progress: Progress

  /** `shows` is false where the bar would be in the way of what is printed. */
  constructor(what: string, view: LogView, out: WriteStream, options?: {readonly shows: boolean}) {
    let total = 0
    for (const base of view.bases()) {
      this.#before.set(base, total)
      total += view.segmentBytes(base)
    }
    this.#progress = new Progress(what, total, out, options)
  }

  at(baseOffset: number, position: number): void {
    this.#progress.at((this.#before.get(baseOffset) ?? 0) + position)
  }

  end(): void {
    this.#progress.end()
  }
}
