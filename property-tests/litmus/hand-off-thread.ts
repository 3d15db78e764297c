/**
 * A member of a ring that hands tokens on. A token is nothing but a mark on the next member's doorbell, so that a wake-up
 * that is lost, or a mark that is, stops it for good: nobody waits with a time-out.
 */
import {parentPort, workerData} from 'node:worker_threads'
import {DOORBELL_BYTES, Doorbell} from '../../engine/memory/doorbell.ts'

export const TOKENS_MAX = 4
const LINE_WORDS = 16
const NOBODY = 0

export interface HandOffTask {
  readonly ring: SharedArrayBuffer
  readonly members: number
  readonly member: number
}

/** The shared memory of a ring: doorbells, then a line for each token, then what each member sleeps on. */
export class Ring {
  readonly memory: SharedArrayBuffer
  readonly members: number
  readonly bells: Doorbell[]
  readonly #tokens: Int32Array
  readonly #sleeping: Int32Array
  /** One word: not 0 once the ring is to end. */
  readonly #stop: Int32Array

  constructor(members: number, memory?: SharedArrayBuffer) {
    const tokensAt = members * DOORBELL_BYTES
    const sleepingAt = tokensAt + (TOKENS_MAX + 1) * LINE_WORDS * 4
    this.memory = memory ?? new SharedArrayBuffer(sleepingAt + members * LINE_WORDS * 4)
    this.members = members
    this.bells = Array.from({length: members}, (_, i) => new Doorbell(this.memory, i * DOORBELL_BYTES))
    this.#tokens = new Int32Array(this.memory, tokensAt, TOKENS_MAX * LINE_WORDS)
    this.#stop = new Int32Array(this.memory, tokensAt + TOKENS_MAX * LINE_WORDS * 4, 1)
    this.#sleeping = new Int32Array(this.memory, sleepingAt)
  }

  /** Hands on every token that has come to `member`; returns how many. */
  handOn(member: number): number {
    // each half is taken on its own, so the tokens' bits lie in both
    const dirty = [this.bells[member]!.takeDirty(0), this.bells[member]!.takeDirty(1)]
    let handed = 0
    for (let token = 0; token < TOKENS_MAX; token++) {
      const bit = bitOf(token)
      if ((dirty[bit >> 5]! & (1 << (bit & 31))) === 0) continue
      this.put(token, (member + 1) % this.members, member)
      handed++
    }
    return handed
  }

  /** `from` gives the token to `member`, and must be the one who had it: a token neither doubles nor jumps. */
  put(token: number, member: number, from?: number): void {
    const had = from === undefined ? NOBODY : from + 1
    const holder = Atomics.compareExchange(this.#tokens, token * LINE_WORDS, had, member + 1)
    if (holder !== had) throw new Error(`token ${token} came to ${from} and is with ${holder - 1}`)
    Atomics.add(this.#tokens, token * LINE_WORDS + 1, 1)
    this.bells[member]!.ring(bitOf(token))
  }

  /** How often the token was handed on; unsigned, for it goes round on long runs. */
  moves(token: number): number {
    return Atomics.load(this.#tokens, token * LINE_WORDS + 1) >>> 0
  }

  get stopped(): boolean {
    return Atomics.load(this.#stop, 0) !== 0
  }

  stop(): void {
    Atomics.store(this.#stop, 0, 1)
    for (const bell of this.bells) bell.ring(63)
  }

  /** Told in plain stores: an atomic one beside the wait could mend what is tested. */
  sleeps(member: number, seen: number): void {
    this.#sleeping[member * LINE_WORDS] = 1
    this.#sleeping[member * LINE_WORDS + 1] = seen
  }

  wakes(member: number): void {
    this.#sleeping[member * LINE_WORDS] = 0
  }

  /** Who sleeps on what, and where the tokens are. */
  describe(): string {
    const tokens = Array.from({length: TOKENS_MAX}, (_, token) => {
      const holder = Atomics.load(this.#tokens, token * LINE_WORDS)
      return `token ${token}: ${holder === NOBODY ? 'not used' : `with ${holder - 1} after ${this.moves(token)}`}`
    })
    const members = this.bells.map((bell, member) => {
      const at = member * LINE_WORDS
      const does = this.#sleeping[at] === 0 ? 'is up' : `sleeps on ${this.#sleeping[at + 1]}`
      return `member ${member} ${does}, its doorbell counts ${bell.count()}`
    })
    return [...tokens, ...members].join('\n')
  }
}

function bitOf(token: number): number {
  return (token * 33) % 64
}

function run({ring: memory, members, member}: HandOffTask): void {
  const ring = new Ring(members, memory)
  const bell = ring.bells[member]!
  parentPort!.postMessage('up')
  while (!ring.stopped) {
    const seen = bell.count()
    if (ring.handOn(member) > 0 || ring.stopped) continue
    ring.sleeps(member, seen)
    bell.wait(seen, Infinity)
    ring.wakes(member)
  }
}

if (parentPort !== null) run(workerData as HandOffTask)
