import type {WriteStream} from 'node:tty'

const EVERY_MS = 100
const ERASE = '\r\u001b[K'

/** What is going on: one line that keeps changing on a terminal, a plain line for each step anywhere else. */
export class Progress {
  readonly #out: WriteStream
  readonly #changing: boolean
  #timer: NodeJS.Timeout | undefined

  constructor(out: WriteStream) {
    this.#out = out
    this.#changing = out.isTTY && process.env['TERM'] !== 'dumb'
  }

  /** A step begins; `state` says how far it is, as often as it is asked. */
  step(text: string, state: () => string = () => ''): void {
    this.end()
    if (!this.#changing) {
      this.#out.write(`${text} ...\n`)
      return
    }
    const show = () => this.#out.write(`${ERASE}${`${text} ... ${state()}`.slice(0, (this.#out.columns || 80) - 1)}`)
    show()
    this.#timer = setInterval(show, EVERY_MS).unref()
  }

  end(): void {
    clearInterval(this.#timer)
    if (this.#changing) this.#out.write(ERASE)
  }
}
