import {Parking} from '../../../client/parking.ts'
import {DOORBELL_BYTES, Doorbell} from '../../../engine/memory/doorbell.ts'
import {runTask, wastedNotifies} from '../event-loop.ts'
import {must, type Scenario} from '../scenario.ts'

interface World {
  readonly bell: SharedArrayBuffer
  /** What the ringers did, a word each. */
  readonly work: SharedArrayBuffer
  done: boolean
  kept: number
}

const RINGERS = 2

function ringer(which: number): (world: World) => void {
  return ({bell, work}) => {
    const words = new Int32Array(work)
    Atomics.store(words, which, 1)
    new Doorbell(bell, 0).ring(which)
  }
}

/** A thread with an event loop: waits for one piece of work, lets go, and waits for the other. */
function application(world: World): void {
  const words = new Int32Array(world.work)
  const keepAlive = {
    ref: () => {
      world.kept++
    },
    unref: () => {
      world.kept--
    },
    close: () => {},
  }
  const parking = new Parking(new Doorbell(world.bell, 0), keepAlive)
  let wanted = 0
  let held = false
  const look = (): void => {
    if (!held || Atomics.load(words, wanted) === 0) return
    held = false
    wanted++
    parking.release()
  }
  parking.add(look)
  for (;;) {
    if (!held && wanted < RINGERS) {
      held = true
      parking.hold()
      // it may have been there before: the ring for it is not heard again
      look()
    } else {
      world.done = wanted === RINGERS
      runTask()
    }
  }
}

/** The engine's `waitAsync`, as the client uses it. */
export const parking: Scenario<World> = {
  name: 'parking',
  world: () => ({
    bell: new SharedArrayBuffer(DOORBELL_BYTES),
    work: new SharedArrayBuffer(8),
    done: false,
    kept: 0,
  }),
  actors: [
    {name: 'app', run: application, daemon: true},
    {name: 'ringer', run: ringer(0)},
    {name: 'other', run: ringer(1)},
  ],
  mortal: {ringer: [], other: [], app: []},
  check: ({bell, done, kept}, dead) => {
    if (dead !== undefined) return
    must(done && kept === 0, 'what is waited for is found, and nothing is held after that')
    const before = wastedNotifies()
    new Doorbell(bell, 0).ring(0)
    must(wastedNotifies() === before, 'nobody calls notify for an owner that is awake')
  },
}
