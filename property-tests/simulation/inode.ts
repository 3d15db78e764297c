import {Pages} from './pages.ts'

/** What a power loss leaves of changes that were not synced: of so many in a row, how many; of the write that comes next, how many bytes. */
export interface Survival {
  readonly changes: (count: number, path: string) => number
  readonly bytes: (count: number, path: string) => number
}

type Change = {readonly bytes: Uint8Array; readonly position: number} | {readonly size: number}

/** A file whatever its name: what reads find, what is on stable storage, and the changes that lie between them. */
export class Inode {
  modifiedMs = 0
  current = new Pages()
  #stored = new Pages()
  #pending: Change[] = []

  write(bytes: Uint8Array, position: number): void {
    this.#change({bytes: new Uint8Array(bytes), position})
  }

  truncate(size: number): void {
    this.#change({size})
  }

  sync(): void {
    for (const change of this.#pending) apply(this.#stored, change)
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
