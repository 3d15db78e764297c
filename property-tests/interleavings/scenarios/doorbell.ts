import {DOORBELL_BYTES, Doorbell} from '../../../engine/memory/doorbell.ts'
import {notifies} from '../event-loop.ts'
import {must, type Scenario} from '../scenario.ts'

/** Announced work, a word each, and the doorbell its owner sleeps on. */
interface World {
  readonly bell: SharedArrayBuffer
  readonly work: SharedArrayBuffer
  readonly taken: number[]
}

const BITS = [3, 40] as const

function world(): World {
  return {bell: new SharedArrayBuffer(DOORBELL_BYTES), work: new SharedArrayBuffer(8), taken: []}
}

/** Does one piece of work and rings; the work is a plain write, which the ring must carry along. */
function ringer(which: 0 | 1): (world: World) => void {
  return ({bell, work}) => {
    const words = new Int32Array(work)
    words[which] = 7
    new Doorbell(bell, 0).ring(BITS[which])
  }
}

function owner({bell, work, taken}: World): void {
  const words = new Int32Array(work)
  const doorbell = new Doorbell(bell, 0)
  while (taken.length < BITS.length) {
    const seen = doorbell.count()
    const low = doorbell.takeDirty(0)
    const high = doorbell.takeDirty(1)
    if (low === 0 && high === 0) {
      doorbell.wait(seen, Number.POSITIVE_INFINITY)
      continue
    }
    if (low !== 0) {
      must(low === 1 << BITS[0] && words[0] === 7, 'who takes a mark finds the work it announces')
      taken.push(BITS[0])
    }
    if (high !== 0) {
      must(high === 1 << (BITS[1] - 32) && words[1] === 7, 'who takes a mark finds the work it announces')
      taken.push(BITS[1])
    }
  }
}

/** Two threads ring for different work while the owner looks for it and falls asleep. */
export const doorbell: Scenario<World> = {
  name: 'doorbell',
  world,
  actors: [
    {name: 'owner', run: owner},
    {name: 'ringer', run: ringer(0)},
    {name: 'other', run: ringer(1)},
  ],
  check: ({bell, taken}, dead) => {
    if (dead !== undefined) return
    must(taken.length === 2 && taken[0] !== taken[1], 'each mark is taken once')
    const before = notifies()
    new Doorbell(bell, 0).ring(0)
    must(notifies() === before, 'nobody calls notify for an owner that is awake')
  },
}
