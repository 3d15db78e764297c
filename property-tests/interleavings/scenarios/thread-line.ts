import {THREAD, THREAD_LINE_BYTES, ThreadLine} from '../../../engine/cluster/thread-line.ts'
import {DOORBELL_BYTES, Doorbell} from '../../../engine/memory/doorbell.ts'
import {must, type Scenario} from '../scenario.ts'

interface World {
  readonly line: SharedArrayBuffer
  /** What the watcher sleeps on. */
  readonly bell: SharedArrayBuffer
  /** Incarnations whose thread is gone, by their starter's account. */
  readonly gone: Set<number>
  heard: number
}

const FIRST_MS = 100
const SECOND_MS = 200

/** The thread itself, in its first incarnation: it works, shows what it has taken in, and ends. */
function work(line: ThreadLine): void {
  line.publishApplied(7)
  line.beat(FIRST_MS + 1)
  line.publishState(THREAD.running)
}

/** Starts the thread, hears its end, says so, and starts it anew. */
function starter(world: World): void {
  const line = new ThreadLine(world.line, 0)
  const bell = new Doorbell(world.bell, 0)
  must(line.hasEnded && line.incarnation === 0, 'before the first start there is none')
  must(line.startAnew(FIRST_MS) === 1, 'starts are counted')
  bell.ring(0)
  work(line)
  world.gone.add(1)
  line.publishEnded(1)
  bell.ring(0)
  must(line.startAnew(SECOND_MS) === 2, 'starts are counted')
  bell.ring(0)
}

/** Somebody who counts on one incarnation, as a sender does on the host of its inbox. */
function watcher(world: World): void {
  const line = new ThreadLine(world.line, 0)
  const bell = new Doorbell(world.bell, 0)
  let mine = 0
  for (;;) {
    const seen = bell.count()
    const ended = line.hasEnded
    const incarnation = line.incarnation
    must(incarnation >= mine, 'an incarnation does not come back')
    if (mine === 0 && incarnation > 0 && !ended) mine = incarnation
    if (ended && mine > 0) must(world.gone.has(1), 'who is said to have ended is gone')
    const state = line.state
    if (state === THREAD.running) {
      must(line.applied === 7, 'who runs has shown what it took in')
      must(line.beatMs > FIRST_MS, 'who runs has beaten')
    }
    if (incarnation === 2) {
      must(state === THREAD.absent, 'a new incarnation has not the state of the one before')
      must(line.beatMs === SECOND_MS, 'a new incarnation begins with a beat')
      must(!line.hasEnded, 'a new incarnation has not ended')
    }
    if (incarnation === 2 || (mine === 1 && line.hasEnded)) {
      must(world.gone.has(1), 'a thread is started anew when it is gone')
      world.heard++
      return
    }
    bell.wait(seen, Number.POSITIVE_INFINITY)
  }
}

/** A thread that is started, ends and is started anew, seen by somebody who depends on it. */
export const threadLine: Scenario<World> = {
  name: 'thread line',
  world: () => ({
    line: new SharedArrayBuffer(THREAD_LINE_BYTES),
    bell: new SharedArrayBuffer(DOORBELL_BYTES),
    gone: new Set(),
    heard: 0,
  }),
  actors: [
    {name: 'starter', run: starter},
    {name: 'watcher', run: watcher},
  ],
  mortal: {starter: ['watcher'], watcher: []},
  check: ({heard}, dead) => {
    if (dead === undefined) must(heard === 1, 'the end of a thread is heard')
  },
}
