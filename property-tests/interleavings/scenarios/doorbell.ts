import {DOORBELL_BYTES, Doorbell} from '../../../engine/memory/doorbell.ts'
import {wastedNotifies} from '../event-loop.ts'
import {must, type Scenario} from '../scenario.ts'

/** Announced work, a word for each bit, and the doorbell its owner sleeps on. */
interface World {
  readonly bell: SharedArrayBuffer
  readonly work: SharedArrayBuffer
  readonly taken: number[]
}

/** Two of one half of the marks, and one of the other. */
const BITS = [3, 5, 40] as const

/** Does some work and rings for each; the work is a plain write, which the ring must carry along. */
function ringer(...bits: number[]): (world: World) => void {
  return ({bell, work}) => {
    const words = new Int32Array(work)
    const doorbell = new Doorbell(bell, 0)
    for (const bit of bits) {
      words[bit] = 7
      doorbell.ring(bit)
    }
  }
}

function owner({bell, work, taken}: World): void {
  const words = new Int32Array(work)
  const doorbell = new Doorbell(bell, 0)
  while (taken.length < BITS.length) {
    const seen = doorbell.count()
    const low = doorbell.takeDirty(0)
    const high = doorbell.takeDirty(1)
    for (let bit = 0; bit < 64; bit++) {
      if (((bit < 32 ? low : high) & (1 << (bit & 31))) === 0) continue
      must(words[bit] === 7, 'who takes a mark finds the work it announces')
      taken.push(bit)
    }
    if (low === 0 && high === 0) doorbell.wait(seen, Number.POSITIVE_INFINITY)
  }
}

/** Two threads ring for different work while the owner looks for it and falls asleep. */
export const doorbell: Scenario<World> = {
  name: 'doorbell',
  world: () => ({bell: new SharedArrayBuffer(DOORBELL_BYTES), work: new SharedArrayBuffer(64 * 4), taken: []}),
  actors: [
    {name: 'owner', run: owner},
    {name: 'ringer', run: ringer(BITS[0], BITS[2])},
    {name: 'other', run: ringer(BITS[1])},
  ],
  mortal: {ringer: ['owner'], other: ['owner'], owner: []},
  check: ({bell, taken}, dead) => {
    if (dead !== undefined) return
    must(taken.length === 3 && BITS.every(bit => taken.includes(bit)), 'each mark is taken once')
    const before = wastedNotifies()
    new Doorbell(bell, 0).ring(0)
    must(wastedNotifies() === before, 'nobody calls notify for an owner that is awake')
  },
}
