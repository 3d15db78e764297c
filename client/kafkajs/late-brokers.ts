import {orAborted} from './aborting.ts'
import type {ClusterSource} from './connection.ts'
import {KafkaJSError} from './errors.ts'
import type {Waiting} from './types.ts'

/** Who has the records: a cluster in this process, or the brokers of the installed kafkajs' `Kafka`. */
export interface Brokers<Theirs> {
  readonly source?: ClusterSource
  readonly theirs?: Theirs
}

/** Brokers that a function of the program tells of, which is asked when the first client connects. */
export class LateBrokers<Theirs> {
  readonly #ask: () => Promise<Brokers<Theirs>>
  #told: Promise<Brokers<Theirs>> | undefined

  constructor(ask: () => Promise<Brokers<Theirs>>) {
    this.#ask = ask
  }

  /** The same to everybody. Asked anew where that failed. */
  tell(): Promise<Brokers<Theirs>> {
    this.#told ??= this.#ask().catch((error: unknown) => {
      this.#told = undefined
      throw error
    })
    return this.#told
  }

  /** Where our clients have their cluster from. */
  get source(): ClusterSource {
    return {
      open: async () => {
        const {source} = await this.tell()
        if (source === undefined) throw new KafkaJSError('The client is disconnected: connect comes first')
        return source.open()
      },
      release: async () => (await this.tell()).source?.release(),
    }
  }
}

interface AnyClient {
  connect(options?: Waiting): Promise<void>
  on(name: never, listener: never): () => void
}

/** One of our clients, and from its `connect` on kafkajs' in its place, where that is who it belongs to; that one hears of the listeners there are. */
export function lateClient<Client extends AnyClient>(ours: Client, theirs: () => Promise<Client | undefined>): Client {
  let client = ours
  const listening = new Set<{readonly name: never; readonly listener: never; remove: () => void}>()
  let choosing: Promise<void> | undefined
  const choose = async (): Promise<void> => {
    client = (await theirs()) ?? ours
    for (const each of listening) {
      each.remove()
      each.remove = client.on(each.name, each.listener)
    }
  }
  /** Once, whoever connects; anew where that failed. */
  const chosen = (): Promise<void> => {
    choosing ??= choose().catch((error: unknown) => {
      choosing = undefined
      throw error
    })
    return choosing
  }
  const own: Partial<AnyClient> = {
    async connect(options) {
      await orAborted(options?.signal, chosen)
      await client.connect(options)
    },
    on(name, listener) {
      const entry = {name, listener, remove: client.on(name, listener)}
      listening.add(entry)
      return () => {
        listening.delete(entry)
        entry.remove()
      }
    },
  }
  return new Proxy(ours, {
    get(_, name) {
      if (Object.hasOwn(own, name)) return own[name as keyof AnyClient]
      const value: unknown = Reflect.get(client, name, client)
      return typeof value === 'function' ? value.bind(client) : value
    },
  })
}
