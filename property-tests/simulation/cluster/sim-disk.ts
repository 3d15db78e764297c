import {AssertionFailed} from '../../../engine/assert.ts'
import {type DiskCallKind, MemoryDisk, systemError} from '../memory-disk.ts'

/** Ends a thread at a call to the disk. It goes the way of a broken rule, which nobody catches and goes on from. */
export class ThreadKilled extends AssertionFailed {}

const WRITES: ReadonlySet<DiskCallKind> = new Set<DiskCallKind>([
  'write',
  'sync',
  'truncate',
  'rename',
  'remove',
  'makeDirectory',
])

/** What a simulation does at each call to its disk. */
export interface DiskWatch {
  /** A thread of the cluster calls; it may be interrupted here, by whatever else there is to run. Throws where the thread is to end. */
  called(kind: DiskCallKind, path: string): void
  /** Whether the call fails, or how many bytes at most it writes. */
  fails(kind: DiskCallKind, path: string): 'EIO' | 'ENOSPC' | number | undefined
}

/** The one disk of a simulated machine; checks read it without being seen. */
export class SimDisk extends MemoryDisk {
  #unwatched = 0

  watch(watch: DiskWatch): void {
    this.intercept = (kind, path) => {
      if (this.#unwatched > 0) return undefined
      watch.called(kind, path)
      if (!WRITES.has(kind)) return undefined
      const code = watch.fails(kind, path)
      if (typeof code === 'string') throw systemError(code, path)
      return code
    }
  }

  unwatched<T>(run: () => T): T {
    this.#unwatched++
    try {
      return run()
    } finally {
      this.#unwatched--
    }
  }
}
