import {Doorbell, RING} from '../engine/memory/doorbell.ts'
import {FlushOrder} from '../engine/memory/flush-order.ts'
import {syncDescriptor} from './storage.ts'
import {threadStart} from './thread-start.ts'

/** What a flusher is started with. */
export interface FlusherData {
  readonly order: SharedArrayBuffer
  readonly replicaDoorbell: {readonly memory: SharedArrayBuffer; readonly byteOffset: number}
}

/**
 * Syncs files for one data dir, so that the replica thread goes on appending meanwhile. It sleeps on its own doorbell, does one
 * order at a time, and ends with the replica thread that started it.
 */
export function flusherThread(): never {
  const {order: memory, replicaDoorbell} = threadStart<FlusherData>()!.data
  const order = new FlushOrder(memory)
  const replica = new Doorbell(replicaDoorbell.memory, replicaDoorbell.byteOffset)
  order.publishUp()

  for (;;) {
    const seen = order.doorbell.count()
    if (order.isOpen()) {
      order.answer(syncAll(order.files()))
      replica.ring(RING.flusher)
    } else {
      order.doorbell.wait(seen, Number.POSITIVE_INFINITY)
    }
  }
}

function syncAll(files: readonly number[]): number {
  for (const fd of files) {
    try {
      syncDescriptor(fd)
    } catch (error) {
      return Math.abs((error as {errno?: number}).errno ?? 1) || 1
    }
  }
  return 0
}
