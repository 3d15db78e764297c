import type {MessagePort} from 'node:worker_threads'
import {Doorbell, RING} from '../engine/memory/doorbell.ts'
import {FlushOrder} from '../engine/memory/flush-order.ts'
import {syncDescriptor} from './storage.ts'
import {nativeThreadId} from './thread-id.ts'
import {threadStart} from './thread-start.ts'

/** What a flusher is started with. */
export interface FlusherData {
  readonly order: SharedArrayBuffer
  readonly replicaDoorbell: {readonly memory: SharedArrayBuffer; readonly byteOffset: number}
  /** Takes the system's name for this thread, and `ended` at its end where it can still say that. */
  readonly life: MessagePort
}

/**
 * Syncs files for one data dir, so that the replica thread goes on appending meanwhile. It sleeps on its own doorbell, does one
 * order at a time, and ends with the replica thread that started it.
 */
export function flusherThread(): never {
  const {order: memory, replicaDoorbell, life} = threadStart<FlusherData>()!.data
  const order = new FlushOrder(memory)
  const replica = new Doorbell(replicaDoorbell.memory, replicaDoorbell.byteOffset)
  process.once('exit', () => {
    life.postMessage('ended')
    replica.ring(RING.flusher)
  })
  life.postMessage(nativeThreadId())
  order.publishUp()
  // a sync may be waiting for this thread
  replica.ring(RING.flusher)

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
