import {once} from 'node:events'
import {Worker} from 'node:worker_threads'
import {expectSame} from '../harness/check.ts'
import type {Measure, Subject} from '../harness/measure.ts'
import type {EchoData} from './echo-thread.ts'
import {Latencies, limit} from './limit.ts'

const MIB = 1024 * 1024
const IDLE_THREADS = 4

/** What it takes to wake another thread and be woken by it, and to have it at all. */
export function threadLimits(trips: number): Subject[] {
  return [
    limit(() => waitTrips(trips)),
    limit(() => waitAsyncTrips(trips)),
    limit(() => postMessageTrips(trips)),
    limit(startThreads),
  ]
}

async function waitTrips(trips: number): Promise<Measure[]> {
  const {echo, words} = await startEcho('wait')
  const latencies = new Latencies()
  for (let trip = 1; trip <= trips; trip++) {
    const startNs = process.hrtime.bigint()
    Atomics.store(words, 0, trip)
    Atomics.notify(words, 0)
    while (Atomics.load(words, 1) !== trip) Atomics.wait(words, 1, trip - 1)
    latencies.since(startNs)
  }
  await stopEcho(echo, words, trips)
  return latencies.measures('round trip by Atomics.wait')
}

async function waitAsyncTrips(trips: number): Promise<Measure[]> {
  const {echo, words} = await startEcho('wait')
  const latencies = new Latencies()
  for (let trip = 1; trip <= trips; trip++) {
    const startNs = process.hrtime.bigint()
    Atomics.store(words, 0, trip)
    Atomics.notify(words, 0)
    const answer = Atomics.waitAsync(words, 1, trip - 1)
    if (answer.async) await answer.value
    latencies.since(startNs)
  }
  await stopEcho(echo, words, trips)
  return latencies.measures('round trip by Atomics.waitAsync')
}

async function postMessageTrips(trips: number): Promise<Measure[]> {
  const {echo} = await startEcho('message')
  const latencies = new Latencies()
  for (let trip = 1; trip <= trips; trip++) {
    const startNs = process.hrtime.bigint()
    const answer = once(echo, 'message')
    echo.postMessage(trip)
    expectSame('answer to a message', (await answer)[0], trip)
    latencies.since(startNs)
  }
  await echo.terminate()
  return latencies.measures('round trip by postMessage')
}

async function startThreads(): Promise<Measure[]> {
  const before = process.memoryUsage.rss()
  const echoes: Worker[] = []
  const startMs = performance.now()
  for (let i = 0; i < IDLE_THREADS; i++) echoes.push((await startEcho('message')).echo)
  const ms = performance.now() - startMs
  const bytes = process.memoryUsage.rss() - before
  await Promise.all(echoes.map(echo => echo.terminate()))
  return [
    {what: 'start a thread', unit: 'ms', value: ms / IDLE_THREADS},
    {what: 'memory of an idle thread', unit: 'MiB', value: bytes / IDLE_THREADS / MIB},
  ]
}

/** Starts a thread that answers, and waits until it listens. */
async function startEcho(by: EchoData['by']): Promise<{echo: Worker; words: Int32Array}> {
  const words = new Int32Array(new SharedArrayBuffer(64))
  const workerData: EchoData = {by, words}
  const echo = new Worker(new URL('./echo-thread.js', import.meta.url), {workerData, execArgv: []})
  await once(echo, 'message')
  return {echo, words}
}

async function stopEcho(echo: Worker, words: Int32Array, trips: number): Promise<void> {
  const stopped = once(echo, 'exit')
  Atomics.store(words, 0, -1)
  Atomics.notify(words, 0)
  await stopped
  expectSame('round trips answered', Atomics.load(words, 1), trips)
}
