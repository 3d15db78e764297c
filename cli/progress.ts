import type {WriteStream} from 'node:tty'
import {sizeText} from './text.ts'

const EVERY_MS = 100
const ERASE = '\r\u001b[K'
const BAR_COLUMNS = 24

/** How far a long read is: a bar on stderr, on a terminal only. */
export class Progress {
  readonly #out: WriteStream
  readonly #what: string
  readonly #total: number
  readonly #shows: boolean
  readonly #startedMs = performance.now()
  #shownMs = Number.NEGATIVE_INFINITY

  /** Of `total` bytes; 0 where nobody knows how many there will be. */
  constructor(what: string, total: number, out: WriteStream, options: {readonly shows: boolean} = {shows: true}) {
    this.#what = what
    this.#total = total
    this.#out = out
    this.#shows = options.shows && out.isTTY && process.env['TERM'] !== 'dumb'
  }

  at(bytes: number): void {
    if (!this.#shows) return
    const nowMs = performance.now()
    if (nowMs - this.#shownMs < EVERY_MS) return
    this.#shownMs = nowMs
    const line = `${this.#what} ${this.#bar(bytes)}${sizeText(bytes)}, ${sizeText((bytes * 1000) / Math.max(1, nowMs - this.#startedMs))}/s`
    this.#out.write(ERASE + line.slice(0, (this.#out.columns || 80) - 1))
  }

  end(): void {
    if (this.#shownMs > 0) this.#out.write(ERASE)
    this.#shownMs = Number.NEGATIVE_INFINITY
  }

  #bar(bytes: number): string {
    if (this.#total === 0) return ''
    const part = Math.min(1, bytes / this.#total)
    const full = Math.round(part * BAR_COLUMNS)
    return `[${'#'.repeat(full)}${'.'.repeat(BAR_COLUMNS - full)}] ${(100 * part).toFixed(0)} % `
  }
}
