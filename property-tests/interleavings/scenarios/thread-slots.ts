import {THREAD_SLOTS_BYTES, ThreadSlots} from '../../../engine/cluster/thread-slots.ts'
import {must, type Scenario} from '../scenario.ts'

interface World {
  readonly slots: SharedArrayBuffer
  /** Who holds a place, by its own account. */
  readonly holders: (string | undefined)[]
  readonly refused: string[]
}

/** Takes a place, sees that it is its own, and gives it free. */
function claimer(name: string, nativeId: number): (world: World) => void {
  return ({slots: memory, holders, refused}) => {
    const slots = new ThreadSlots(memory, 0)
    for (let round = 0; round < 2; round++) {
      const slot = slots.claim(nativeId)
      if (slot < 0) {
        refused.push(name)
        continue
      }
      must(holders[slot] === undefined, 'two threads never share a place')
      holders[slot] = name
      must(slots.isTaken(slot), 'a place is taken while somebody holds it')
      must(slots.nativeId(slot) === nativeId, 'a place tells whose it is')
      holders[slot] = undefined
      slots.free(slot)
    }
  }
}

/** Three threads, two places. */
export const threadSlots: Scenario<World> = {
  name: 'thread slots',
  world: () => ({slots: new SharedArrayBuffer(THREAD_SLOTS_BYTES), holders: [], refused: []}),
  actors: [
    {name: 'one', run: claimer('one', 11)},
    {name: 'two', run: claimer('two', 12)},
    {name: 'three', run: claimer('three', 0)},
  ],
  mortal: {one: [], two: [], three: []},
  check: ({slots: memory}, dead) => {
    const slots = new ThreadSlots(memory, 0)
    if (dead !== undefined) return
    for (const slot of [0, 1]) must(!slots.isTaken(slot) && slots.nativeId(slot) === 0, 'a place given up is free')
    must(slots.claim(5) === 0 && slots.claim(6) === 1 && slots.claim(7) === -1, 'every place can be taken again')
  },
}
