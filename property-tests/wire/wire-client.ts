import {once} from 'node:events'
import net from 'node:net'
import type {Api} from '../../engine/wire/api.ts'
import {APIS, type WireApi} from '../../engine/wire/apis.ts'
import {codecOf, skipTags} from '../../engine/wire/codec.ts'
import type {Read, Written} from '../../engine/wire/field.ts'
import {FrameCutter} from '../../engine/wire/frame-cutter.ts'
import {FrameMemory} from '../../engine/wire/frame-memory.ts'
import {WireReader} from '../../engine/wire/wire-reader.ts'
import {WireWriter} from '../../engine/wire/wire-writer.ts'

type RequestFor<Name extends WireApi> =
  (typeof APIS)[Name] extends Api<infer Request, infer _> ? Written<Request> : never
type ResponseFrom<Name extends WireApi> =
  (typeof APIS)[Name] extends Api<infer _, infer Response> ? Read<Response> : never

interface Waiting {
  readonly name: WireApi
  readonly version: number
  readonly told: (response: object) => void
  readonly failed: (error: Error) => void
}

/** A client of Kafka's protocol that can ask anything in any version, as our own codec writes it; one connection. */
export class WireClient {
  readonly socket: net.Socket
  readonly #frames = new FrameCutter(new FrameMemory())
  /** Answers come in the order in which was asked. */
  readonly #waiting: Waiting[] = []
  #correlationId = 0

  private constructor(socket: net.Socket) {
    this.socket = socket
    socket.on('data', bytes => this.#take(bytes))
    socket.on('error', () => {})
    socket.on('close', () => {
      for (const {failed} of this.#waiting.splice(0)) failed(new Error('the broker has closed the connection'))
    })
  }

  static async connect({host = '127.0.0.1', port}: {host?: string; port: number}): Promise<WireClient> {
    const socket = net.connect({host, port, noDelay: true})
    await once(socket, 'connect')
    return new WireClient(socket)
  }

  /** Rejects where the broker closes the connection instead. */
  ask<Name extends WireApi>(name: Name, version: number, body: RequestFor<Name>): Promise<ResponseFrom<Name>> {
    this.socket.write(frameOf(name, version, ++this.#correlationId, body as object))
    return new Promise((resolve, reject) =>
      this.#waiting.push({name, version, told: resolve as Waiting['told'], failed: reject}),
    )
  }

  close(): void {
    this.socket.destroy()
  }

  #take(bytes: Uint8Array): void {
    this.#frames.push(bytes)
    for (let frame = this.#frames.take(); frame !== undefined; frame = this.#frames.take()) {
      const {name, version, told} = this.#waiting.shift()!
      const reader = new WireReader(Buffer.from(frame))
      this.#frames.release()
      reader.int32()
      const api = APIS[name]
      if (version >= api.flexible && name !== 'ApiVersions') skipTags(reader)
      told(codecOf(api, 'response', version).read(reader))
    }
  }
}

/** A request as it goes over the wire. */
export function frameOf(name: WireApi, version: number, correlationId: number, body: object): Buffer {
  const api = APIS[name]
  const writer = new WireWriter()
  // its length comes here
  writer.int32(0)
  writer.int16(api.key)
  writer.int16(version)
  writer.int32(correlationId)
  writer.string('wire-client', (inner, length) => inner.int16(length))
  if (version >= api.flexible) writer.varint(0)
  codecOf(api, 'request', version).write(writer, body)
  return Buffer.concat(writer.takeFrame())
}
