import {randomUUID} from 'node:crypto'
import {setTimeout} from 'node:timers/promises'
import type {ClusterMap} from '../engine/cluster/cluster-map.ts'
import {THREAD} from '../engine/cluster/thread-line.ts'
import {OdradekError} from '../engine/errors.ts'
import {describe} from './arguments.ts'
import type {ClusterLink} from './cluster-link.ts'

export interface ListenOptions {
  /** Port of the first broker; each other one has the port behind it. By default, and with 0, the system picks them. */
  readonly port?: number
  /** Where to listen, 127.0.0.1 by default. Whoever reaches it can read and write everything: there is no authentication. */
  readonly host?: string
  /** That `host` may be reached from other machines is meant. */
  readonly allowRemote?: boolean
  /** The host that clients are told to connect to; by default `host`, or the address that a client came to where that is 0.0.0.0 or ::. */
  readonly advertisedHost?: string
}

/** The brokers of a cluster that listen for clients of Kafka's protocol. */
export interface Listening extends AsyncDisposable {
  readonly brokers: readonly {readonly nodeId: number; readonly host: string; readonly port: number}[]
  /** What a client of Kafka takes for `bootstrap.servers`. */
  readonly bootstrapServers: string
  /** Ends all connections, and listens no more. */
  close(): Promise<void>
}

/** @internal A broker cannot listen where it was told to. */
export interface ListenFailedLetter {
  readonly type: 'listenFailed'
  readonly order: string
  readonly broker: number
  readonly message: string
}

const PORT_MAX = 65_535
const LOOK_MS = 2
const LISTEN_MS_MAX = 30_000
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/

/** This thread's way to have the brokers listen: an order to the supervisor, and a look at their ports in the map. */
export class Listeners {
  readonly #link: ClusterLink
  readonly #nowMs: () => number
  #order: string | undefined
  #failure: OdradekError | undefined

  constructor(link: ClusterLink, nowMs: () => number) {
    this.#link = link
    this.#nowMs = nowMs
  }

  async listen(options: ListenOptions): Promise<Listening> {
    const {map, mailbox, parking} = this.#link
    const {port, host, advertisedHost} = resolve(options, map.shape.brokers)
    if (this.#order !== undefined || brokersThatListen(map).length > 0)
      throw new OdradekError('INVALID_ARGUMENT', 'the cluster listens already; close that first')
    const id = randomUUID()
    this.#order = id
    this.#failure = undefined
    const order = {id, host, port, advertisedHost, asker: mailbox.address}
    mailbox.send('supervisor', {type: 'listen', order})
    // as any server does, it keeps the process up
    parking.hold()
    let isOpen = true
    const close = async (): Promise<void> => {
      if (!isOpen) return
      isOpen = false
      this.#order = undefined
      parking.release()
      mailbox.send('supervisor', {type: 'listen', order: undefined})
      while (!map.isOver && !map.closing && brokersThatListen(map).length > 0) await setTimeout(LOOK_MS)
    }
    try {
      await this.#allListen()
    } catch (error) {
      await close()
      throw error
    }
    const reached = advertisedHost ?? (host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host)
    const brokers = brokersThatListen(map).map(each => ({...each, host: reached}))
    return {
      brokers,
      bootstrapServers: brokers.map(each => `${hostInAddress(each.host)}:${each.port}`).join(','),
      close,
      [Symbol.asyncDispose]: close,
    }
  }

  /** A broker says that it cannot. */
  failed({order, broker, message}: ListenFailedLetter): void {
    if (order === this.#order) this.#failure ??= new OdradekError('INVALID_CONFIG', `broker ${broker}: ${message}`)
  }

  async #allListen(): Promise<void> {
    const {map} = this.#link
    const deadlineMs = this.#nowMs() + LISTEN_MS_MAX
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure
      if (map.isOver || map.closing) throw new OdradekError('LOG_CLOSED', 'the cluster is closed')
      const listen = brokersThatListen(map).length
      // one that is down listens when it comes up
      if (listen > 0 && listen === brokersThatRun(map).length) return
      if (this.#nowMs() > deadlineMs)
        throw new OdradekError('REQUEST_TIMED_OUT', `not every broker listened within ${LISTEN_MS_MAX} ms`)
      await setTimeout(LOOK_MS)
    }
  }
}

function brokersThatRun(map: ClusterMap): number[] {
  const ids = Array.from({length: map.shape.brokers}, (_, i) => i + 1)
  return ids.filter(id => map.broker(id).state === THREAD.running && !map.broker(id).hasEnded)
}

function brokersThatListen(map: ClusterMap): {readonly nodeId: number; readonly port: number}[] {
  return brokersThatRun(map).flatMap(nodeId => {
    const {port} = map.broker(nodeId)
    return port === 0 ? [] : {nodeId, port}
  })
}

function resolve(
  options: ListenOptions,
  brokers: number,
): Required<Pick<ListenOptions, 'port' | 'host'>> & {
  readonly advertisedHost: string | undefined
} {
  if (typeof options !== 'object' || options === null)
    throw new OdradekError('INVALID_ARGUMENT', `listen takes options, not ${describe(options)}`)
  const {port = 0, host = '127.0.0.1', allowRemote = false, advertisedHost} = options
  const last = port + Math.max(0, brokers - 1)
  if (!Number.isInteger(port) || port < 0 || (port > 0 && last > PORT_MAX))
    throw new OdradekError(
      'INVALID_CONFIG',
      `port is 0, or such that ${brokers} fit below 65536, not ${describe(port)}`,
    )
  if (typeof host !== 'string' || host === '')
    throw new OdradekError('INVALID_CONFIG', `host is a name or an address, not ${describe(host)}`)
  if (advertisedHost !== undefined && (typeof advertisedHost !== 'string' || advertisedHost === ''))
    throw new OdradekError('INVALID_CONFIG', `advertisedHost is a name or an address, not ${describe(advertisedHost)}`)
  if (!LOOPBACK.test(host) && allowRemote !== true)
    throw new OdradekError(
      'INVALID_CONFIG',
      `${host} can be reached from other machines, and whoever reaches it can read and write everything; if that is meant, say allowRemote: true`,
    )
  return {port, host, advertisedHost}
}

function hostInAddress(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}
