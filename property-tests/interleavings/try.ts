import {load} from './code/load.ts'
import {exhaust} from './explore.ts'
import {Runtime} from './runtime.ts'
import {Scheduler} from './scheduler.ts'
import type {Scenario} from './scenario.ts'
import * as limits from '../../engine/limits.ts'
const runtime = new Runtime()
const loaded = await load(['property-tests/interleavings/scenarios/doorbell.ts'], runtime, {
  'engine/limits.ts': {...limits, SLOT_BYTES: 64, THREADS_MAX: 3},
  'property-tests/interleavings/event-loop.ts': {runTask: () => runtime.runTask(), isDead: () => false},
})
for (const s of loaded.sites) console.log(s.number, s.module, s.line, s.op, s.text)
const scenario = loaded.modules.get('property-tests/interleavings/scenarios/doorbell.ts')!['doorbell'] as Scenario
const scheduler = new Scheduler(runtime)
for (const weak of [false, true])
  for (const p of [0, 1, 2, 3, 4]) {
    const t = performance.now()
    const {schedules, turns, red} = exhaust(scheduler, scenario, {weak}, p)
    const ms = performance.now() - t
    console.log({weak, p, schedules, turns, ms, persec: (schedules / ms) * 1000, red: red?.failure?.message})
  }
