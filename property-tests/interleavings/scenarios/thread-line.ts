import {THREAD, THREAD_LINE_BYTES, ThreadLine} from '../../../engine/cluster/thread-line.ts'
import {DOORBELL_BYTES, Doorbell} from '../../../engine/memory/doorbell.ts'
import {must, type Scenario} from '../scenario.ts'

interface World {
  readonly line: SharedArrayBuffer
  /** What the watcher sleeps on, and behind it what the thread does. */
  readonly bells: SharedArrayBuffer
  /** Set by the watcher, when it has seen the thread run. */
  readonly seen: SharedArrayBuffer
  /** Whether the thread of the first incarnation is gone. */
  gone: boolean
  heard: boolean
}

const FIRST_MS = 100
const SECOND_MS = 200

/** Starts the thread, is that thread for a while, and says that it has ended; perhaps it starts it anew. */
function starter(again: boolean): (world: World) => void {
  return world => {
    const line = new ThreadLine(world.line, 0)
    const bell = new Doorbell(world.bells, 0)
    const own = new Doorbell(world.bells, DOORBELL_BYTES)
    const seen = new Int32Array(world.seen)
    must(line.hasEnded && line.incarnation === 0, 'before the first start there is none')
    must(line.startAnew(FIRST_MS) === 1, 'starts are counted')
    must(!line.hasEnded, 'who was started has not ended')
    line.publishApplied(7)
    line.publishServed(5)
    line.publishWorkingOn(3)
    line.beat(FIRST_MS + 1)
    line.publishState(THREAD.running)
    must(line.state === THREAD.running, 'a state is seen')
    bell.ring(0)
    for (let count = own.count(); Atomics.load(seen, 0) === 0; count = own.count())
      own.wait(count, Number.POSITIVE_INFINITY)
    world.gone = true
    line.publishEnded(1)
    must(line.hasEnded, 'an end is seen')
    must(line.workingOn > 0, 'what it died of is seen')
    bell.ring(0)
    if (!again) return
    must(line.startAnew(SECOND_MS) === 2, 'starts are counted')
    must(line.workingOn === -1, 'a new incarnation works on nothing')
    bell.ring(0)
  }
}

/** Counts on one incarnation, as a sender does on the host of its inbox: waits until it runs, then for its end. */
function watcher(world: World): void {
  const line = new ThreadLine(world.line, 0)
  const bell = new Doorbell(world.bells, 0)
  const seen = new Int32Array(world.seen)
  let hasRun = false
  for (;;) {
    const count = bell.count()
    const incarnation = line.incarnation
    if (incarnation === 2) {
      must(line.state === THREAD.absent, 'a new incarnation has not the state of the one before')
      must(line.beatMs === SECOND_MS, 'a new incarnation begins with a beat')
      must(line.workingOn === -1, 'a new incarnation works on nothing')
      must(!line.hasEnded, 'a new incarnation has not ended')
    }
    if (!hasRun && line.state === THREAD.running) {
      must(line.applied === 7, 'who runs has shown what it took in')
      must(line.beatMs > FIRST_MS, 'who runs has beaten')
      must(line.served === 5 && line.workingOn === 3, 'who runs has shown what it does')
      hasRun = true
      Atomics.store(seen, 0, 1)
      new Doorbell(world.bells, DOORBELL_BYTES).ring(0)
    }
    if (hasRun && (incarnation === 2 || line.hasEnded)) {
      must(world.gone, 'who is said to have ended is gone')
      world.heard = true
      return
    }
    bell.wait(count, Number.POSITIVE_INFINITY)
  }
}

function scenario(name: string, again: boolean): Scenario<World> {
  return {
    name,
    world: () => ({
      line: new SharedArrayBuffer(THREAD_LINE_BYTES),
      bells: new SharedArrayBuffer(2 * DOORBELL_BYTES),
      seen: new SharedArrayBuffer(8),
      gone: false,
      heard: false,
    }),
    actors: [
      {name: 'starter', run: starter(again)},
      {name: 'watcher', run: watcher},
    ],
    mortal: {starter: ['watcher'], watcher: ['starter']},
    check: ({heard}, dead) => {
      if (dead === undefined) must(heard, 'the end of a thread is heard')
    },
  }
}

/** A thread that is started and ends, seen by somebody who depends on it. */
export const threadEnds = scenario('thread ends', false)
/** It is started anew at once. */
export const threadReturns = scenario('thread returns', true)
