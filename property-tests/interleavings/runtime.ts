import {Memory, type View, type Words} from './memory.ts'
import type {Mutant} from './mutants.ts'

/** What a thread's code yields: the number of the place it stands before, or that it cannot go on. */
export type Turns = Generator<number, unknown, unknown>

export const BLOCKED = -1

/** The system's number of the first actor; the others' follow. */
export const NATIVE_IDS_FROM = 80

/** A thread under the scheduler. */
export interface Actor {
  readonly index: number
  readonly name: string
  /** Whether it may be asleep when everything has come to rest. */
  readonly daemon: boolean
  turns: Turns
  ready: boolean
  done: boolean
  dead: boolean
  steps: number
  /** The site it stands before. */
  at: number
  /** What its event loop is to run. */
  tasks: (() => unknown)[]
  idle: boolean
  onDeath: (() => void) | undefined
  /** What a mutant holds back for so many more turns. */
  later: {turns: number; run: () => void} | undefined
}

interface Sleeper {
  readonly address: number
  readonly wake: () => void
}

type Update = (before: number | bigint) => number | bigint

/**
 * What the generators of code/turns.ts call `$`: Atomics as they are, but on the memory of the thread whose turn it is, with
 * waits that put an actor to sleep instead of a thread, and with the one mutant that is on trial.
 */
export class Runtime {
  readonly memory = new Memory()
  readonly actors: Actor[] = []
  current: Actor | undefined
  mutant: Mutant | undefined
  /** Calls of `notify` in this run that woke nobody. */
  wastedNotifies = 0
  #sleepers: Sleeper[] = []
  /** Whether something is done in one turn, from its start to its end. */
  #finishing = false
  #frozen = new Map<string, number | bigint>()

  /** The number of the actor whose turn it is, -1 while there is none. */
  get thread(): number {
    return this.current?.index ?? -1
  }

  /** Forgets everything of the run before. */
  reset(weak: boolean): void {
    this.memory.reset(weak, this.mutant?.kind === 'hoisted' ? this.mutant.turns : 0)
    this.actors.length = 0
    this.current = undefined
    this.wastedNotifies = 0
    this.#sleepers = []
    this.#frozen.clear()
  }

  load(view: Words, index: number, site: number): number | bigint {
    if (site === this.mutant?.site) return this.#mutatedLoad(view, index)
    this.memory.pull(this.thread)
    return view[index]!
  }

  store(view: Words, index: number, value: number | bigint, site: number): number | bigint {
    if (site === this.mutant?.site) this.#mutatedWrite(view, index, () => value)
    else {
      this.memory.push(this.thread)
      this.memory.set(view, index, value)
    }
    return value
  }

  add(view: Words, index: number, value: number, site: number): number | bigint {
    return this.#update(site, view, index, before =>
      typeof before === 'bigint' ? before + BigInt(value) : before + value,
    )
  }

  or(view: Words, index: number, value: number, site: number): number | bigint {
    return this.#update(site, view, index, before => Number(before) | value)
  }

  exchange(view: Words, index: number, value: number, site: number): number | bigint {
    return this.#update(site, view, index, () => value)
  }

  compareExchange(view: Words, index: number, expected: number, value: number, site: number): number | bigint {
    return this.#update(site, view, index, before => (before === expected ? value : before))
  }

  *wait(view: Words, index: number, expected: number, _timeoutMs: number, site: number): Turns {
    yield site
    if (site === this.mutant?.site) return 'timed-out'
    this.memory.pull(this.thread)
    if (view[index] !== expected) return 'not-equal'
    const actor = this.current!
    this.#sleep(view, index, () => wake(actor))
    actor.ready = false
    yield BLOCKED
    this.memory.pull(this.thread)
    return 'ok'
  }

  waitAsync(view: Words, index: number, expected: number, site: number): {async: boolean; value: unknown} {
    if (site === this.mutant?.site) return {async: false, value: 'timed-out'}
    this.memory.pull(this.thread)
    if (view[index] !== expected) return {async: false, value: 'not-equal'}
    const actor = this.current!
    let woken = false
    let reaction: (() => unknown) | undefined
    this.#sleep(view, index, () => {
      woken = true
      if (reaction !== undefined) this.enqueue(actor, reaction)
    })
    const then = (callback: () => unknown): void => {
      reaction = callback
      if (woken) this.enqueue(actor, callback)
    }
    return {async: true, value: {then}}
  }

  notify(view: Words, index: number, site: number): number {
    if (site === this.mutant?.site) return 0
    const address = this.memory.address(view, index)
    const woken = this.#sleepers.filter(sleeper => sleeper.address === address)
    this.#sleepers = this.#sleepers.filter(sleeper => sleeper.address !== address)
    if (woken.length === 0) this.wastedNotifies++
    for (const {wake} of woken) wake()
    return woken.length
  }

  /** Before a write that is not atomic. */
  write<V extends View>(view: V): V {
    this.memory.touch(view)
    return view
  }

  /** Makes `yield*` go through what a call returned, where that is the turns of another function, and else take it as it is. */
  follow(returned: unknown): Iterable<number> {
    if (isTurns(returned)) return returned as Iterable<number>
    const result = {done: true, value: returned}
    return {[Symbol.iterator]: () => ({next: () => result as IteratorResult<number>})}
  }

  /** Runs a call to its end, in one turn. */
  finish(returned: unknown): unknown {
    if (!isTurns(returned)) return returned
    this.#finishing = true
    try {
      for (;;) {
        const {done, value} = returned.next()
        if (done === true) return value
        if (value === BLOCKED) throw new Error('what is done in one turn must not wait')
      }
    } finally {
      this.#finishing = false
    }
  }

  /** A message from the thread whose turn it is: what it wrote goes with it. */
  deliver(name: string, message: unknown): void {
    this.memory.push(this.thread)
    const actor = this.actors.find(other => other.name === name)!
    this.enqueue(actor, () => message)
  }

  /** Whether the thread that goes by this number still runs; numbers no actor has are taken for live ones. */
  isAlive(nativeId: number): boolean {
    return this.actors[nativeId - NATIVE_IDS_FROM]?.dead !== true
  }

  /** Has the event loop of `actor` run something. */
  enqueue(actor: Actor, task: () => unknown): void {
    actor.tasks.push(task)
    if (actor.idle) wake(actor)
    actor.idle = false
  }

  whenDead(name: string): void {
    const self = this.current!
    const other = this.actors.find(actor => actor.name === name)!
    other.onDeath = () => this.enqueue(self, () => 'died')
  }

  *untilDead(name: string): Turns {
    this.whenDead(name)
    while ((yield* this.runTask()) !== 'died');
    return undefined
  }

  /** One task of the event loop of the actor whose turn it is; sleeps until there is one. */
  *runTask(): Turns {
    const actor = this.current!
    if (actor.tasks.length === 0) {
      actor.idle = true
      actor.ready = false
      yield BLOCKED
    }
    this.memory.pull(this.thread)
    return yield* this.follow(actor.tasks.shift()!()) as Turns
  }

  #sleep(view: Words, index: number, wake: () => void): void {
    this.#sleepers.push({address: this.memory.address(view, index), wake})
  }

  #update(site: number, view: Words, index: number, update: Update): number | bigint {
    if (site === this.mutant?.site) return this.#mutatedWrite(view, index, update)
    this.memory.push(this.thread)
    this.memory.pull(this.thread)
    const before = view[index]!
    this.memory.set(view, index, update(before))
    return before
  }

  #mutatedLoad(view: Words, index: number): number | bigint {
    const {kind} = this.mutant!
    if (kind === 'deleted') return view instanceof BigInt64Array ? 0n : 0
    if (kind === 'hoisted') return this.memory.earlier(this.thread, view, index)
    if (kind === 'frozen') {
      const key = `${this.thread} ${this.memory.address(view, index)}`
      const value = this.#frozen.get(key) ?? view[index]!
      this.#frozen.set(key, value)
      return value
    }
    return view[index]! // plain: as this thread last knew it
  }

  #mutatedWrite(view: Words, index: number, update: Update): number | bigint {
    const {kind} = this.mutant!
    const {memory, thread} = this
    const before = kind === 'hoisted' ? memory.earlier(thread, view, index) : view[index]!
    const show = (value: number | bigint): void => {
      memory.push(thread)
      memory.set(view, index, value)
    }
    const hold = (run: () => void): void => {
      if (this.current === undefined || this.#finishing) run()
      else this.current.later = {turns: this.mutant!.turns + (kind === 'delayed' ? 1 : 0), run}
    }
    if (kind === 'delayed') hold(() => show(update(view[index]!)))
    else if (kind === 'split') hold(() => show(update(before)))
    else if (kind === 'early' || kind === 'hoisted') memory.set(view, index, update(before))
    else if (kind === 'late') {
      memory.touch(view)
      view[index] = update(before) as never
    }
    return before
  }
}

function wake(actor: Actor): void {
  actor.ready = !actor.dead
}

function isTurns(value: unknown): value is Turns {
  return (value as {[Symbol.toStringTag]?: string} | null | undefined)?.[Symbol.toStringTag] === 'Generator'
}
