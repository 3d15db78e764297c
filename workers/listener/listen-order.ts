/** What a broker is told: to listen for clients of Kafka's protocol, or not to, where there is nothing. */
export interface ListenOrder {
  /** Orders count up: a broker that is told one again knows it. */
  readonly id: string
  readonly host: string
  /** 0 where the system picks one. */
  readonly port: number
  /** What clients are told to connect to; undefined for `host`, or for the address that they came to where that is any. */
  readonly advertisedHost: string | undefined
  /** Who is told where that fails. */
  readonly asker: string
}

export interface ListenFailed {
  readonly type: 'listenFailed'
  readonly order: string
  readonly broker: number
  readonly message: string
}
