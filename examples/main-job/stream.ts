import {once} from 'node:events'
import {Worker} from 'node:worker_threads'
import type {Log, LogHandle} from 'odradek'
import {monotonicMs} from './clock.ts'
import type {Followed, FollowerData, FollowerOrder} from './follower-thread.ts'
import {type Plan, PRODUCERS, recordsOf} from './plan.ts'
import type {Appended, ProducerData, ProducerOrder} from './producer-thread.ts'

/** What the threads measured. */
export interface Streamed {
  /** All flights at full speed, from the first append until they were as safe as the log's durability says. */
  readonly fullSpeedMs: number
  /** The same, until the live reader had read the last of them. */
  readonly fullSpeedReadMs: number
  readonly followed: Followed
}

/** From when the schedule is made to when its first record is due: both producers have heard of it by then. */
const SCHEDULE_AHEAD_MS = 10

/** Starts two producers and a live reader on the log and has them do what the plan says. */
export async function stream(log: Log, plan: Plan, onStep: (step: string) => void): Promise<Streamed> {
  const {handle} = log
  const follower = start<FollowerData>('./follower-thread.js', {handle, plan})
  const producers = Array.from({length: PRODUCERS}, (_, producer) =>
    start<ProducerData>('./producer-thread.js', {handle, plan, producer}),
  )
  const threads = [follower, ...producers]
  const follow = (order: FollowerOrder) => ask<Followed>(follower, order)
  const produce = (order: ProducerOrder) => Promise.all(producers.map(producer => ask<Appended>(producer, order)))
  try {
    onStep('starting two producers and a live reader')
    await Promise.all(threads.map(thread => once(thread, 'message')))

    if (plan.fullSpeed > 0) onStep('streaming at full speed')
    const [read, appended] = await Promise.all([follow({until: plan.fullSpeed}), produce({type: 'full-speed'})])
    const startMs = Math.min(...appended.map(each => each.startMs))
    const endMs = Math.max(...appended.map(each => each.endMs))

    onStep(`streaming at ${plan.pacedPerSecond} flights a second`)
    const schedule = {type: 'paced', startMs: monotonicMs() + SCHEDULE_AHEAD_MS} as const
    const [followed] = await Promise.all([follow({until: recordsOf(plan)}), produce(schedule)])

    for (const thread of threads) thread.postMessage('close')
    await Promise.all(threads.map(thread => once(thread, 'exit')))
    return {fullSpeedMs: endMs - startMs, fullSpeedReadMs: read.endMs - startMs, followed}
  } finally {
    await Promise.all(threads.map(thread => thread.terminate()))
  }
}

function start<Data extends {readonly handle: LogHandle}>(file: string, workerData: Data): Worker {
  return new Worker(new URL(file, import.meta.url), {workerData})
}

async function ask<Answer>(thread: Worker, order: unknown): Promise<Answer> {
  const answer = once(thread, 'message')
  thread.postMessage(order)
  return (await answer)[0] as Answer
}
