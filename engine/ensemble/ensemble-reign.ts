import {assert} from '../assert.ts'
import {METADATA_BATCH_CHANGES} from '../limits.ts'
import type {EnsembleBody, EnsembleLetter} from './ensemble-letter.ts'
import type {MetadataChange} from './metadata.ts'
import {isGreater, NOTHING, type Position} from './metadata-batch.ts'
import type {MetadataLog} from './metadata-log.ts'
import {Peer} from './peer.ts'

export interface ReignOptions {
  readonly epoch: number
  readonly log: MetadataLog
  /** Ids of the other coordinators. */
  readonly others: readonly number[]
  readonly committedEnd: number
  readonly resendMs: number
  /** Changes in one letter, or one batch where that has more. */
  readonly letterChanges: number
  readonly send: (to: number, body: EnsembleBody) => void
}

/** What comes of asking for promises: another coordinator's log goes further, or a later epoch was promised already. */
export type Refusal = {readonly handOverTo: number} | {readonly promised: number}

/**
 * One epoch of the lease, on the side of its holder. It asks for promises; with those of a majority whose logs are intact, its own the greatest,
 * it begins the epoch: what it has is what was agreed, and is committed as soon as a first batch of its own is stored on a majority. It
 * never counts on a batch of an earlier epoch by itself: that one may still be cut.
 */
export class Reign {
  readonly epoch: number
  committedEnd: number
  refusal: Refusal | undefined
  readonly #log: MetadataLog
  readonly #peers: readonly Peer[]
  readonly #majority: number
  readonly #resendMs: number
  readonly #letterChanges: number
  readonly #send: (to: number, body: EnsembleBody) => void
  /** Proposals that are not in the log yet, and how many changes they have. */
  #pending: (readonly MetadataChange[])[] = []
  #pendingChanges = 0
  /** Behind the batch that begins the epoch; undefined while promises are missing. */
  #firstEnd: number | undefined

  constructor(options: ReignOptions) {
    this.epoch = options.epoch
    this.committedEnd = options.committedEnd
    this.#log = options.log
    this.#peers = options.others.map(id => new Peer(id))
    this.#majority = (options.others.length + 1) / 2 + 0.5
    this.#resendMs = options.resendMs
    this.#letterChanges = options.letterChanges
    this.#send = options.send
  }

  get isServing(): boolean {
    return this.#firstEnd !== undefined && this.committedEnd >= this.#firstEnd
  }

  get proposedEnd(): number {
    return this.#log.last.end + this.#pendingChanges
  }

  propose(changes: readonly MetadataChange[]): number {
    assert(this.isServing, 'only who serves proposes')
    this.#pending.push(changes)
    this.#pendingChanges += changes.length
    return this.proposedEnd
  }

  /** One round; throws where the disk fails, and then the reign is over. */
  tick(nowMs: number): number {
    if (this.#firstEnd === undefined) return this.#claim(nowMs)
    let work = this.#append()
    work += this.#tellAll(nowMs)
    this.#log.sync()
    if (this.#commit()) work += 1 + this.#tellAll(nowMs)
    return work
  }

  dueInMs(nowMs: number): number {
    const dues = this.#peers.filter(peer => this.#isWaiting(peer)).map(peer => peer.resendMs - nowMs)
    return this.#pendingChanges > 0 ? 0 : Math.max(0, Math.min(...dues))
  }

  /** A coordinator was started anew. */
  forget(id: number): void {
    this.#peer(id).meet(this.#log.start, false)
    this.#peer(id).hasPromised = false
  }

  take(from: number, letter: EnsembleLetter, nowMs: number): void {
    const peer = this.#peer(from)
    switch (letter.ensemble) {
      case 'promised':
        if (peer.hasPromised) return
        peer.meet(letter.last, letter.intact)
        break
      case 'joined':
        this.#join(peer, letter)
        break
      case 'refused':
        this.refusal = {promised: letter.promised}
        return
      case 'appended':
        this.#takeAppended(peer, letter)
        return
      case 'missing':
        peer.hasPromised = true
        peer.intact = letter.intact
        peer.matched = undefined
        peer.last = letter.hint
        break
      default:
        return
    }
    peer.resendMs = nowMs
    const floor = this.#log.floor(peer.last)
    // a log that does not reach the start, or has another past there, gets the snapshot
    peer.next = floor.end > peer.last.end || floor.epoch > peer.last.epoch ? NOTHING : floor
  }

  #join(peer: Peer, letter: EnsembleLetter & {ensemble: 'joined'}): void {
    peer.meet(letter.last, letter.intact)
    peer.hasPromised = letter.epoch === this.epoch
  }

  #takeAppended(peer: Peer, {end, committedEnd, intact}: EnsembleLetter & {ensemble: 'appended'}): void {
    const position = this.#log.floor({epoch: this.epoch, end})
    // from before the log's start, which a snapshot has moved meanwhile
    if (position.end !== end) return
    peer.hasPromised = true
    peer.intact = intact
    if (end > (peer.matched?.end ?? -1)) peer.matched = position
    if (peer.next.end < end) peer.next = position
    peer.toldEnd = Math.max(peer.toldEnd, committedEnd)
    if (intact) return
    peer.restoredAt ??= this.#log.last.end
    if (this.isServing && peer.matched!.end >= peer.restoredAt)
      this.#send(peer.id, {ensemble: 'restored', epoch: this.epoch, end: peer.matched!.end})
  }

  #claim(nowMs: number): number {
    let work = 0
    for (const peer of this.#peers) {
      if (peer.hasPromised || nowMs < peer.resendMs) continue
      this.#send(peer.id, {ensemble: 'claim', epoch: this.epoch})
      peer.resendMs = nowMs + this.#resendMs
      work++
    }
    const promisers = this.#peers.filter(peer => peer.hasPromised && peer.intact)
    const {last, quorum} = this.#log
    if (promisers.length + Number(quorum.intact) < this.#majority) return work
    let best: {id: number; last: Position} | undefined = quorum.intact ? {id: 0, last} : undefined
    for (const peer of promisers) if (best === undefined || isGreater(peer.last, best.last)) best = peer
    if (best!.id === 0) this.#begin(nowMs)
    else this.refusal = {handOverTo: best!.id}
    return work + 1
  }

  #begin(nowMs: number): void {
    const base = this.#log.last.end
    this.#log.append({epoch: this.epoch, base, end: base + 1, changes: [null]})
    this.#firstEnd = base + 1
    for (const peer of this.#peers) peer.resendMs = nowMs
  }

  /** What waits goes into one batch. */
  #append(): number {
    let batches = 0
    for (; this.#pending.length > 0; batches++) {
      const changes: MetadataChange[] = []
      let taken = 0
      while (taken < this.#pending.length && changes.length < METADATA_BATCH_CHANGES)
        changes.push(...this.#pending[taken++]!)
      const base = this.#log.last.end
      this.#log.append({epoch: this.epoch, base, end: base + changes.length, changes})
      this.#pending.splice(0, taken)
      this.#pendingChanges -= changes.length
    }
    return batches
  }

  #tellAll(nowMs: number): number {
    let letters = 0
    for (const peer of this.#peers) letters += this.#tell(peer, nowMs)
    return letters
  }

  /** Sends what is new at once, and again what no answer came for. */
  #tell(peer: Peer, nowMs: number): number {
    if (!this.#isWaiting(peer)) return 0
    if (nowMs >= peer.resendMs) {
      if (peer.matched !== undefined) peer.next = peer.matched
    } else {
      const isNew = peer.next.end < this.#log.last.end || peer.sentCommittedEnd < this.committedEnd
      if (peer.matched === undefined || !isNew) return 0
    }
    let letters = 0
    do {
      this.#sendBehind(peer)
      letters++
    } while (peer.matched !== undefined && peer.next.end < this.#log.last.end)
    peer.resendMs = nowMs + this.#resendMs
    return letters
  }

  #sendBehind(peer: Peer): void {
    const {epoch, committedEnd} = this
    const log = this.#log
    if (peer.next.end < log.start.end) {
      this.#send(peer.id, {ensemble: 'snapshot', epoch, position: log.start, snapshot: log.snapshot!})
      peer.next = log.start
      return
    }
    const batches = log.batchesBehind(peer.next, this.#letterChanges)
    this.#send(peer.id, {ensemble: 'append', epoch, previous: positionOf(peer.next), batches, committedEnd})
    peer.next = batches.at(-1) ?? peer.next
    peer.sentCommittedEnd = committedEnd
  }

  /** Whether something is to be told, or an answer is outstanding. */
  #isWaiting(peer: Peer): boolean {
    if (this.#firstEnd === undefined) return !peer.hasPromised
    return !peer.intact || peer.matched?.end !== this.#log.last.end || peer.toldEnd < this.committedEnd
  }

  #commit(): boolean {
    const ends = this.#peers
      .filter(({intact, matched}) => intact && matched !== undefined)
      .map(peer => peer.matched!.end)
    if (this.#log.quorum.intact) ends.push(this.#log.storedEnd)
    const end = ends.sort((a, b) => b - a)[this.#majority - 1] ?? 0
    if (end < this.#firstEnd! || end <= this.committedEnd) return false
    this.committedEnd = end
    return true
  }

  #peer(id: number): Peer {
    const peer = this.#peers.find(other => other.id === id)
    assert(peer !== undefined, 'letters come from coordinators of the ensemble')
    return peer
  }
}

function positionOf({epoch, end}: Position): Position {
  return {epoch, end}
}
