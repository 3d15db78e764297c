import {REPLICA_LINE_BYTES, ReplicaLine} from '../../../engine/cluster/replica-line.ts'
import {DOORBELL_BYTES, Doorbell} from '../../../engine/memory/doorbell.ts'
import {WAITER_MASK_BYTES, WaiterMask} from '../../../engine/memory/waiter-mask.ts'
import {must, type Scenario} from '../scenario.ts'

interface World {
  readonly line: SharedArrayBuffer
  readonly mask: SharedArrayBuffer
  readonly bells: SharedArrayBuffer
  /** How often a thread's bit was set, and how often it was rung for that. */
  added: number
  rung: number
}

const END = 2

function publisher(threads: readonly number[]): (world: World) => void {
  return world => {
    const line = new ReplicaLine(world.line, 0)
    const waiters = new WaiterMask(world.mask, 0)
    for (let end = 1; end <= END; end++) {
      line.publishWrittenEnd(end)
      line.publishLogStartOffset(end - 1)
      line.publishSyncedEnd(end - 1)
      line.publishHighWatermark(end)
      for (const half of [0, 1] as const) {
        for (let bits = waiters.take(half); bits !== 0; bits &= bits - 1) {
          const which = threads.indexOf(half * 32 + 31 - Math.clz32(bits & -bits))
          must(which >= 0, 'only who waits is rung')
          world.rung++
          new Doorbell(world.bells, which * DOORBELL_BYTES).ring(0)
        }
      }
    }
  }
}

/** Sleeps until the high watermark is where it wants it: count, then bit, then look, then sleep. */
function waiter(which: number, thread: number): (world: World) => void {
  return world => {
    const line = new ReplicaLine(world.line, 0)
    const waiters = new WaiterMask(world.mask, 0)
    const bell = new Doorbell(world.bells, which * DOORBELL_BYTES)
    for (;;) {
      const seen = bell.count()
      world.added++
      waiters.add(thread)
      const end = line.highWatermark
      // read from the newest to the oldest: each was published after the next one
      must(line.syncedEnd >= end - 1, 'ends are published in their order')
      must(line.logStartOffset >= end - 1, 'ends are published in their order')
      must(line.writtenEnd >= end, 'the high watermark stays within what is written')
      if (end >= END) return
      bell.wait(seen, Number.POSITIVE_INFINITY)
    }
  }
}

function scenario(name: string, threads: readonly number[]): Scenario<World> {
  const names = threads.map(thread => `waiter${thread}`)
  return {
    name,
    world: () => ({
      line: new SharedArrayBuffer(REPLICA_LINE_BYTES),
      mask: new SharedArrayBuffer(WAITER_MASK_BYTES),
      bells: new SharedArrayBuffer(threads.length * DOORBELL_BYTES),
      added: 0,
      rung: 0,
    }),
    actors: [
      {name: 'publisher', run: publisher(threads)},
      ...threads.map((thread, i) => ({name: names[i]!, run: waiter(i, thread)})),
    ],
    mortal: {publisher: names, ...Object.fromEntries(names.map(name => [name, []]))},
    check: ({added, rung}) => must(rung <= added, 'who waits is rung once'),
  }
}

/** Two threads wait for the high watermark of a row. */
export const waiters = scenario('waiters', [2, 5])
/** A thread of the mask's other half. */
export const waitersApart = scenario('waiters apart', [33])
