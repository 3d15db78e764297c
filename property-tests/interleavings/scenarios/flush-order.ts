import {DOORBELL_BYTES, Doorbell, RING} from '../../../engine/memory/doorbell.ts'
import {allocateFlushOrder, FlushOrder} from '../../../engine/memory/flush-order.ts'
import {must, type Scenario} from '../scenario.ts'

interface World {
  readonly order: SharedArrayBuffer
  readonly bell: SharedArrayBuffer
  /** Files that were synced, in their order. */
  readonly synced: number[]
  /** Whether the flusher has come up. */
  up: boolean
}

const ORDERS: readonly (readonly number[])[] = [[21, 22], [23], [24]]

/** Orders one sync after the other; until the flusher is up, it does them itself. */
function replica(world: World): void {
  const {order: memory, bell: bellMemory, synced} = world
  const order = new FlushOrder(memory)
  const bell = new Doorbell(bellMemory, 0)
  for (const files of ORDERS) {
    const {up} = world
    if (!order.isUp) {
      must(!up, 'once the flusher is up, it does the syncs')
      synced.push(...files)
      continue
    }
    order.order(files)
    order.doorbell.ring(0)
    for (;;) {
      const seen = bell.count()
      bell.takeDirty(1)
      if (!order.isOpen()) break
      bell.wait(seen, Number.POSITIVE_INFINITY)
    }
    must(order.failure() === files[0], 'the answer is the one to this order')
    must(synced.slice(-files.length).join() === files.join(), 'an order is answered after it is done')
  }
}

function flusher(world: World): void {
  const {order: memory, bell: bellMemory, synced} = world
  const order = new FlushOrder(memory)
  const bell = new Doorbell(bellMemory, 0)
  order.publishUp()
  world.up = true
  for (;;) {
    const seen = order.doorbell.count()
    if (order.isOpen()) {
      const files = order.files()
      synced.push(...files)
      order.answer(files[0]!)
      bell.ring(RING.flusher)
    } else order.doorbell.wait(seen, Number.POSITIVE_INFINITY)
  }
}

/** A replica thread and its flusher. */
export const flushOrder: Scenario<World> = {
  name: 'flush order',
  world: () => ({order: allocateFlushOrder(), bell: new SharedArrayBuffer(DOORBELL_BYTES), synced: [], up: false}),
  actors: [
    {name: 'flusher', run: flusher, daemon: true},
    {name: 'replica', run: replica},
  ],
  mortal: {replica: [], flusher: ['replica']},
  check: ({synced}, dead) => {
    if (dead === undefined) must(synced.join() === ORDERS.flat().join(), 'every file is synced once, in order')
  },
}
