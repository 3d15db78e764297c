import {LEASE_BYTES, Lease} from '../../../engine/cluster/lease.ts'
import {must, type Scenario} from '../scenario.ts'

interface World {
  readonly lease: SharedArrayBuffer
  /** Who took each epoch, by its own account. */
  readonly takers: Map<number, number>
  /** The greatest epoch that anybody has taken. */
  epoch: number
  /** Epochs that were given up. */
  readonly released: Set<number>
}

/** Takes the lease, for itself or for another one, looks whether it still has it, and may give it up. */
function coordinator(id: number, options: {epochMin: number; gives: boolean}): (world: World) => void {
  return world => {
    const lease = new Lease(world.lease, 0)
    for (let round = 0; round < 2; round++) {
      const {epoch: before} = world
      const seen = lease.read()
      must(seen.epoch >= before, 'whoever looks sees the latest epoch')
      must(seen.holder === 0 || world.takers.get(seen.epoch) === seen.holder, 'a holder has taken the lease')
      const epoch = lease.take(seen, id, options.epochMin)
      if (epoch === 0) {
        must(world.epoch > seen.epoch || world.released.has(seen.epoch), 'one of those who try takes it')
        continue
      }
      must(epoch > seen.epoch && epoch >= options.epochMin, 'a new holder has a later epoch')
      must(!world.takers.has(epoch), 'an epoch has one holder')
      world.takers.set(epoch, id)
      world.epoch = Math.max(world.epoch, epoch)
      if (!options.gives) continue
      world.released.add(epoch)
      lease.release({holder: id, epoch})
      must(lease.read().holder !== id, 'what was given up is not held')
    }
  }
}

/** Three coordinators that race for the lease; one of them gives it up again. */
export const lease: Scenario<World> = {
  name: 'lease',
  world: () => ({lease: new SharedArrayBuffer(LEASE_BYTES), takers: new Map(), epoch: 0, released: new Set()}),
  actors: [
    {name: 'one', run: coordinator(1, {epochMin: 0, gives: true})},
    {name: 'two', run: coordinator(2, {epochMin: 2, gives: false})},
    {name: 'three', run: coordinator(3, {epochMin: 0, gives: false})},
  ],
  mortal: {one: [], two: [], three: []},
  check: world => {
    const {holder, epoch} = new Lease(world.lease, 0).read()
    must(epoch === world.epoch, 'the last who took it has the last word')
    if (holder === 0) must(world.released.has(epoch) || epoch === 0, 'only its holder gives it up')
    else must(world.takers.get(epoch) === holder, 'the holder is who took it')
  },
}
