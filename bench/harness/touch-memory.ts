import fs from 'node:fs'
import path from 'node:path'
import type {Scratch} from './scratch.ts'

const BLOCK = Buffer.alloc(1 << 20, 'odradek')

/**
 * Has the memory for `bytes` of files at hand. A virtual machine gets its memory page by page from its host, and gives free
 * pages back after seconds: writing to a file is then ten times slower until its pages have been fetched again. So a
 * file of that size is written and deleted just before; the next one finds its pages in the kernel's free list.
 */
export function touchMemory(scratch: Scratch, bytes: number): Promise<void> {
  return scratch.use(async dir => {
    const fd = fs.openSync(path.join(dir, 'touched'), 'wx')
    for (let at = 0; at < bytes; at += BLOCK.length) fs.writeSync(fd, BLOCK, 0, BLOCK.length, at)
    fs.closeSync(fd)
  })
}
