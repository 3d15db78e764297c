/** Everything under the scheduler: the engine with small limits, and the scenarios. */
import * as limits from '../../engine/limits.ts'
import {load} from './code/load.ts'
import type {Site} from './code/turns.ts'
import type * as eventLoop from './event-loop.ts'
import {Runtime} from './runtime.ts'
import type {Scenario} from './scenario.ts'
import {Scheduler} from './scheduler.ts'

/** Small, so that every wrap and every reuse happens within a few steps. */
const SMALL = {SLOT_BYTES: 128, THREADS_MAX: 2, SYNC_FILES_MAX: 2, QUEUE_LAPS: 2}

const SCENARIOS: Readonly<Record<string, readonly string[]>> = {
  doorbell: ['doorbell'],
  inbox: ['inbox', 'oneSlot', 'twoInboxes'],
  parking: ['parking'],
  arena: ['arenaRead', 'arenaReadAhead', 'arenaReadOn', 'arenaCut'],
  waiters: ['waiters', 'waitersApart'],
  'thread-slots': ['threadSlots'],
  'flush-order': ['flushOrder'],
  'log-map': ['replicaDies', 'logCloses'],
  attach: ['attach'],
  log: ['log'],
}

export interface Lab {
  readonly runtime: Runtime
  readonly scheduler: Scheduler
  readonly scenarios: readonly Scenario[]
  readonly sites: readonly Site[]
}

export async function openLab(): Promise<Lab> {
  const runtime = new Runtime()
  const path = (file: string): string => `property-tests/interleavings/scenarios/${file}.ts`
  const {modules, sites} = await load(Object.keys(SCENARIOS).map(path), runtime, {
    'engine/limits.ts': {...limits, ...SMALL},
    'property-tests/interleavings/event-loop.ts': eventLoopOf(runtime),
    // a thread of the system's is alive until its actor is dead
    'workers/thread-id.ts': {threadIsAlive: (nativeId: number) => runtime.isAlive(nativeId)},
  })
  const {interruptCopies} = modules.get('engine/memory/copy-bytes.ts') as typeof import('../../engine/memory/copy-bytes.ts')
  // copies in two halves, each of them a turn
  interruptCopies(() => {})
  const scenarios = Object.entries(SCENARIOS).flatMap(([file, names]) =>
    names.map(name => modules.get(path(file))![name] as Scenario),
  )
  return {runtime, scheduler: new Scheduler(runtime), scenarios, sites}
}

function eventLoopOf(runtime: Runtime): typeof eventLoop {
  return {
    runTask: () => runtime.runTask(),
    deliver: (name, message) => runtime.deliver(name, message),
    whenDead: name => runtime.whenDead(name),
    untilDead: name => runtime.untilDead(name) as unknown as undefined,
    atOnce: task => {
      runtime.finish(task())
    },
    wastedNotifies: () => runtime.wastedNotifies,
  }
}
