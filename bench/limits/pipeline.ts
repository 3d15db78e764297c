import {once} from 'node:events'
import path from 'node:path'
import {Worker} from 'node:worker_threads'
import {SLOT_BYTES, SLOTS_MIN} from '../../engine/limits.ts'
import {copyBytes} from '../../engine/memory/copy-bytes.ts'
import {BatchBuilder} from '../../engine/record/batch-builder.ts'
import {bytesPayload, valueIndex} from '../append/payload.ts'
import {expectSame} from '../harness/check.ts'
import type {Measure, Subject} from '../harness/measure.ts'
import type {Scratch} from '../harness/scratch.ts'
import {limit} from './limit.ts'
import {BLOCK_SLOTS, WORD, type WriterData} from './pipeline-thread.ts'
import {addTo} from './records.ts'

const MIB = 1024 * 1024
const values = bytesPayload('100 B', 100).values as readonly Uint8Array[]

/**
 * The most that any log of two threads can do: one builds batches and copies them to shared memory, the other checks and
 * writes what stands there, and neither ever looks at the other. The slower of the two counts.
 */
export function pipelineLimit(blocks: number, scratch: Scratch): Subject {
  return {...limit(async () => [await buildBesideWriter(blocks, scratch)]), fileBytes: blocks * MIB}
}

export function buildBesideWriter(blocks: number, scratch: Scratch): Promise<Measure> {
  return scratch.use(async dir => {
    const slab = Buffer.from(new SharedArrayBuffer(SLOTS_MIN * SLOT_BYTES))
    const builder = new BatchBuilder(SLOT_BYTES)
    const build = (slot: number): number => {
      while (addTo(builder, values[valueIndex(builder.count)]!)) {}
      const {count} = builder
      copyBytes(builder.finish(), slab, slot * SLOT_BYTES)
      builder.reset()
      return count
    }
    let perSlot = 0
    for (let slot = 0; slot < SLOTS_MIN; slot++) perSlot = build(slot)

    const words = new Int32Array(new SharedArrayBuffer(64))
    const turns = Math.ceil((blocks * MIB) / (BLOCK_SLOTS * SLOT_BYTES))
    const workerData: WriterData = {
      slab: slab.buffer as SharedArrayBuffer,
      words,
      file: path.join(dir, 'blocks'),
      turns,
    }
    const writer = new Worker(new URL('./pipeline-thread.js', import.meta.url), {workerData, execArgv: []})
    await once(writer, 'message')
    Atomics.store(words, WORD.go, 1)
    Atomics.notify(words, WORD.go)
    let built = 0
    let slot = 0
    const startMs = performance.now()
    // at least once: a writer with next to nothing to do is through before this loop begins
    do {
      built += build(slot)
      slot = (slot + 1) % SLOTS_MIN
    } while (Atomics.load(words, WORD.done) === 0)
    const ms = performance.now() - startMs
    await once(writer, 'exit')
    const written = Atomics.load(words, WORD.done)
    expectSame('blocks written', written, turns)
    const slower = Math.min(built, turns * BLOCK_SLOTS * perSlot)
    return {what: 'build a record and, beside it, check and write one', unit: 'ns', value: (ms * 1e6) / slower}
  })
}
