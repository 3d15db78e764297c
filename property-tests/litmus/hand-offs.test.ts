/** Real threads hand tokens round through our doorbell, and sleep on it without a time-out: no wake-up is ever lost. */
import {once} from 'node:events'
import {Worker} from 'node:worker_threads'
import {test} from 'uvu'
import {runs} from '../runs.ts'
import {type HandOffTask, Ring} from './hand-off-thread.ts'

const USUAL = 50_000
const {numRuns} = runs(USUAL)
const TICK_MS = 20
const STALL_MS = 1000

/** [members, tokens, hand-offs of the usual 50 000, whether the main thread is one of the members] */
const RINGS: readonly (readonly [number, number, number, boolean])[] = [
  [2, 1, 15_000, false],
  [3, 2, 10_000, false],
  [8, 3, 10_000, false],
  [64, 4, 5_000, false],
  [2, 1, 5_000, true],
  [8, 3, 5_000, true],
]

/** The main thread's place in a ring: it has an event loop, so it waits for a promise. */
async function takePart(ring: Ring, member: number): Promise<void> {
  const bell = ring.bells[member]!
  while (!ring.stopped) {
    const seen = bell.count()
    if (ring.handOn(member) > 0 || ring.stopped) continue
    ring.sleeps(member, seen)
    await bell.waitAsync(seen)
    bell.awake()
    ring.wakes(member)
  }
}

/**
 * Settles when all tokens together have moved `count` times, fails when one of them has not moved for a second. Ticks are
 * counted, not the clock read: where the whole process got no core, nobody stalled.
 */
function watch(ring: Ring, tokens: number, count: number): {ended: Promise<void>; cancel(): void} {
  let timer: NodeJS.Timeout | undefined
  const seen = new Array<number>(tokens).fill(-1)
  const idle = new Array<number>(tokens).fill(0)
  const ended = new Promise<void>((resolve, reject) => {
    timer = setInterval(() => {
      let moved = 0
      for (let token = 0; token < tokens; token++) {
        const moves = ring.moves(token)
        idle[token] = moves === seen[token] ? idle[token]! + TICK_MS : 0
        seen[token] = moves
        moved += moves
        if (idle[token]! >= STALL_MS) reject(new Error(`token ${token} stands still\n${ring.describe()}`))
      }
      if (moved >= count) resolve()
    }, TICK_MS)
  })
  return {ended, cancel: () => clearInterval(timer)}
}

async function handRound(members: number, tokens: number, count: number, withMain: boolean): Promise<void> {
  const ring = new Ring(members)
  const main = withMain ? 0 : -1
  const workers: Worker[] = []
  for (let member = 0; member < members; member++) {
    if (member === main) continue
    const task: HandOffTask = {ring: ring.memory, members, member}
    workers.push(new Worker(new URL('./hand-off-thread.js', import.meta.url), {workerData: task}))
  }
  const exits = workers.map(worker => once(worker, 'exit'))
  try {
    await Promise.all(workers.map(worker => once(worker, 'message')))
    const startMs = performance.now()
    const {ended, cancel} = watch(ring, tokens, count)
    try {
      for (let token = 0; token < tokens; token++) ring.put(token, Math.floor((token * members) / tokens))
      const taking = withMain ? takePart(ring, main) : undefined
      // a thread that throws ends early, and `once` rejects with what it threw
      await Promise.race([ended, ...exits, ...(taking === undefined ? [] : [taking])])
      await ended
    } finally {
      cancel()
    }
    const tookMs = performance.now() - startMs
    const moved = Array.from({length: tokens}, (_, token) => ring.moves(token)).reduce((sum, moves) => sum + moves)
    console.log(
      `${members} members${withMain ? ', main one of them' : ''}: ${moved} hand-offs in ${tookMs.toFixed(0)} ms`,
    )
    ring.stop()
    await allAsleepEnd(ring, exits)
  } finally {
    ring.stop()
    await Promise.all(workers.map(worker => worker.terminate()))
  }
}

/** The last ring of all must wake everybody, too. */
async function allAsleepEnd(ring: Ring, exits: Promise<unknown>[]): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    // ending 64 threads takes its time on a busy machine
    timer = setTimeout(() => reject(new Error(`some were not woken to end\n${ring.describe()}`)), 20 * STALL_MS)
  })
  await Promise.race([Promise.all(exits), late]).finally(() => clearTimeout(timer))
}

for (const [members, tokens, share, withMain] of RINGS) {
  const count = Math.ceil((share * numRuns) / USUAL)
  const who = withMain ? `the main thread and ${members - 1} workers` : `${members} workers`
  test(`${who}, ${tokens} tokens: ${count} hand-offs without a stall`, () =>
    handRound(members, tokens, count, withMain))
}

test.run()
