import type {Cluster} from '../cluster.ts'
import {orAborted} from './aborting.ts'
import {KafkaJSError, KafkaJSNonRetriableError} from './errors.ts'
import {toKafkaJSError} from './protocol-error.ts'

/** Where clients of one `Kafka` have their cluster from: one the program has open, or one that is opened with the first of them. */
export interface ClusterSource {
  open(): Promise<Cluster>
  /** One who opened it needs it no more. */
  release(): Promise<void>
}

/** One client's hold on its cluster, from `connect` to `disconnect`. */
export class Connection {
  readonly #source: ClusterSource
  readonly #what: string
  #opening: Promise<Cluster> | undefined
  #cluster: Cluster | undefined
  #disconnecting: Promise<void> | undefined
  #waiting = 0

  constructor(source: ClusterSource, what: string) {
    this.#source = source
    this.#what = what
  }

  get isConnected(): boolean {
    return this.#cluster !== undefined && this.#disconnecting === undefined
  }

  /** Resolves to the cluster, which is opened where nobody has yet. Whoever does not wait for it any more, and waited alone, lets go of it. */
  async connect(signal?: AbortSignal): Promise<Cluster> {
    signal?.throwIfAborted()
    // what is being let go of is opened anew
    while (this.#disconnecting !== undefined) await orAborted(signal, async () => this.#disconnecting?.catch(() => {}))
    this.#opening ??= this.#source.open()
    const opening = this.#opening
    this.#waiting++
    try {
      return await orAborted(signal, () => this.#connected(opening))
    } catch (error) {
      if (signal?.aborted && this.#waiting === 1 && this.#opening === opening && this.#cluster === undefined) {
        this.#opening = undefined
        opening.then(() => this.#source.release()).catch(() => {})
      }
      throw error
    } finally {
      this.#waiting--
    }
  }

  async #connected(opening: Promise<Cluster>): Promise<Cluster> {
    try {
      const cluster = await opening
      // nobody waits for it any more
      if (this.#opening !== opening) return cluster
      await this.#requireOpen(cluster, opening)
      this.#cluster = cluster
      return cluster
    } catch (error) {
      if (this.#opening === opening) this.#opening = undefined
      throw toKafkaJSError(error)
    }
  }

  /** One that is over stays so; a dir can be opened anew once everybody has let go of it. */
  async #requireOpen(cluster: Cluster, opening: Promise<Cluster>): Promise<void> {
    try {
      cluster.requireOpen()
    } catch (error) {
      if (this.#opening === opening) {
        this.#opening = undefined
        this.#cluster = undefined
        await this.#source.release().catch(() => {})
      }
      throw error
    }
  }

  /** The cluster. Throws where this client is not connected, or not any more. */
  get cluster(): Cluster {
    if (this.#disconnecting !== undefined)
      throw new KafkaJSNonRetriableError(`The ${this.#what} is disconnecting: it takes nothing more`)
    if (this.#cluster === undefined) throw new KafkaJSError(`The ${this.#what} is disconnected`)
    return this.#cluster
  }

  /** Has `settle` end what is under way, then lets go. Where it could not connect it does nothing; whoever calls it once more waits with the first. */
  async disconnect(settle: () => Promise<void>): Promise<void> {
    if (this.#opening === undefined) return
    this.#disconnecting ??= this.#disconnect(this.#opening, settle).finally(() => {
      this.#disconnecting = undefined
    })
    await this.#disconnecting
  }

  async #disconnect(opening: Promise<Cluster>, settle: () => Promise<void>): Promise<void> {
    // one that was not opened is not held: letting go of it would be at the cost of somebody else
    const isHeld = await opening.then(
      () => true,
      () => false,
    )
    try {
      if (isHeld) await settle()
    } finally {
      if (isHeld) {
        this.#cluster = undefined
        this.#opening = undefined
        await this.#source.release()
      }
    }
  }
}
