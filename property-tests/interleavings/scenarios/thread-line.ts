import {ClusterMap} from '../../../engine/cluster/cluster-map.ts'
import {THREAD, THREAD_LINE_BYTES, ThreadLine} from '../../../engine/cluster/thread-line.ts'
import {Liveness} from '../../../engine/coordinator/liveness.ts'
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
    line.publishPort(9092)
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
function watcher(again: boolean, world: World): void {
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
      must(line.port === 0, 'a new incarnation listens nowhere')
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
      must(again || line.port === 9092, 'where it listened stays there until it is started anew')
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
      {name: 'watcher', run: world => watcher(again, world)},
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

interface SleepWorld {
  readonly map: SharedArrayBuffer
  /** The clock of all. */
  nowMs: number
  /** Rings begun and ended, and those that the sleeper has taken up. */
  rung: number
  heard: number
  taken: number
}

const SESSION_MS = 1000
const SLEEP_MS = 3 * SESSION_MS

/** Sleeps until it is rung, for longer than a session, and then says that it is awake. */
function sleeper(world: SleepWorld): void {
  const map = new ClusterMap(world.map)
  const line = map.host(0)
  const {doorbell} = line
  for (;;) {
    const seen = doorbell.count()
    if (doorbell.takeDirty(0) !== 0) world.taken = world.rung
    if (world.taken === 2) return
    line.lieDown(seen, world.nowMs + SLEEP_MS)
    must(line.sleepsOn === seen, 'it is seen that it sleeps')
    map.broker(1).doorbell.ring(0)
    doorbell.wait(seen, Number.POSITIVE_INFINITY)
    line.getUp(world.nowMs)
    must(line.sleepsOn === -1, 'it is seen that it is awake')
  }
}

/** Rings twice, each time after more than a session in which nobody had anything for the sleeper. */
function waker(world: SleepWorld): void {
  const map = new ClusterMap(world.map)
  const line = map.host(0)
  const {doorbell} = map.broker(1)
  while (world.rung < 2) {
    const seen = doorbell.count()
    const count = line.sleepsOn
    if (count < 0 || line.isRungOn(count)) {
      doorbell.wait(seen, Number.POSITIVE_INFINITY)
      continue
    }
    world.nowMs += SLEEP_MS
    world.rung++
    line.doorbell.ring(0)
    world.heard = world.rung
  }
}

/** Looks at the sleeper as a coordinator does that has not looked before. */
function coordinator(world: SleepWorld): void {
  const map = new ClusterMap(world.map)
  const line = map.host(0)
  for (let looks = 0; looks < 3; looks++) {
    const nowMs = world.nowMs
    const heard = world.heard
    const count = line.sleepsOn
    if (count >= 0 && !line.isRungOn(count)) must(world.taken >= heard, 'who was rung does not count as asleep')
    const death = new Liveness(map, SESSION_MS).deathOf(line, nowMs)
    must(death === undefined, 'who sleeps is alive, and so is who gets up')
  }
}

/** A thread that sleeps for longer than a session, and is watched. */
export const threadSleeps: Scenario<SleepWorld> = {
  name: 'thread sleeps',
  world: () => {
    const map = ClusterMap.allocate({coordinators: 1, brokers: 1, hostsABroker: 1})
    map.host(0).startAnew(0)
    map.host(0).publishState(THREAD.running)
    return {map: map.memory, nowMs: 0, rung: 0, heard: 0, taken: 0}
  },
  actors: [
    {name: 'sleeper', run: sleeper},
    {name: 'waker', run: waker},
    {name: 'coordinator', run: coordinator},
  ],
  mortal: {waker: ['sleeper'], sleeper: ['waker'], coordinator: []},
  check: ({rung, taken}, dead) => {
    if (dead === undefined) must(rung === 2 && taken === 2, 'the sleeper takes up what it was rung for')
  },
}
