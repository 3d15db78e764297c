import {BroadcastChannel} from 'node:worker_threads'
import type {LogMap} from '../engine/cluster/log-map.ts'
import {STATE} from '../engine/cluster/replica-line.ts'
import {OdradekError} from '../engine/errors.ts'
import {THREADS_MAX} from '../engine/limits.ts'
import {RING} from '../engine/memory/doorbell.ts'
import type {ControlMessage} from './replica-data.ts'
import {nativeThreadId} from './thread-id.ts'

/** A thread's place at a log that another thread opened. */
export interface ThreadAttachment {
  readonly thread: number
  readonly inbox: SharedArrayBuffer
  /** Gives the place up; everything sent must have been answered. */
  detach(): void
}

/** How often a thread that attaches looks whether the log still lives. */
const LOOK_MS = 50

/** Takes a place among a log's threads and has the replica thread give it an inbox. */
export async function attachThread(map: LogMap, name: string): Promise<ThreadAttachment> {
  const channel = new BroadcastChannel(name)
  const thread = map.threads.claim(nativeThreadId())
  if (thread < 0) {
    channel.close()
    throw new OdradekError('TOO_MANY_THREADS', `${THREADS_MAX} threads are attached; close a log somewhere first`)
  }
  const tell = (message: ControlMessage): void => {
    channel.postMessage(message)
    map.doorbell.ring(RING.control)
  }
  try {
    const inbox = await new Promise<SharedArrayBuffer>((resolve, reject) => {
      const timer = setInterval(() => {
        if (map.replicaDied || map.replica.state === STATE.closed) {
          clearInterval(timer)
          reject(new OdradekError('LOG_CLOSED', 'the log of this handle is not open any more'))
        }
      }, LOOK_MS)
      channel.onmessage = event => {
        const message = (event as {data: ControlMessage}).data
        if (message.type !== 'attached' || message.thread !== thread) return
        clearInterval(timer)
        resolve(message.inbox)
      }
      tell({type: 'attach', thread})
    })
    channel.unref()
    return {
      thread,
      inbox,
      detach() {
        tell({type: 'detach', thread})
        channel.close()
      },
    }
  } catch (error) {
    map.threads.free(thread)
    channel.close()
    throw error
  }
}
