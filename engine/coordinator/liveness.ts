import type {ClusterMap} from '../cluster/cluster-map.ts'
import {THREAD, type ThreadLine} from '../cluster/thread-line.ts'

/** Why a thread does not count as alive. */
export type Death = 'has ended' | 'is closed' | 'is silent'

/** A sleeping thread that was rung, by the count on which it sleeps, and when that was first seen. */
interface Rung {
  readonly count: number
  readonly sinceMs: number
}

/**
 * Which threads of the cluster are alive, by the map: one that is known to have ended is not, nor one whose last beat is older than
 * the session timeout; one that sleeps owes none until it is rung, or was to wake by itself. Who looks too seldom cannot tell: after a
 * stall of its own all sessions begin anew.
 */
export class Liveness {
  readonly #map: ClusterMap
  readonly #sessionTimeoutMs: number
  readonly #hosts: {alive: boolean; incarnation: number}[]
  #lookedMs = Number.NEGATIVE_INFINITY
  /** Beats before this do not count against anybody. */
  #sessionsFromMs = Number.NEGATIVE_INFINITY
  #expiresMs = Number.POSITIVE_INFINITY
  readonly #rung = new Map<ThreadLine, Rung>()

  constructor(map: ClusterMap, sessionTimeoutMs: number) {
    this.#map = map
    this.#sessionTimeoutMs = sessionTimeoutMs
    this.#hosts = Array.from({length: map.hosts}, () => ({alive: false, incarnation: 0}))
  }

  /** Looks at all threads; returns the hosts that were alive and are not, or the other way round. */
  look(nowMs: number): number[] {
    if (nowMs - this.#lookedMs > this.#sessionTimeoutMs / 2) this.#sessionsFromMs = nowMs
    this.#lookedMs = nowMs
    this.#expiresMs = Number.POSITIVE_INFINITY
    const changed: number[] = []
    for (let number = 0; number < this.#hosts.length; number++) {
      const line = this.#map.host(number)
      const host = this.#hosts[number]!
      const incarnation = line.incarnation
      const isAlive = line.state === THREAD.running && this.deathOf(line, nowMs) === undefined
      // one that was started anew between two looks was dead in between: that much is told once
      const wasReplaced = host.alive && isAlive && incarnation !== host.incarnation
      host.incarnation = incarnation
      if (wasReplaced) this.#expiresMs = nowMs
      if (host.alive !== (isAlive && !wasReplaced)) changed.push(number)
      host.alive = isAlive && !wasReplaced
    }
    return changed
  }

  isHostAlive(number: number): boolean {
    return this.#hosts[number]!.alive
  }

  deathOf(line: ThreadLine, nowMs: number): Death | undefined {
    if (line.hasEnded) return 'has ended'
    if (line.state === THREAD.closed) return 'is closed'
    const expiresMs = Math.max(this.#signMs(line, nowMs), this.#sessionsFromMs) + this.#sessionTimeoutMs
    if (nowMs > expiresMs) return 'is silent'
    this.#expiresMs = Math.min(this.#expiresMs, expiresMs + 1)
    return undefined
  }

  /** From when on the thread has been silent. */
  #signMs(line: ThreadLine, nowMs: number): number {
    // before its beat: who gets up beats first
    const count = line.sleepsOn
    if (count < 0) return line.beatMs
    const untilMs = line.sleepsUntilMs
    if (!line.isRungOn(count)) return untilMs
    const known = this.#rung.get(line)
    const rung = known?.count === count ? known : {count, sinceMs: nowMs}
    this.#rung.set(line, rung)
    return Math.min(rung.sinceMs, untilMs)
  }

  /** When the next session ends that is not prolonged; and soon enough to notice a stall of one's own. */
  dueInMs(nowMs: number): number {
    return Math.max(0, Math.min(this.#expiresMs, this.#lookedMs + this.#sessionTimeoutMs / 4) - nowMs)
  }
}
