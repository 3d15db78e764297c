import type {Quiet} from './quiet.ts'
import type {Row} from './row.ts'
import type {Scale} from './scale.ts'
import type {Scratch} from './scratch.ts'
import type {Yardsticks} from './yardsticks.ts'

/** One question about speed. It lives in a file of its own, and is asked by its name. */
export interface Case {
  readonly name: string
  readonly question: string
  /** How the answer is found, and what was done for the peers to be at their best. For the reader of BENCHMARKS.md. */
  readonly method: string
  /** Throws WrongResult where anything it measured did not do its work. */
  run(context: Context): Promise<Row[]>
}

/** What a case is handed. */
export interface Context {
  readonly scale: Scale
  readonly scratch: Scratch
  readonly quiet: Quiet
  /** The machine's limits, to be printed beside results; none where nobody looks at them. */
  readonly yardsticks: Yardsticks
  /** Whether a peer that is not there may be installed. */
  readonly installPeers: boolean
  /** Tells what goes on, to whoever waits. */
  progress(text: string): void
}
