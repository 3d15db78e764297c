import {THREAD_SLOTS_BYTES, ThreadSlots} from '../../../engine/cluster/thread-slots.ts'
import {must, type Scenario} from '../scenario.ts'

interface World {
  readonly slots: SharedArrayBuffer
  /** Who holds a place, by its own account. */
  readonly holders: (string | undefined)[]
  readonly refused: string[]
}

/** Takes a place, sees that it is its own, and gives it free. */
function claimer(name: string): (world: World) => void {
  return ({slots: memory, holders, refused}) => {
    const nativeId = NATIVE_IDS[name]!
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

function takenOf(slots: ThreadSlots): number[] {
  const taken: number[] = []
  for (const slot of [0, 1]) if (slots.isTaken(slot)) taken.push(slot)
  return taken
}

/** By name of the actor; the system does not tell that of the third. */
const NATIVE_IDS: Readonly<Record<string, number>> = {one: 11, two: 12, three: 0}

/** Three threads, two places. */
export const threadSlots: Scenario<World> = {
  name: 'thread slots',
  world: () => ({slots: new SharedArrayBuffer(THREAD_SLOTS_BYTES), holders: [], refused: []}),
  actors: [
    {name: 'one', run: claimer('one')},
    {name: 'two', run: claimer('two')},
    {name: 'three', run: claimer('three')},
  ],
  mortal: {one: [], two: [], three: []},
  check: ({slots: memory}, dead) => {
    const slots = new ThreadSlots(memory, 0)
    const taken = takenOf(slots)
    must(taken.length <= (dead === undefined ? 0 : 1), 'a place given up is free')
    for (const slot of taken) {
      must(slots.nativeId(slot) === NATIVE_IDS[dead!], 'a place tells which dead thread holds it')
      slots.free(slot)
    }
    for (const slot of [0, 1]) must(slots.nativeId(slot) === 0, 'a free place is of nobody')
    must(slots.claim(5) === 0 && slots.claim(6) === 1 && slots.claim(7) === -1, 'every place can be taken again')
  },
}
