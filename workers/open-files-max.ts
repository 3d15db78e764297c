import fs from 'node:fs'

/** Where the system does not say, it allows at least as many. */
const UNKNOWN = 4096
/** Left to the program, to what it reads, and to the cluster's own sockets and directories. */
const OTHERS = 150
/** What a thread of Node takes for itself. */
const A_THREAD = 4
/** Fewer would open the files of one partition over and over. */
const LEAST = 8

/** How many files each of so many threads may have open, so that the process stays below what the system allows it. */
export function openFilesMax(threads: number): number {
  return Math.max(LEAST, Math.floor((systemLimit() - OTHERS - A_THREAD * threads) / threads))
}

function systemLimit(): number {
  try {
    const [, limit] = /^Max open files\s+(\d+)/m.exec(fs.readFileSync('/proc/self/limits', 'utf8')) ?? []
    return limit === undefined ? UNKNOWN : Number(limit)
  } catch {
    return UNKNOWN
  }
}
