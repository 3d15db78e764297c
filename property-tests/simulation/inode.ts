import {Pages} from './pages.ts'

/** What a power loss leaves of changes that were not synced: of so many in a row, how many; of the write that comes next, how many bytes. */
export interface Survival {
  readonly changes: (count: number, path: string) => number
  readonly bytes: (count: number, path: string) => number
}

/** What becomes of one sector of a write that was not synced: it is there, it is not, or the file got longer and holds zeros there. */
export type Fate = 'kept' | 'lost' | 'zeros'

/** A power loss after which any changes that were not synced may be there, whatever became of those before them. */
export interface Scattering {
  /** Of so many changes of names, how many last; names change in order, as on a file system with a journal. */
  readonly names: (count: number) => number
  /** Asked about each sector of each write, and about each change of a file's size. */
  readonly fate: (path: string, change: number) => Fate
}

export const SECTOR_BYTES = 512

type Change = {readonly bytes: Uint8Array; readonly position: number} | {readonly size: number}

/** A file whatever its name: what reads find, what is on stable storage, and the changes that lie between them. */
export class Inode {
  modifiedMs = 0
  current = new Pages()
  #stored = new Pages()
  #pending: Change[] = []

  write(bytes: Uint8Array, position: number): void {
    this.#change({bytes: Buffer.from(bytes), position})
  }

  truncate(size: number): void {
    this.#change({size})
  }

  sync(): void {
    for (const change of this.#pending) apply(this.#stored, change)
    this.#pending = []
  }

  /** What a sync that fails does: what was not synced is still read, but counts as synced, so that no later sync stores it. */
  failSync(): void {
    this.#pending = []
  }

  losePower(survival: Survival, path: string): void {
    const whole = survival.changes(this.#pending.length, path)
    const torn = this.#pending[whole]
    this.#pending.length = whole
    if (torn !== undefined && 'bytes' in torn) {
      const bytes = torn.bytes.subarray(0, survival.bytes(torn.bytes.length, path))
      this.#pending.push({bytes, position: torn.position})
    }
    this.sync()
    this.current = this.#stored.copy()
  }

  /** Every sector of every change that was not synced comes to its own fate. */
  scatter({fate}: Scattering, path: string): void {
    const before = this.#stored.size
    const pending = this.#pending
    this.#pending = []
    for (const [i, change] of pending.entries()) {
      if ('size' in change) {
        if (fate(path, i) === 'kept') this.#pending.push(change)
        continue
      }
      for (const {bytes, position} of sectors(change)) {
        const what = fate(path, i)
        if (what === 'kept') this.#pending.push({bytes, position})
        // only what is new to a file can read as zeros
        else if (what === 'zeros' && position >= before)
          this.#pending.push({bytes: new Uint8Array(bytes.length), position})
      }
    }
    this.sync()
    this.current = this.#stored.copy()
  }

  copy(): Inode {
    const copy = new Inode()
    copy.modifiedMs = this.modifiedMs
    copy.current = this.current.copy()
    copy.#stored = this.#stored.copy()
    copy.#pending = [...this.#pending]
    return copy
  }

  #change(change: Change): void {
    apply(this.current, change)
    this.#pending.push(change)
  }
}

function apply(pages: Pages, change: Change): void {
  if ('size' in change) pages.truncate(change.size)
  else pages.write(change.bytes, change.position)
}

function* sectors({
  bytes,
  position,
}: {
  bytes: Uint8Array
  position: number
}): Generator<{bytes: Uint8Array; position: number}> {
  for (let done = 0; done < bytes.length; ) {
    const count = Math.min(bytes.length - done, SECTOR_BYTES - ((position + done) % SECTOR_BYTES))
    yield {bytes: bytes.subarray(done, done + count), position: position + done}
    done += count
  }
}
