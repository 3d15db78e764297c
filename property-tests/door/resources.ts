import fs from 'node:fs'
import {setFlagsFromString} from 'node:v8'
import {runInNewContext} from 'node:vm'

/** How many files below `dir` this process has open. */
export function openFiles(dir: string): number {
  const links = fs.readdirSync('/proc/self/fd').map(fd => {
    try {
      return fs.readlinkSync(`/proc/self/fd/${fd}`)
    } catch {
      return ''
    }
  })
  return links.filter(link => link.startsWith(`${dir}/`)).length
}

export function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  ;(runInNewContext('gc') as () => void)()
}

/** Bytes of the buffers that are held. */
export function arrayBuffers(): number {
  collectGarbage()
  return process.memoryUsage().arrayBuffers
}
