import type {Handler} from '../engine/broker/handler.ts'
import {HANDLERS} from '../engine/broker/handlers.ts'
import type {MetadataImage} from '../engine/coordinator/metadata-image.ts'
import type {Now} from '../engine/group/group-world.ts'
import type {KnownProducer} from '../engine/log/producer-states.ts'
import type {WireApi} from '../engine/wire/apis.ts'
import type {ClientAsk} from './listener/listener.ts'
import type {WireDesk} from './wire-desk.ts'

/** Requests of one round: each may bring much along, and between rounds the broker shows that it lives. */
const ASKS_A_ROUND = 32

/** What clients have asked over sockets since the last round of a broker, which hands it to its handlers. */
export class WireRequests {
  readonly #desk: WireDesk
  #asks: ClientAsk[] = []

  constructor(desk: WireDesk) {
    this.#desk = desk
  }

  ask(ask: ClientAsk): void {
    this.#asks.push(ask)
  }

  /** Where hosts ring for what is waited for here, or undefined while nothing is. */
  get ringPlace(): number | undefined {
    return this.#desk.logs.ringPlace
  }

  round(image: MetadataImage, now: Now): number {
    const {logs, admin} = this.#desk
    logs.follow(image, now.nowMs)
    admin.follow(image, now.nowMs)
    const asks = this.#asks.splice(0, ASKS_A_ROUND)
    for (const ask of asks) if (ask.isOpen()) this.#handle(ask, now)
    return asks.length + logs.round(now.nowMs)
  }

  dueInMs(nowMs: number): number {
    return this.#desk.logs.dueInMs(nowMs)
  }

  /** A host tells of its producers. */
  producersTold(id: number, producers: readonly KnownProducer[] | undefined): void {
    this.#desk.logs.producersTold(id, producers)
  }

  close(nowMs: number): void {
    this.#asks = []
    this.#desk.logs.close(nowMs)
  }

  #handle(
    {name, version, clientId, clientHost, host, body, answer, close, isOpen, answerBytesMax}: ClientAsk,
    now: Now,
  ): void {
    const handler = HANDLERS[name] as Handler<WireApi>
    const from = {clientId, clientHost, inProcess: false}
    handler({desk: this.#desk, from, now, version, host, answerBytesMax, isOpen, close}, body as never, answer)
  }
}
