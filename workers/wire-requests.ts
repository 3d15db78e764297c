import type {BrokerDesk} from '../engine/broker/broker-desk.ts'
import type {Handler} from '../engine/broker/handler.ts'
import {HANDLERS} from '../engine/broker/handlers.ts'
import type {Now} from '../engine/group/group-world.ts'
import {ANSWER_BYTES_MAX} from '../engine/limits.ts'
import type {WireApi} from '../engine/wire/apis.ts'
import type {ClientAsk} from './listener/listener.ts'

/** What clients have asked over sockets since the last round of a broker, which hands it to its handlers. */
export class WireRequests {
  readonly #desk: BrokerDesk
  #asks: ClientAsk[] = []

  constructor(desk: BrokerDesk) {
    this.#desk = desk
  }

  ask(ask: ClientAsk): void {
    this.#asks.push(ask)
  }

  round(now: Now): number {
    const asks = this.#asks
    if (asks.length === 0) return 0
    this.#asks = []
    for (const ask of asks) if (ask.isOpen()) this.#handle(ask, now)
    return asks.length
  }

  #handle({name, version, clientId, clientHost, host, body, answer, close, isOpen}: ClientAsk, now: Now): void {
    const handler = HANDLERS[name] as Handler<WireApi>
    const from = {clientId, clientHost, inProcess: false}
    handler(
      {desk: this.#desk, from, now, version, host, answerBytesMax: ANSWER_BYTES_MAX, isOpen, close},
      body as never,
      answer,
    )
  }
}
