import {once} from 'node:events'
import {Worker} from 'node:worker_threads'
import type {Cluster} from 'odradek'
import type {Board} from './board.ts'
import {monotonicMs} from './clock.ts'
import type {Followed, FollowerData, FollowerOrder} from './follower-thread.ts'
import {count} from './picture.ts'
import {type Plan, PRODUCERS, recordsOf} from './plan.ts'
import type {Ack, ProducerData, ProducerOrder, Sent} from './producer-thread.ts'

/** What the threads measured. */
export interface Streamed {
  /** All flights at full speed, from the first send until the last was acknowledged. */
  readonly fullSpeedMs: number
  /** The same, until the live reader had read the last of them. */
  readonly fullSpeedReadMs: number
  /** When the paced flights began. */
  readonly pacedStartMs: number
  readonly followed: Followed
  /** By producer, in the order in which it sent. */
  readonly acks: readonly (readonly Ack[])[]
}

/** From when the schedule is made to when its first record is due: both producers have heard of it by then. */
const SCHEDULE_AHEAD_MS = 10

/** Starts two producers and a live reader on the cluster and has them do what the plan says. */
export async function stream(
  cluster: Cluster,
  plan: Plan,
  board: Board,
  onStep: (step: string) => void,
): Promise<Streamed> {
  const {handle} = cluster
  const shared = {handle, plan, board: board.memory}
  const follower = start<FollowerData>('./follower-thread.js', shared)
  const producers = Array.from({length: PRODUCERS}, (_, producer) =>
    start<ProducerData>('./producer-thread.js', {...shared, producer}),
  )
  const threads = [follower, ...producers]
  const follow = (order: FollowerOrder) => ask<Followed>(follower, order)
  const produce = (order: ProducerOrder) => Promise.all(producers.map(producer => ask<Sent>(producer, order)))
  try {
    onStep('starting two producers and a live reader')
    await Promise.all(threads.map(thread => once(thread, 'message')))

    if (plan.fullSpeed > 0) onStep('streaming at full speed')
    const [read, fast] = await Promise.all([follow({until: plan.fullSpeed}), produce({type: 'full-speed'})])
    const startMs = Math.min(...fast.map(each => each.startMs))
    const endMs = Math.max(...fast.map(each => each.endMs))

    onStep(`streaming at ${count(plan.pacedPerSecond)} flights a second`)
    const pacedStartMs = monotonicMs() + SCHEDULE_AHEAD_MS
    const [followed, paced] = await Promise.all([
      follow({until: recordsOf(plan)}),
      produce({type: 'paced', startMs: pacedStartMs}),
    ])

    for (const thread of threads) thread.postMessage('close')
    await Promise.all(threads.map(thread => once(thread, 'exit')))
    return {
      fullSpeedMs: endMs - startMs,
      fullSpeedReadMs: read.endMs - startMs,
      pacedStartMs,
      followed,
      acks: fast.map(({acks}, producer) => [...acks, ...paced[producer]!.acks]),
    }
  } finally {
    await Promise.all(threads.map(thread => thread.terminate()))
  }
}

function start<Data>(file: string, workerData: Data): Worker {
  return new Worker(new URL(file, import.meta.url), {workerData})
}

async function ask<Answer>(thread: Worker, order: unknown): Promise<Answer> {
  const answer = once(thread, 'message')
  thread.postMessage(order)
  return (await answer)[0] as Answer
}
