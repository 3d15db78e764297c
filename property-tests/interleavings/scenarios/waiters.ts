import {REPLICA_LINE_BYTES, ReplicaLine} from '../../../engine/cluster/replica-line.ts'
import {DOORBELL_BYTES, Doorbell} from '../../../engine/memory/doorbell.ts'
import {WAITER_MASK_BYTES, WaiterMask} from '../../../engine/memory/waiter-mask.ts'
import {must, type Scenario} from '../scenario.ts'

interface World {
  readonly line: SharedArrayBuffer
  readonly mask: SharedArrayBuffer
  readonly bells: SharedArrayBuffer
}

/** Numbers of the waiting threads, one in each half of the mask. */
const THREADS = [2, 33] as const
const END = 2

function publisher({line: memory, mask, bells}: World): void {
  const line = new ReplicaLine(memory, 0)
  const waiters = new WaiterMask(mask, 0)
  for (let end = 1; end <= END; end++) {
    line.publishWrittenEnd(end)
    line.publishLogStartOffset(end - 1)
    line.publishSyncedEnd(end - 1)
    line.publishHighWatermark(end)
    for (let bits = waiters.take(0); bits !== 0; bits &= bits - 1) {
      must(bits === 1 << THREADS[0], 'only who waits is rung')
      new Doorbell(bells, 0).ring(0)
    }
    for (let bits = waiters.take(1); bits !== 0; bits &= bits - 1) {
      must(bits === 1 << (THREADS[1] - 32), 'only who waits is rung')
      new Doorbell(bells, DOORBELL_BYTES).ring(0)
    }
  }
}

/** Sleeps until the high watermark is where it wants it: count, then bit, then look, then sleep. */
function waiter(which: 0 | 1): (world: World) => void {
  return ({line: memory, mask, bells}) => {
    const line = new ReplicaLine(memory, 0)
    const waiters = new WaiterMask(mask, 0)
    const bell = new Doorbell(bells, which * DOORBELL_BYTES)
    for (;;) {
      const seen = bell.count()
      waiters.add(THREADS[which])
      const end = line.highWatermark
      // read from the newest to the oldest: each was published after the next one
      must(line.syncedEnd >= end - 1 && line.logStartOffset >= end - 1, 'ends are published in their order')
      must(line.writtenEnd >= end, 'the high watermark stays within what is written')
      if (end >= END) return
      bell.wait(seen, Number.POSITIVE_INFINITY)
    }
  }
}

/** Two threads wait for the high watermark of a row. */
export const waiters: Scenario<World> = {
  name: 'waiters',
  world: () => ({
    line: new SharedArrayBuffer(REPLICA_LINE_BYTES),
    mask: new SharedArrayBuffer(WAITER_MASK_BYTES),
    bells: new SharedArrayBuffer(2 * DOORBELL_BYTES),
  }),
  actors: [
    {name: 'publisher', run: publisher},
    {name: 'waiter', run: waiter(0)},
    {name: 'other', run: waiter(1)},
  ],
  check: () => {},
}
