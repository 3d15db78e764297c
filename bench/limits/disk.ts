import fs from 'node:fs'
import path from 'node:path'
import {writeFile} from '../append/raw-write.ts'
import {expectSame} from '../harness/check.ts'
import type {Measure, Subject} from '../harness/measure.ts'
import type {Scratch} from '../harness/scratch.ts'
import {Latencies, limit} from './limit.ts'

const MIB = 1024 * 1024
const SYNC_BYTES = 4096

/** What the file system takes: into the page cache, and down to the device. */
export function diskLimits(blocks: number, scratch: Scratch): Subject[] {
  return [
    {...limit(() => writeBlocks(blocks, scratch)), fileBytes: blocks * MIB},
    limit(() => syncBlocks(blocks, scratch)),
  ]
}

export function writeBlocks(blocks: number, scratch: Scratch): Promise<Measure[]> {
  const block = Buffer.from(new SharedArrayBuffer(MIB)).fill('odradek')
  return scratch.use(async dir => {
    const file = path.join(dir, 'blocks')
    const startMs = performance.now()
    writeFile(file, block, blocks * MIB)
    const writtenMs = performance.now()
    const overwritten = fs.openSync(file, 'r+')
    for (let i = 0; i < blocks; i++) fs.writeSync(overwritten, block, 0, MIB, i * MIB)
    const overwrittenMs = performance.now()
    fs.closeSync(overwritten)
    expectSame('bytes written', fs.statSync(file).size, blocks * MIB)
    return [
      {what: 'write 1 MiB to a new file', unit: 'µs', value: ((writtenMs - startMs) * 1000) / blocks},
      {what: 'overwrite 1 MiB', unit: 'µs', value: ((overwrittenMs - writtenMs) * 1000) / blocks},
    ]
  })
}

function syncBlocks(blocks: number, scratch: Scratch): Promise<Measure[]> {
  const block = Buffer.alloc(SYNC_BYTES, 'odradek')
  return scratch.use(async dir => {
    const fd = fs.openSync(path.join(dir, 'synced'), 'wx')
    const latencies = new Latencies()
    for (let i = 0; i < blocks; i++) {
      fs.writeSync(fd, block, 0, SYNC_BYTES, i * SYNC_BYTES)
      const startNs = process.hrtime.bigint()
      fs.fdatasyncSync(fd)
      latencies.since(startNs)
    }
    fs.closeSync(fd)
    return latencies.measures('fdatasync after 4 KiB')
  })
}
