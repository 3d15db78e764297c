import type {Cluster} from 'odradek'
import type {Board} from './board.ts'
import {monotonicMs} from './clock.ts'
import {type ClusterEvent, eventText} from './event-text.ts'
import {isLive} from './paint.ts'
import {type Line, pictureOf, plainLine, statusOf, type View} from './picture.ts'
import {Screen} from './screen.ts'

const STATUS_EVERY_MS = 1000

/** Tells what goes on: a picture that keeps changing at a terminal, a line for each step and event anywhere else. */
export class Show {
  readonly #title: string
  readonly #board: Board
  readonly #startMs = monotonicMs()
  readonly #lines: Line[] = []
  readonly #screen: Screen | undefined
  readonly #timer: NodeJS.Timeout | undefined
  #step = ''
  #isStreaming = false
  #cluster: Cluster | undefined

  constructor(title: string, board: Board) {
    this.#title = title
    this.#board = board
    if (isLive) this.#screen = new Screen(process.stdout, rows => pictureOf(this.#view(), rows))
    else this.#timer = setInterval(() => this.#status(), STATUS_EVERY_MS).unref()
  }

  /** From now on this cluster is shown, with its events. */
  watch(cluster: Cluster): void {
    this.#cluster = cluster
    cluster.on('event', (event: ClusterEvent) => this.note(eventText(event)))
  }

  step(text: string, isStreaming = false): void {
    this.#step = text
    this.#isStreaming = isStreaming
    if (this.#screen === undefined) this.note(text)
    else this.#screen.draw()
  }

  note(text: string): void {
    const line = {atMs: this.#sinceStartMs(), text}
    this.#lines.push(line)
    if (this.#screen === undefined) console.log(plainLine(line))
    else this.#screen.draw()
  }

  end(): void {
    clearInterval(this.#timer)
    this.#screen?.end()
  }

  #status(): void {
    if (this.#isStreaming) console.log(plainLine({atMs: this.#sinceStartMs(), text: statusOf(this.#view())}))
  }

  #sinceStartMs(): number {
    return monotonicMs() - this.#startMs
  }

  #view(): View {
    return {
      title: this.#title,
      step: this.#step,
      sinceStartMs: this.#sinceStartMs(),
      acked: this.#board.acked,
      metrics: this.#cluster?.metrics(),
      read: partition => this.#board.read(partition),
      lines: this.#lines,
    }
  }
}
