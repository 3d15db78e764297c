/** Everything under the scheduler: the engine and what uses it, with small limits, and the scenarios. */
import * as limits from '../../engine/limits.ts'
import {load} from './code/load.ts'
import type {Site} from './code/turns.ts'
import type * as eventLoop from './event-loop.ts'
import {Runtime} from './runtime.ts'
import type {Scenario} from './scenario.ts'
import {Scheduler} from './scheduler.ts'

/** Small, so that every wrap and every reuse happens within a few steps. */
const SMALL = {SLOT_BYTES: 128, THREADS_MAX: 2, SYNC_FILES_MAX: 2, QUEUE_LAPS: 2, ROW_MARKS: 64, ROWS_AT_ONCE: 1}

/** By file: the scenarios in it, each with the preemptions up to which there are few enough schedules to try them all. */
const SCENARIOS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  doorbell: {doorbell: 3},
  parking: {parking: 3},
  inbox: {oneSlot: 3, inbox: 3, twoInboxes: 1},
  arena: {arenaRead: 3, arenaReadAhead: 3, arenaReadOn: 3, arenaCut: 3},
  waiters: {waiters: 2, waitersApart: 3},
  'thread-slots': {threadSlots: 3},
  'flush-order': {flushOrder: 3},
  'log-map': {replicaDies: 3, logCloses: 3},
  'failure-note': {failureNote: 3},
  doubt: {doubt: 3},
  lease: {lease: 3},
  leadership: {leadership: 1},
  'followed-epoch': {followedEpoch: 3, leftEpoch: 3},
  'row-marks': {rowMarks: 1},
  'thread-line': {threadEnds: 3, threadReturns: 2, threadSleeps: 2},
  'cluster-closes': {clusterCloses: 3},
  'host-attach': {hostAttach: 1},
  attach: {attach: 1},
  log: {log: 0},
}

export interface Lab {
  readonly runtime: Runtime
  readonly scheduler: Scheduler
  readonly scenarios: readonly Scenario[]
  readonly sites: readonly Site[]
  /** The preemptions up to which all schedules of a scenario can be tried. */
  readonly preemptions: ReadonlyMap<Scenario, number>
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
  const {interruptCopies} = modules.get('engine/memory/copy-bytes.ts') as {
    interruptCopies: (midway: () => void) => void
  }
  // copies in two halves, each of them a turn
  interruptCopies(() => {})
  const preemptions = new Map<Scenario, number>()
  for (const [file, names] of Object.entries(SCENARIOS))
    for (const [name, count] of Object.entries(names))
      preemptions.set(modules.get(path(file))![name] as Scenario, count)
  return {runtime, scheduler: new Scheduler(runtime), scenarios: [...preemptions.keys()], sites, preemptions}
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
