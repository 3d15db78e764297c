import {crc32c} from '../bytes/crc32c.ts'
import {readText, replaceFile} from '../log/files.ts'
import type {Storage} from '../log/storage.ts'

/** What a coordinator must not forget beside its log. */
interface Promised {
  /** The latest epoch it has heard of; it takes nothing of an earlier one. */
  readonly epoch: number
  /** Whose that epoch is; in another process somebody else may come with the same one. */
  readonly holder: number
  /** Its log holds all that it ever acknowledged. */
  readonly intact: boolean
}

export const QUORUM_STATE = 'quorum-state'
/** Of an epoch that is known, and not whose it is. */
const NOBODY = 0

/**
 * A coordinator's `quorum-state`, a small file beside its log, changed at a takeover only: which epoch it has promised to whom, and whether
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
    return text === undefined
      ? undefined
      : new QuorumState(storage, path, parse(text) ?? {epoch: 0, holder: NOBODY, intact: false})
  }

  static create(storage: Storage, dir: string, {epoch, intact}: Omit<Promised, 'holder'>): QuorumState {
    const promised = {epoch, holder: NOBODY, intact}
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

  /** Whether that epoch of that holder has come too late: a later one is promised, or the same one to somebody else. */
  refuses(epoch: number, holder: number): boolean {
    return epoch < this.epoch || (epoch === this.epoch && holder !== this.#promised.holder)
  }

  /** The epoch that was promised to a holder, 0 where that one has no promise. */
  promisedTo(holder: number): number {
    return holder === this.#promised.holder ? this.epoch : 0
  }

  promise(epoch: number, holder = NOBODY): void {
    if (epoch > this.epoch) this.#store({epoch, holder, intact: this.intact})
  }

  setIntact(intact: boolean): void {
    if (intact !== this.intact) this.#store({...this.#promised, intact})
  }

  #store(promised: Promised): void {
    const body = JSON.stringify(promised)
    replaceFile(this.#storage, this.#path, `${body}\n${checksum(body)}\n`)
    this.#promised = promised
  }
}

function parse(text: string): Promised | undefined {
  const [body = '', sum] = text.split('\n')
  if (sum !== checksum(body)) return undefined
  const {epoch, holder = NOBODY, intact} = JSON.parse(body) as Omit<Promised, 'holder'> & {holder?: number}
  return {epoch, holder, intact}
}

function checksum(text: string): string {
  return crc32c(new TextEncoder().encode(text)).toString(16).padStart(8, '0')
}
