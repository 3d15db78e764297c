/** An application thread that is attached, as it tells of itself through a broker. */
export interface ClientImage {
  readonly id: string
  /** Its place among the cluster's threads, and the system's id of its thread, 0 where unknown. */
  readonly place: number
  readonly thread: number
  /** Broker that it talked to last. */
  readonly broker: number
  /** Ms since it was heard of. */
  readonly idleMs: number
}

/** A connection of a client of Kafka's protocol, as its broker tells of it. */
export interface ConnectionImage {
  /** As the client calls itself in its requests; empty before the first. */
  readonly clientId: string
  /** As groups show their members: a slash and the address. */
  readonly clientHost: string
  readonly clientPort: number
  readonly broker: number
  /** Ms since anything came or went. */
  readonly idleMs: number
}

/** Letter of a broker to every coordinator, each time a client tells that it is there, or that it goes. */
export interface ClientSeen {
  readonly type: 'clientSeen'
  readonly client: Omit<ClientImage, 'idleMs'>
  readonly gone: boolean
}

/** Letter of a broker to every coordinator, once a second while clients are connected, and when the last one has gone. */
export interface ConnectionsSeen {
  readonly type: 'connectionsSeen'
  readonly broker: number
  readonly incarnation: number
  readonly connections: readonly Omit<ConnectionImage, 'broker'>[]
}

export function isClientSeen(body: unknown): body is ClientSeen {
  return (body as Partial<ClientSeen> | null)?.type === 'clientSeen'
}

export function isConnectionsSeen(body: unknown): body is ConnectionsSeen {
  return (body as Partial<ConnectionsSeen> | null)?.type === 'connectionsSeen'
}

/** A broker as the metadata has it. */
interface KnownBroker {
  readonly id: number
  readonly incarnation: number
  readonly fenced: boolean
}

/**
 * Who is connected to the cluster. It is not kept: clients tell again and again, and whoever falls silent is forgotten; connections end with the
 * broker that has them.
 */
export class ClientRegistry {
  readonly #silentMsMax: number
  readonly #clients = new Map<string, Omit<ClientImage, 'idleMs'> & {readonly seenMs: number}>()
  readonly #connections = new Map<number, ConnectionsSeen & {readonly seenMs: number}>()

  constructor(silentMsMax: number) {
    this.#silentMsMax = silentMsMax
  }

  take({client, gone}: ClientSeen, nowMs: number): void {
    if (gone) this.#clients.delete(client.id)
    else this.#clients.set(client.id, {...client, seenMs: nowMs})
  }

  takeConnections(seen: ConnectionsSeen, nowMs: number): void {
    this.#connections.set(seen.broker, {...seen, seenMs: nowMs})
  }

  list(nowMs: number): ClientImage[] {
    for (const [id, {seenMs}] of this.#clients) if (nowMs - seenMs > this.#silentMsMax) this.#clients.delete(id)
    return [...this.#clients.values()].map(({seenMs, ...client}) => ({...client, idleMs: Math.round(nowMs - seenMs)}))
  }

  /** Of the brokers that are up, in the start that told of them. */
  listConnections(brokers: readonly KnownBroker[], nowMs: number): ConnectionImage[] {
    return brokers.flatMap(({id, incarnation, fenced}) => {
      const seen = this.#connections.get(id)
      if (seen === undefined || fenced || seen.incarnation !== incarnation) return []
      const sinceMs = nowMs - seen.seenMs
      return seen.connections.map(each => ({...each, broker: id, idleMs: Math.round(each.idleMs + sinceMs)}))
    })
  }
}
