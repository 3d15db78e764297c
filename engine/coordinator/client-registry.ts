/** A client that is connected, as it tells of itself through a broker. */
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

/** Letter of a broker to every coordinator, each time a client tells that it is there, or that it goes. */
export interface ClientSeen {
  readonly type: 'clientSeen'
  readonly client: Omit<ClientImage, 'idleMs'>
  readonly gone: boolean
}

export function isClientSeen(body: unknown): body is ClientSeen {
  return (body as Partial<ClientSeen> | null)?.type === 'clientSeen'
}

/** Who is connected to the cluster. It is not kept: clients tell again and again, and whoever falls silent is forgotten. */
export class ClientRegistry {
  readonly #silentMsMax: number
  readonly #clients = new Map<string, Omit<ClientImage, 'idleMs'> & {readonly seenMs: number}>()

  constructor(silentMsMax: number) {
    this.#silentMsMax = silentMsMax
  }

  take({client, gone}: ClientSeen, nowMs: number): void {
    if (gone) this.#clients.delete(client.id)
    else this.#clients.set(client.id, {...client, seenMs: nowMs})
  }

  list(nowMs: number): ClientImage[] {
    for (const [id, {seenMs}] of this.#clients) if (nowMs - seenMs > this.#silentMsMax) this.#clients.delete(id)
    return [...this.#clients.values()].map(({seenMs, ...client}) => ({...client, idleMs: Math.round(nowMs - seenMs)}))
  }
}
