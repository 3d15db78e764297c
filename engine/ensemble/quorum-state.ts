import {crc32c} from '../bytes/crc32c.ts'
import {readText, replaceFile} from '../log/files.ts'
import type {Storage} from '../log/storage.ts'

/** What a coordinator must not forget beside its log. */
interface Promised {
  /** The latest epoch it has heard of; it takes nothing of an earlier one. */
  readonly epoch: number
  /** Its log holds all that it ever acknowledged. */
  readonly intact: boolean
}

export const QUORUM_STATE = 'quorum-state'

/**
 * A coordinator's `quorum-state`, a small file beside its log, changed at a takeover only: which epoch it has promised to, and whether
 * its log still is what others counted on. Whoever forgot either must not help to choose what goes on.
 */
export class QuorumState {
  readonly #storage: Storage
  readonly #path: string
  #promised: Promised

  private constructor(storage: Storage, path: string, promised: Promised) {
    this.#storage = storage
    this.#path = path
    this.#promised = promised
  }

  /** Undefined where there is no such file. One that is corrupt has forgotten everything. */
  static read(storage: Storage, dir: string): QuorumState | undefined {
    const path = `${dir}/${QUORUM_STATE}`
    const text = readText(storage, path)
    return text === undefined ? undefined : new QuorumState(storage, path, parse(text) ?? {epoch: 0, intact: false})
  }

  static create(storage: Storage, dir: string, promised: Promised): QuorumState {
    const state = new QuorumState(storage, `${dir}/${QUORUM_STATE}`, promised)
    state.#store(promised)
    return state
  }

  get epoch(): number {
    return this.#promised.epoch
  }

  get intact(): boolean {
    return this.#promised.intact
  }

  promise(epoch: number): void {
    if (epoch > this.epoch) this.#store({epoch, intact: this.intact})
  }

  setIntact(intact: boolean): void {
    if (intact !== this.intact) this.#store({epoch: this.epoch, intact})
  }

  #store(promised: Promised): void {
    const body = JSON.stringify(promised)
    replaceFile(this.#storage, this.#path, `${body}\n${checksum(body)}\n`)
    this.#promised = promised
  }
}

function parse(text: string): Promised | undefined {
  const [body = '', sum] = text.split('\n')
  return sum === checksum(body) ? (JSON.parse(body) as Promised) : undefined
}

function checksum(text: string): string {
  return crc32c(new TextEncoder().encode(text)).toString(16).padStart(8, '0')
}
