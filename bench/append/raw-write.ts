import fs from 'node:fs'
import path from 'node:path'
import type {Context} from '../harness/case.ts'
import {expectSame} from '../harness/check.ts'
import type {Subject} from '../harness/measure.ts'

const MIB = 1024 * 1024
const BLOCK_BYTES = MIB
const FILE_BYTES_MAX = 512 * MIB

/** The floor under every log: the same number of bytes, from shared memory, in large blocks, into new files. */
export function writeRaw(what: string, bytes: number, context: Context): Subject {
  const block = Buffer.from(new SharedArrayBuffer(BLOCK_BYTES)).fill('odradek')
  return {
    name: 'raw writeSync',
    fileBytes: bytes,
    round: () =>
      context.scratch.use(async dir => {
        const startMs = performance.now()
        for (let written = 0; written < bytes; written += FILE_BYTES_MAX) {
          writeFile(path.join(dir, `${written}.log`), block, Math.min(FILE_BYTES_MAX, bytes - written))
        }
        const seconds = (performance.now() - startMs) / 1000
        const files = fs.readdirSync(dir).map(name => fs.statSync(path.join(dir, name)).size)
        expectSame(
          'raw writeSync, bytes in files',
          files.reduce((sum, size) => sum + size, 0),
          bytes,
        )
        return [{what, unit: 'MiB/s', value: bytes / MIB / seconds}]
      }),
  }
}

export function writeFile(file: string, block: Buffer, bytes: number): void {
  const fd = fs.openSync(file, 'wx')
  try {
    for (let at = 0; at < bytes; at += block.length) {
      const length = Math.min(block.length, bytes - at)
      expectSame('raw writeSync, bytes of one call', fs.writeSync(fd, block, 0, length, at), length)
    }
  } finally {
    fs.closeSync(fd)
  }
}
