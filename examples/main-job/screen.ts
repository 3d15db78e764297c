import type {WriteStream} from 'node:tty'

const EVERY_MS = 100
const UP = (lines: number) => (lines > 0 ? `\u001b[${lines}A` : '')
const ERASE_TO_END_OF_LINE = '\u001b[K'
const ERASE_BELOW = '\u001b[J'
// a line that is too long is cut at the edge, so that the number of lines drawn is known
const ENTER = '\u001b[?25l\u001b[?7l'
const LEAVE = '\u001b[?25h\u001b[?7h'

/** A picture that is drawn again in its place, ten times a second, for as long as it is up. */
export class Screen {
  readonly #out: WriteStream
  readonly #picture: (rows: number) => readonly string[]
  readonly #timer: NodeJS.Timeout
  #drawn = 0
  readonly #leave = (): void => {
    this.#out.write(LEAVE)
  }

  constructor(out: WriteStream, picture: (rows: number) => readonly string[]) {
    this.#out = out
    this.#picture = picture
    out.write(ENTER)
    process.once('exit', this.#leave)
    this.#timer = setInterval(() => this.draw(), EVERY_MS).unref()
  }

  draw(): void {
    const rows = Math.max(1, (this.#out.rows || 24) - 1)
    const lines = this.#picture(rows).slice(0, rows)
    const text = lines.map(line => `${line}${ERASE_TO_END_OF_LINE}\n`).join('')
    this.#out.write(`${UP(this.#drawn)}${text}${ERASE_BELOW}`)
    this.#drawn = lines.length
  }

  /** The last picture stays; what is written next stands below it. */
  end(): void {
    clearInterval(this.#timer)
    this.draw()
    process.removeListener('exit', this.#leave)
    this.#out.write(LEAVE)
  }
}
