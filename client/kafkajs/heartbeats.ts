import {CONSUMER_EVENTS as EVENTS} from './events.ts'
import {REBALANCING} from './group-membership.ts'
import type {GroupShare} from './group-share.ts'
import {toKafkaJSError} from './protocol-error.ts'
import type {RunHome} from './run-home.ts'

/** Tells the coordinator that this member gets on, whatever becomes of its event loop meanwhile, and hears from it that the group has gone on. */
export class Heartbeats {
  readonly #home: RunHome
  readonly #share: GroupShare
  /** Whether handlers are at it. */
  readonly #isActive: () => boolean
  /** Messages were handled since the last one. */
  #isAlive = true
  #lastMs = Date.now()

  constructor(home: RunHome, share: GroupShare, isActive: () => boolean) {
    this.#home = home
    this.#share = share
    this.#isActive = isActive
  }

  start(): () => void {
    const beating = setInterval(() => void this.beat(), this.#home.heartbeatMs)
    beating.unref()
    return () => clearInterval(beating)
  }

  /** A handler gets on. */
  alive(): void {
    this.#isAlive = true
  }

  /** A handler says that it gets on. Throws where the group has gone on without it. */
  async heartbeat(): Promise<void> {
    this.#isAlive = true
    if (this.#share.mustJoin) await this.#home.membership.heartbeat()
    else if (Date.now() >= this.#lastMs + this.#home.heartbeatMs) await this.#send()
  }

  /** While handlers finish what they are given, the coordinator hears of it. */
  async beat(): Promise<void> {
    const {membership, directory, metadataMaxAgeMs, groupId, logger} = this.#home
    const {memberId} = membership
    if (membership.generationId < 0 || this.#share.mustJoin || (this.#isActive() && !this.#isAlive)) return
    try {
      await this.#send()
      if (directory.isOlderThan(metadataMaxAgeMs)) await this.lookForPartitions()
    } catch (error) {
      const {type = ''} = toKafkaJSError(error) as {type?: string}
      const isUnknown = type === 'UNKNOWN_MEMBER_ID'
      // it may have joined as another one meanwhile, or be about to hear of it as it joins
      if (isUnknown && membership.memberId !== memberId) return
      if (isUnknown && !this.#share.isJoining) membership.forget()
      if (isUnknown || REBALANCING.includes(type)) this.#share.toldToJoin()
      else logger.debug(`No heartbeat: ${(error as Error).message}`, {groupId})
    }
  }

  /** Who leads the group has all join again where topics have other partitions than those that were dealt. */
  async lookForPartitions(): Promise<void> {
    const {membership, directory, topics, logger, groupId} = this.#home
    if (!membership.isLeader) return
    try {
      if (await directory.load([...topics.keys()])) this.#share.rebalance()
    } catch (error) {
      logger.debug(`No metadata: ${(error as Error).message}`, {groupId})
    }
  }

  async #send(): Promise<void> {
    const {membership, instrumentation, groupId} = this.#home
    this.#isAlive = false
    this.#lastMs = Date.now()
    await membership.heartbeat()
    const {memberId, generationId: groupGenerationId} = membership
    instrumentation.emit(EVENTS.HEARTBEAT, {groupId, memberId, groupGenerationId})
  }
}
