import {randomUUID} from 'node:crypto'
import {setTimeout} from 'node:timers/promises'
import {BroadcastChannel} from 'node:worker_threads'
import type {LogMap} from '../engine/cluster/log-map.ts'
import {STATE} from '../engine/cluster/replica-line.ts'
import {OdradekError} from '../engine/errors.ts'
import {THREADS_MAX} from '../engine/limits.ts'
import {RING} from '../engine/memory/doorbell.ts'
import {OPENER} from './attachments.ts'
import type {ControlMessage} from './replica-data.ts'
import {announceDeath} from './replica-host.ts'
import {nativeThreadId, threadIsAlive} from './thread-id.ts'

/** A thread's place at a log that another thread opened. */
export interface ThreadAttachment {
  readonly thread: number
  readonly inbox: SharedArrayBuffer
  /** Settles when the replica thread has ended. */
  readonly ended: Promise<void>
  /** Gives the place up; everything sent must have been answered. */
  detach(): void
}

/** How often a thread that attaches looks whether the log still lives. */
const LOOK_MS = 50
/** How often one that is attached looks whether the thread that opened the log does: only that one hears the replica thread's end. */
const WATCH_MS = 1000
/** How long the replica thread gets to take back the places of threads that died. */
const SWEEP_TRIES = 50
const SWEEP_WAIT_MS = 5

/** Takes a place among a log's threads and has the replica thread give it an inbox. */
export async function attachThread(map: LogMap, name: string): Promise<ThreadAttachment> {
  const channel = new BroadcastChannel(name)
  const tell = (message: ControlMessage): void => {
    channel.postMessage(message)
    map.doorbell.ring(RING.control)
  }
  let thread = -1
  try {
    throwIfGone(map)
    thread = await claimPlace(map, tell)
    const inbox = await askForInbox(map, {channel, thread, tell})
    channel.unref()
    const {ended, stopWatching} = watch(map, channel)
    return {
      thread,
      inbox,
      ended,
      detach() {
        tell({type: 'detach', thread})
        stopWatching()
        channel.close()
      },
    }
  } catch (error) {
    if (thread >= 0) map.threads.free(thread)
    channel.close()
    throw error
  }
}

async function claimPlace(map: LogMap, tell: (message: ControlMessage) => void): Promise<number> {
  let thread = map.threads.claim(nativeThreadId())
  if (thread >= 0) return thread
  tell({type: 'sweep'})
  for (let tries = 0; thread < 0 && tries < SWEEP_TRIES; tries++) {
    await setTimeout(SWEEP_WAIT_MS)
    thread = map.threads.claim(nativeThreadId())
  }
  if (thread < 0)
    throw new OdradekError('TOO_MANY_THREADS', `${THREADS_MAX} threads are attached; close a log somewhere first`)
  return thread
}

function askForInbox(
  map: LogMap,
  place: {channel: BroadcastChannel; thread: number; tell: (message: ControlMessage) => void},
): Promise<SharedArrayBuffer> {
  const asked = randomUUID()
  return new Promise((resolve, reject) => {
    const timer = setInterval(() => {
      try {
        throwIfGone(map)
      } catch (error) {
        clearInterval(timer)
        reject(error)
      }
    }, LOOK_MS)
    place.channel.onmessage = event => {
      const message = (event as {data: ControlMessage}).data
      if ((message.type !== 'attached' && message.type !== 'refused') || message.asked !== asked) return
      clearInterval(timer)
      if (message.type === 'attached') resolve(message.inbox)
      else
        reject(new OdradekError('TOO_MANY_THREADS', `there is no memory for an inbox of this thread: ${message.why}`))
    }
    place.tell({type: 'attach', thread: place.thread, asked})
  })
}

function throwIfGone(map: LogMap): void {
  if (hasEnded(map) || !openerIsAlive(map))
    throw new OdradekError('LOG_CLOSED', 'the log of this handle is not open any more')
}

/** Hears the end of the replica thread from the thread that opened the log, or notices the end of that thread, which is the end of both. */
function watch(map: LogMap, channel: BroadcastChannel): {ended: Promise<void>; stopWatching: () => void} {
  let timer: NodeJS.Timeout | undefined
  const ended = new Promise<void>(resolve => {
    channel.onmessage = event => {
      if ((event as {data: ControlMessage}).data.type === 'ended') resolve()
    }
    timer = setInterval(() => {
      if (!hasEnded(map) && !openerIsAlive(map)) announceDeath(map)
      if (hasEnded(map)) resolve()
    }, WATCH_MS)
    timer.unref()
  })
  return {ended, stopWatching: () => clearInterval(timer)}
}

function hasEnded(map: LogMap): boolean {
  return map.replicaDied || map.replica.state === STATE.closed
}

function openerIsAlive(map: LogMap): boolean {
  return threadIsAlive(map.threads.nativeId(OPENER))
}
