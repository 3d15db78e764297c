/** The other thread of the pipeline: checks and writes what stands in the slots, whatever that is by now. */
import fs from 'node:fs'
import {parentPort, workerData} from 'node:worker_threads'
import {SLOT_BYTES} from '../../engine/limits.ts'
import {crcMatches} from '../../engine/record/batch-check.ts'
import {batchSize} from '../../engine/record/record-batch.ts'
import {loadCrc32c} from '../../workers/checksum.ts'

export interface WriterData {
  readonly slab: SharedArrayBuffer
  readonly words: Int32Array
  readonly file: string
  /** Writes to do. */
  readonly turns: number
}

/** Set by the one who builds; set to the number of writes once they are done. */
export const WORD = {go: 0, done: 1} as const
/** Slots of one write: 1 MiB. */
export const BLOCK_SLOTS = 16

if (parentPort !== null) await run(workerData as WriterData)

async function run({slab, words, file, turns}: WriterData): Promise<void> {
  const crc32c = await loadCrc32c()
  const slots = slab.byteLength / SLOT_BYTES
  const bytes = Buffer.from(slab)
  const view = new DataView(slab)
  const fd = fs.openSync(file, 'wx')
  parentPort!.postMessage('ready')
  Atomics.wait(words, WORD.go, 0)
  let position = 0
  for (let turn = 0; turn < turns; turn++) {
    const parts: Buffer[] = []
    for (let i = 0; i < BLOCK_SLOTS; i++) {
      const at = ((turn * BLOCK_SLOTS + i) % slots) * SLOT_BYTES
      const length = batchSize(view, at)
      // as likely as not it is being built anew: what matters is that it is read
      crcMatches(bytes, view, at, crc32c)
      parts.push(bytes.subarray(at, at + length))
    }
    position += fs.writevSync(fd, parts, position)
  }
  fs.closeSync(fd)
  Atomics.store(words, WORD.done, turns)
}
