/** Small protocols, right and wrong ones: the scheduler has to tell which is which. */
import {must, type Scenario} from '../scenario.ts'

interface World {
  readonly memory: SharedArrayBuffer
  /** What the actors saw. */
  readonly seen: number[]
}
type Code = (words: Int32Array, seen: number[]) => void

export interface Textbook extends Scenario<World> {
  /** Whether it keeps its promise where all threads have one memory, and where each has its own. */
  readonly strong: boolean
  readonly weak: boolean
}

const DATA = 0
const FLAG = 1
const BELL = 2

function protocol(
  name: string,
  right: {strong: boolean; weak: boolean},
  code: readonly Code[],
  holds: (seen: readonly number[]) => boolean,
): Textbook {
  return {
    name,
    ...right,
    world: () => ({memory: new SharedArrayBuffer(16), seen: []}),
    actors: code.map((body, i) => ({
      name: `actor${i}`,
      run: ({memory, seen}: World) => body(new Int32Array(memory), seen),
    })),
    mortal: {},
    check: ({seen}) => must(holds(seen), name),
  }
}

const announceData: Code = words => {
  words[DATA] = 7
  Atomics.store(words, FLAG, 1)
}
const announceTooEarly: Code = words => {
  Atomics.store(words, FLAG, 1)
  words[DATA] = 7
}
const readAnnounced: Code = (words, seen) => {
  if (Atomics.load(words, FLAG) === 1) seen.push(words[DATA]!)
}
const isNew = (seen: readonly number[]): boolean => seen.every(value => value === 7)

const writePlainlyThenLook = (mine: number, other: number): Code => {
  const code: Code = (words, seen) => {
    words[mine] = 1
    seen.push(Atomics.load(words, other))
  }
  return code
}
const writeThenLook = (mine: number, other: number): Code => {
  const code: Code = (words, seen) => {
    Atomics.store(words, mine, 1)
    seen.push(Atomics.load(words, other))
  }
  return code
}
const oneSeesOther = (seen: readonly number[]): boolean => seen.includes(1)

const loadAndStore: Code = (words, seen) => {
  Atomics.store(words, DATA, Atomics.load(words, DATA) + 1)
  seen.push(Atomics.load(words, DATA))
}
const add: Code = (words, seen) => {
  Atomics.add(words, DATA, 1)
  seen.push(Atomics.load(words, DATA))
}
const bothCount = (seen: readonly number[]): boolean => Math.max(...seen) === 2

const ringOnly: Code = words => {
  Atomics.store(words, FLAG, 1)
  Atomics.notify(words, BELL)
}
const countAndRing: Code = words => {
  Atomics.store(words, FLAG, 1)
  Atomics.add(words, BELL, 1)
  Atomics.notify(words, BELL)
}
const sleepOnFlag: Code = words => {
  const count = Atomics.load(words, BELL)
  if (Atomics.load(words, FLAG) === 0) Atomics.wait(words, BELL, count, Number.POSITIVE_INFINITY)
}
const spin: Code = words => {
  while (Atomics.load(words, FLAG) === 0) if (Atomics.load(words, DATA) !== 0) return
}

const RIGHT = {strong: true, weak: true}
const WRONG = {strong: false, weak: false}

export const textbook: readonly Textbook[] = [
  protocol('a message behind its flag', RIGHT, [announceData, readAnnounced], isNew),
  protocol('a flag before its message', WRONG, [announceTooEarly, readAnnounced], isNew),
  protocol('store, then look', RIGHT, [writeThenLook(DATA, FLAG), writeThenLook(FLAG, DATA)], oneSeesOther),
  protocol(
    'plain write, then look',
    {strong: true, weak: false},
    [writePlainlyThenLook(DATA, FLAG), writePlainlyThenLook(FLAG, DATA)],
    oneSeesOther,
  ),
  protocol('two adds', RIGHT, [add, add], bothCount),
  protocol('two loads and stores', WRONG, [loadAndStore, loadAndStore], bothCount),
  protocol('a counted ring', RIGHT, [countAndRing, sleepOnFlag], () => true),
  protocol('a ring without a count', WRONG, [ringOnly, sleepOnFlag], () => true),
  protocol('waiting in a loop for nothing', WRONG, [spin], () => true),
]
