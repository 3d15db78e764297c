/** Small protocols, right and wrong ones: the scheduler has to tell which is which. */
import {must, type Scenario} from '../scenario.ts'

interface World {
  readonly memory: SharedArrayBuffer
  /** What the actors saw. */
  readonly seen: number[]
}
type Code = (words: Int32Array, seen: number[]) => void

const [DATA, FLAG, OTHER] = [0, 1, 2]

function protocol(
  name: string,
  code: readonly Code[],
  holds: (seen: readonly number[], words: Int32Array) => boolean,
): Scenario<World> {
  return {
    name,
    world: () => ({memory: new SharedArrayBuffer(16), seen: []}),
    actors: code.map((run, i) => ({
      name: `actor${i}`,
      run: ({memory, seen}: World) => {
        const words = new Int32Array(memory)
        run(words, seen)
      },
    })),
    mortal: {},
    check: ({memory, seen}) => must(holds(seen, new Int32Array(memory)), name),
  }
}

const readAtomically: Code = (words, seen) => {
  if (Atomics.load(words, FLAG) === 1) seen.push(words[DATA]!)
}
const newData = (seen: readonly number[]): boolean => seen.every(value => value === 7)

export const messageByAtomicFlag = protocol(
  'a plain word behind an atomic flag',
  [
    words => {
      words[DATA] = 7
      Atomics.store(words, FLAG, 1)
    },
    readAtomically,
  ],
  newData,
)

export const messageByPlainFlag = protocol(
  'a plain word behind a plain flag',
  [
    words => {
      words[DATA] = 7
      words[FLAG] = 1
    },
    (words, seen) => {
      while (Atomics.load(words, OTHER) === 0) if (words[FLAG] === 1) break
      seen.push(words[DATA]!)
    },
    words => {
      Atomics.store(words, OTHER, 1)
    },
  ],
  () => true,
)

export const messageAfterFlag = protocol(
  'a flag before what it announces',
  [
    words => {
      Atomics.store(words, FLAG, 1)
      words[DATA] = 7
    },
    readAtomically,
  ],
  newData,
)

const buffered = (write: (words: Int32Array, at: number) => void): readonly Code[] =>
  [DATA!, FLAG!].map((mine, i, both) => (words: Int32Array, seen: number[]) => {
    write(words, mine)
    seen.push(Atomics.load(words, both[1 - i]!))
  })
