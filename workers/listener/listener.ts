import net from 'node:net'
import {HANDLERS} from '../../engine/broker/handlers.ts'
import {versionsOf} from '../../engine/broker/served-versions.ts'
import type {ConnectionsSeen} from '../../engine/coordinator/client-registry.ts'
import {ANSWERS_BYTES_MAX, CONNECTIONS_MAX, REQUESTS_BYTES_MAX} from '../../engine/limits.ts'
import {APIS, type WireApi} from '../../engine/wire/apis.ts'
import {Connection, type Served, type WireAsk} from '../../engine/wire/connection.ts'
import {WireMemory} from '../../engine/wire/wire-memory.ts'
import type {ListenOrder} from './listen-order.ts'
import {readInto} from './read-into.ts'

/** `connections.max.idle.ms` of Kafka. */
const IDLE_MS = 600_000
const TICK_MS = 1000
const READ_BYTES = 64 * 1024

/** A request of some client, and where it came from. */
export interface ClientAsk extends WireAsk {
  /** As groups show their members: a slash and the address. */
  readonly clientHost: string
  /** The host by which this client reaches the brokers. */
  readonly host: string
}

export interface ListenerWorld {
  readonly nowMs: () => number
  readonly ask: (ask: ClientAsk) => void
  readonly publishPort: (port: number) => void
  readonly failed: (order: ListenOrder, error: Error) => void
  /** Who is connected: now and then while anybody is, and when nobody is any more. */
  readonly connected: (connections: ConnectionsSeen['connections']) => void
}

interface Client {
  readonly connection: Connection
  readonly clientHost: string
  readonly clientPort: number
}

/** The sockets of a broker: bytes to and from its connections, and nothing else. */
export class Listener {
  readonly #world: ListenerWorld
  readonly #memory = new WireMemory({requestsMax: REQUESTS_BYTES_MAX, answersMax: ANSWERS_BYTES_MAX})
  /** Where all of the sockets are read, one after the other. */
  readonly #read = Buffer.allocUnsafeSlow(READ_BYTES)
  readonly #clients = new Map<net.Socket, Client>()
  /** Somebody was connected when that was told last. */
  #toldOfSome = false
  #order: ListenOrder | undefined
  #server: net.Server | undefined
  #ticks: NodeJS.Timeout | undefined

  constructor(world: ListenerWorld) {
    this.#world = world
  }

  /** Listens as it is told, or no more. Told the same again it does nothing, or tries again where that failed. */
  obey(order: ListenOrder | undefined): void {
    if (this.#order?.id === order?.id) return
    this.close()
    if (order !== undefined) this.#listen(order)
  }

  close(): void {
    this.#order = undefined
    this.#server?.close()
    this.#server = undefined
    clearInterval(this.#ticks)
    this.#world.publishPort(0)
    for (const {connection} of this.#clients.values()) connection.close('the broker listens no more')
    this.#tell([])
  }

  #listen(order: ListenOrder): void {
    this.#order = order
    const server = net.createServer({noDelay: true, keepAlive: true, pauseOnConnect: true}, socket =>
      this.#connect(socket, order),
    )
    this.#server = server
    server.on('error', error => {
      if (this.#server !== server) return
      this.close()
      this.#world.failed(order, error)
    })
    // the workers of a `cluster` would share the port
    server.listen({host: order.host, port: order.port, exclusive: true}, () => {
      if (this.#server !== server) return
      this.#world.publishPort((server.address() as net.AddressInfo).port)
      this.#ticks = setInterval(() => this.#tick(), TICK_MS)
    })
  }

  #connect(accepted: net.Socket, order: ListenOrder): void {
    const {nowMs} = this.#world
    const {remoteAddress, remotePort, localAddress} = accepted
    // it went before it was looked at, or there is no room
    const isGone = remoteAddress === undefined || remotePort === undefined || localAddress === undefined
    if (isGone || this.#clients.size >= CONNECTIONS_MAX) {
      accepted.destroy()
      return
    }
    const socket = readInto(this.#read, accepted, bytes => connection.take(bytes, nowMs()))
    const clientHost = `/${plainAddress(remoteAddress)}`
    const host = order.advertisedHost ?? (isAnyHost(order.host) ? plainAddress(localAddress) : order.host)
    const connection = new Connection(
      {
        port: socketPort(socket),
        broker: {served: key => SERVED.get(key), ask: ask => this.#world.ask({...ask, clientHost, host})},
        memory: this.#memory,
      },
      {idleMs: IDLE_MS},
      nowMs(),
    )
    this.#clients.set(socket, {connection, clientHost, clientPort: remotePort})
    socket.on('drain', () => connection.drained(nowMs()))
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      connection.close('the client has gone')
      this.#clients.delete(socket)
    })
  }

  #tell(connections: ConnectionsSeen['connections']): void {
    if (connections.length > 0 || this.#toldOfSome) this.#world.connected(connections)
    this.#toldOfSome = connections.length > 0
  }

  #tick(): void {
    const nowMs = this.#world.nowMs()
    for (const {connection} of this.#clients.values()) connection.tick(nowMs)
    const connections = [...this.#clients.values()].map(({connection, clientHost, clientPort}) => ({
      clientId: connection.clientId,
      clientHost,
      clientPort,
      idleMs: connection.idleMs(nowMs),
    }))
    this.#tell(connections)
  }
}

function socketPort(socket: net.Socket): ConstructorParameters<typeof Connection>[0]['port'] {
  return {
    write(pieces, sent) {
      const last = pieces.length - 1
      socket.cork()
      for (let i = 0; i < last; i++) socket.write(pieces[i]!)
      if (sent === undefined) socket.write(pieces[last]!)
      else
        socket.write(pieces[last]!, error => {
          if (error === undefined || error === null) sent()
        })
      socket.uncork()
      return !socket.writableNeedDrain
    },
    get unsent() {
      return socket.writableLength
    },
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    close: () => socket.destroy(),
  }
}

const SERVED: ReadonlyMap<number, Served> = new Map(
  (Object.keys(HANDLERS) as WireApi[]).map(name => [
    APIS[name].key,
    {name, api: APIS[name], versions: versionsOf(name)},
  ]),
)

/** Any address of the machine. */
export function isAnyHost(host: string): boolean {
  return host === '0.0.0.0' || host === '::'
}

/** An IPv4 address that came through a socket of both kinds is shown as what it is. */
function plainAddress(address: string): string {
  return address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address
}
