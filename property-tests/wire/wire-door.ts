import * as assert from 'uvu/assert'
import {APIS, type WireApi, type WireRequest, type WireResponse} from '../../engine/wire/apis.ts'
import {codecOf} from '../../engine/wire/codec.ts'
import {WireReader} from '../../engine/wire/wire-reader.ts'
import {WireWriter} from '../../engine/wire/wire-writer.ts'
import type {ClusterBed} from '../brokers/bed.ts'

/** A request with all that may be left out left out. */
export type Loose<T> = T extends Uint8Array | null
  ? T
  : T extends readonly (infer E)[]
    ? readonly Loose<E>[]
    : T extends object
      ? {readonly [Name in keyof T]?: Loose<T[Name]> | undefined}
      : T

/** A response as a client reads it. */
export type Heard<Api extends WireApi> = Whole<WireResponse<Api>>
type Whole<T> = T extends readonly Uint8Array[] | Uint8Array
  ? Uint8Array
  : T extends readonly (infer E)[]
    ? readonly Whole<E>[]
    : T extends object
      ? {readonly [Name in keyof T]-?: Whole<NonNullable<T[Name]>>}
      : T

/** A request under way. */
export interface Pending<Api extends WireApi> {
  heard: Heard<Api> | undefined
  closed: string | undefined
  isOpen: boolean
}

/** First of the ports that brokers of a simulated cluster say they listen on. */
const PORT = 9000

/** A client of a simulated cluster, at its broker's socket: what it says and hears has been bytes in between, in the version it names. */
export class WireDoor {
  readonly #bed: ClusterBed

  constructor(bed: ClusterBed, brokers: number) {
    this.#bed = bed
    bed.runFor(0)
    for (let id = 1; id <= brokers; id++) bed.process.map.broker(id).publishPort(PORT + id)
  }

  /** Asks a broker, and waits for the answer. */
  ask<Api extends WireApi>(broker: number, api: Api, version: number, body: Loose<WireRequest<Api>>): Heard<Api> {
    const pending = this.begin(broker, api, version, body)
    this.until(`${api} is answered`, () => pending.heard !== undefined || pending.closed !== undefined)
    assert.is(pending.closed, undefined, `${api} is answered`)
    return pending.heard!
  }

  begin<Api extends WireApi>(broker: number, api: Api, version: number, body: Loose<WireRequest<Api>>): Pending<Api> {
    const pending: Pending<Api> = {heard: undefined, closed: undefined, isOpen: true}
    const agent = this.#bed.process.brokers.get(broker)
    assert.ok(agent, `broker ${broker} runs`)
    agent.ask({
      ...{name: api, version, clientId: 'c', clientHost: '/h', host: 'here', answerBytesMax: () => 1 << 24},
      body: passed(api, 'request', version, body) as object,
      answer: response => {
        assert.is(pending.heard, undefined, 'a request is answered once')
        pending.heard = passed(api, 'response', version, response) as Heard<Api>
      },
      close: reason => {
        pending.closed = reason
      },
      isOpen: () => pending.isOpen,
    })
    agent.doWork(this.#bed.time.nowMs)
    return pending
  }

  until(what: string, holds: () => boolean): void {
    this.#bed.until(what, () => {
      this.round()
      return holds()
    })
  }

  /** What hosts ring for is seen: the sockets' event loop has no part in the simulation. */
  round(): void {
    for (const agent of this.#bed.process.brokers.values()) agent.doWork(this.#bed.time.nowMs)
  }
}

function passed(api: WireApi, side: 'request' | 'response', version: number, message: object): unknown {
  const codec = codecOf(APIS[api], side, version)
  const writer = new WireWriter()
  codec.write(writer, message)
  const reader = new WireReader(Buffer.concat(writer.take()))
  const read = codec.read(reader)
  assert.is(reader.left, 0)
  return read
}
