/**
 * One of the two threads of a litmus test. Both walk the same cells, `left` and `right` of a pattern each do their part on
 * every cell, and the left thread counts what the two of them saw.
 */
import {parentPort, workerData} from 'node:worker_threads'
import {CLUSTER_LITMUS} from './cluster-patterns.ts'
import {LITMUS, type Part} from './litmus-patterns.ts'

export interface LitmusTask {
  readonly pattern: string
  readonly role: 0 | 1
  readonly iterations: number
  readonly seed: number
  readonly memory: SharedArrayBuffer
}
export interface LitmusCounts {
  /** How often the left thread saw the first digit and the right one the second. */
  readonly outcomes: Readonly<Record<string, number>>
  /** Cells that the left thread entered with the other one right beside it. */
  readonly inStep: number
}

const CELLS_MAX = 10_000
/** Words of the two threads: how many barriers each has come to, the cell it is in, and what it saw in each cell. */
const [BARRIER, POSITION, SEEN] = [0, 32, 64]
const HEAD_BYTES = (SEEN + 2 * CELLS_MAX) * 4
/** Beyond this the other thread has no core at the moment: sleep, or go on alone, for good after a few times in a block. */
const SPINS = 100_000
const MISSES_MAX = 2

const {pattern, role, iterations, seed, memory} = workerData as LitmusTask
const {cellBytes, part: partOf} = (LITMUS[pattern] ?? CLUSTER_LITMUS[pattern])!
const CELLS = Math.min(CELLS_MAX, Math.floor((memory.byteLength - HEAD_BYTES) / cellBytes))
const head = new Int32Array(memory, 0, HEAD_BYTES / 4)
const cellMemory = new Uint8Array(memory, HEAD_BYTES, CELLS * cellBytes)

/** The other thread may have no core: sleep then, or the two would take turns by the scheduler's clock. */
function barrier(turn: number): void {
  const mine = BARRIER + role * 16
  const other = BARRIER + (1 - role) * 16
  Atomics.store(head, mine, turn)
  Atomics.notify(head, mine)
  for (let i = 0; i < SPINS; i++) if (Atomics.load(head, other) >= turn) return
  for (let seen: number; (seen = Atomics.load(head, other)) < turn; ) Atomics.wait(head, other, seen)
}

let random = seed ^ (role * 0x5bd1e995)

/** Walks one block of cells with the other thread, cell by cell as long as it keeps up; returns how many cells that was. */
function walk(part: Part, cells: number): number {
  let inStep = 0
  let misses = 0
  for (let cell = 0; cell < cells; cell++) {
    // a plain store: an atomic one would empty the store buffer that the patterns are about
    head[POSITION + role * 16] = cell + 1
    let other = 0
    for (let i = 0; i < SPINS && misses < MISSES_MAX; i++)
      if ((other = Atomics.load(head, POSITION + (1 - role) * 16)) > cell) break
    if (other <= cell) misses++
    // at the last cell the other may have been waiting since long ago
    if (other === cell + 1 && other < cells) inStep++
    // whoever is first by a little must not always be the same one
    random = (Math.imul(random, 1664525) + 1013904223) | 0
    for (let i = random >>> 28; i > 0; i--) Atomics.load(head, POSITION + role * 16)
    head[SEEN + role * CELLS + cell] = part(cell)
  }
  return inStep
}

function run(): LitmusCounts {
  const part = partOf(role, memory, HEAD_BYTES, CELLS)
  // indexed by both digits: the other thread should not wait so long for the counting that it falls asleep
  const counts = new Array<number>(100).fill(0)
  let inStep = 0
  let turn = 0
  for (let left = iterations; left > 0; left -= CELLS) {
    const cells = Math.min(CELLS, left)
    barrier(++turn)
    inStep += walk(part, cells)
    barrier(++turn)
    if (role === 1) continue
    for (let cell = 0; cell < cells; cell++) {
      const outcome = head[SEEN + cell]! * 10 + head[SEEN + CELLS + cell]!
      counts[outcome] = counts[outcome]! + 1
    }
    cellMemory.fill(0)
    head[POSITION] = head[POSITION + 16] = 0
  }
  const outcomes: Record<string, number> = {}
  for (const [outcome, count] of counts.entries()) if (count > 0) outcomes[String(outcome).padStart(2, '0')] = count
  return {outcomes, inStep}
}

parentPort!.postMessage(run())
