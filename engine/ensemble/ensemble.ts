import {assert} from '../assert.ts'
import type {ClusterMap} from '../cluster/cluster-map.ts'
import type {LeaseState} from '../cluster/lease.ts'
import type {Letter, Mailbox} from '../cluster/mail.ts'
import {OdradekError} from '../errors.ts'
import {METADATA_LETTER_CHANGES, METADATA_SNAPSHOT_CHANGES} from '../limits.ts'
import type {Committed, Consensus, MetadataSnapshot} from './consensus.ts'
import {type EnsembleBody, type EnsembleLetter, isEnsembleLetter} from './ensemble-letter.ts'
import {Reign} from './ensemble-reign.ts'
import {follow} from './follow.ts'
import type {MetadataChange} from './metadata.ts'
import type {MetadataLog} from './metadata-log.ts'

export interface EnsembleOptions {
  readonly id: number
  /** Of the coordinator's line: grows with each start of it. */
  readonly incarnation: number
  readonly map: ClusterMap
  readonly mailbox: Mailbox
  /** Opened, and the ensemble's own from here on. */
  readonly log: MetadataLog
  readonly sessionTimeoutMs: number
  /** What all changes come to that were taken by `takeCommitted`. */
  readonly takeSnapshot: () => MetadataSnapshot
  /** Changes in the log before a snapshot takes their place. */
  readonly snapshotChanges?: number
  /** Changes in one letter, or one batch where that has more. */
  readonly letterChanges?: number
}

/** What stands for the mark at the start of an epoch. */
const EPOCH_STARTED: MetadataChange = {type: 'epochStarted'}

/** Rounds of a session: how often a coordinator beats, and how long a letter is waited for. */
const ROUNDS_A_SESSION = 4
const RESENDS_A_SESSION = 10

/**
 * One coordinator of an ensemble. One shared word says who holds the lease and since which epoch; the holder's log is the one that the others follow,
 * as in Raft, with that word in the place of its votes: whoever takes the lease asks a majority to promise the epoch, hands the
 * lease on to the one whose log goes furthest, and that one serves. A holder that was deposed commits nothing more: a majority
 * has promised not to listen to it before the next one serves.
 */
export class Ensemble implements Consensus {
  readonly #id: number
  readonly #incarnation: number
  readonly #map: ClusterMap
  readonly #mailbox: Mailbox
  readonly #log: MetadataLog
  readonly #sessionTimeoutMs: number
  readonly #resendMs: number
  readonly #takeSnapshot: () => MetadataSnapshot
  readonly #snapshotChanges: number
  readonly #letterChanges: number
  readonly #others: readonly number[]
  /** The latest life of each other coordinator that was heard of. */
  readonly #incarnations = new Map<number, number>()
  #reign: Reign | undefined
  #committedEnd: number
  #takenEnd = 0
  /** Epoch of the holder that it follows, and how far its log is known to be that one's. */
  #followedEpoch = 0
  #matchedEnd = 0
  /** Beats before this count as of this: the process was stopped, or this one has just started. */
  #freshMs: number | undefined
  #tickedMs = 0
  #joinMs = 0
  /** Not to take the lease before: the disk refused to write. */
  #abstainMs = 0
  #problem: unknown

  constructor(options: EnsembleOptions) {
    this.#id = options.id
    this.#incarnation = options.incarnation
    this.#map = options.map
    this.#mailbox = options.mailbox
    this.#log = options.log
    this.#sessionTimeoutMs = options.sessionTimeoutMs
    this.#resendMs = Math.max(1, Math.floor(options.sessionTimeoutMs / RESENDS_A_SESSION))
    this.#takeSnapshot = options.takeSnapshot
    this.#snapshotChanges = options.snapshotChanges ?? METADATA_SNAPSHOT_CHANGES
    this.#letterChanges = options.letterChanges ?? METADATA_LETTER_CHANGES
    this.#committedEnd = options.log.start.end
    const {coordinators} = options.map.shape
    this.#others = Array.from({length: coordinators}, (_, i) => i + 1).filter(id => id !== options.id)
  }

  get isHolder(): boolean {
    return this.#reign?.isServing === true && this.#holds(this.#map.lease.read())
  }

  get epoch(): number {
    return this.#reign?.epoch ?? this.#log.quorum.epoch
  }

  get committedEnd(): number {
    return this.#committedEnd
  }

  get proposedEnd(): number {
    return this.#reign?.proposedEnd ?? this.#log.last.end
  }

  /** Whether the log holds all that it ever acknowledged. */
  get isIntact(): boolean {
    return this.#log.quorum.intact
  }

  /** The disk's last error; once `hasFailed` only a new start helps. */
  get problem(): unknown {
    return this.#problem
  }

  get hasFailed(): boolean {
    return this.#log.hasFailed
  }

  propose(changes: readonly MetadataChange[]): number {
    assert(this.#reign !== undefined, 'only the holder proposes')
    return this.#reign.propose(changes)
  }

  takeCommitted(): Committed[] {
    const log = this.#log
    const taken: Committed[] = []
    if (this.#takenEnd < log.start.end) {
      taken.push({type: 'snapshot', endOffset: log.start.end, snapshot: log.snapshot!})
      this.#takenEnd = log.start.end
    }
    for (const {epoch, base, end, changes} of log.batchesBehind(
      {epoch: 0, end: this.#takenEnd},
      Number.POSITIVE_INFINITY,
    )) {
      if (end > this.#committedEnd) break
      for (const [i, change] of changes.entries())
        taken.push({type: 'change', offset: base + i, epoch, change: change ?? EPOCH_STARTED})
      this.#takenEnd = end
    }
    return taken
  }

  tick(nowMs: number): number {
    this.#beat(nowMs)
    if (this.hasFailed) return 0
    let work = 0
    this.#withDisk(nowMs, () => {
      if (nowMs >= this.#abstainMs) this.#shorten()
      const lease = this.#map.lease.read()
      // looked at before anything is proposed or declared committed
      if (this.#reign !== undefined && !this.#holds(lease)) this.#reign = undefined
      if (this.#reign === undefined) this.#stand(lease, nowMs)
      if (this.#reign !== undefined) work = this.#rule(this.#reign, nowMs)
      else work = this.#join(lease, nowMs)
    })
    return work
  }

  handle(letter: Letter, nowMs: number): boolean {
    const {body} = letter
    if (!isEnsembleLetter(body)) return false
    const from = idOf(letter.from)
    const known = this.#incarnations.get(from) ?? 0
    if (this.hasFailed || body.incarnation < known) return true
    this.#incarnations.set(from, body.incarnation)
    if (body.incarnation > known) this.#reign?.forget(from)
    this.#withDisk(nowMs, () => this.#take(from, body, nowMs))
    return true
  }

  dueInMs(nowMs: number): number {
    const beat = this.#tickedMs + this.#sessionTimeoutMs / ROUNDS_A_SESSION - nowMs
    if (this.hasFailed) return Math.max(0, beat)
    if (this.#reign !== undefined) return Math.max(0, Math.min(beat, this.#reign.dueInMs(nowMs)))
    const lease = this.#map.lease.read()
    const {holder, epoch} = lease
    const isHeard = holder === 0 || epoch === this.#followedEpoch
    return Math.max(0, Math.min(beat, this.#standsInMs(lease, nowMs), isHeard ? beat : this.#joinMs - nowMs))
  }

  close(): void {
    if (this.#reign !== undefined) this.#abdicate(this.#reign)
    this.#log.close()
  }

  #beat(nowMs: number): void {
    // who was stopped for long cannot tell who else was
    if (this.#freshMs === undefined || nowMs - this.#tickedMs > this.#sessionTimeoutMs / 2) this.#freshMs = nowMs
    this.#tickedMs = nowMs
    this.#map.coordinator(this.#id).beat(nowMs)
  }

  #holds({holder, epoch}: LeaseState): boolean {
    return holder === this.#id && epoch === this.#reign?.epoch
  }

  /** Takes the lease where it is free, or was handed on to this one. */
  #stand(lease: LeaseState, nowMs: number): void {
    const {quorum} = this.#log
    const isMine = lease.holder === this.#id
    if (!quorum.intact) {
      // whose log is lost cannot serve, and must not keep from it who can: it may have held the lease in an earlier life
      if (isMine) this.#map.lease.release(lease)
      return
    }
    if (nowMs < this.#abstainMs) return
    // an epoch that it has promised may be one that it held in an earlier life
    const isFresh = isMine && lease.epoch > quorum.epoch
    if (!isMine && !this.#isVacant(lease, nowMs)) return
    const epoch = isFresh ? lease.epoch : this.#map.lease.take(lease, this.#id, quorum.epoch + 1)
    if (epoch > 0) this.#begin(epoch)
  }

  /** How long until it may take the lease. */
  #standsInMs(lease: LeaseState, nowMs: number): number {
    if (!this.#log.quorum.intact) return Number.POSITIVE_INFINITY
    if (this.#isVacant(lease, nowMs)) return this.#abstainMs - nowMs
    return this.#lastBeat(lease.holder) + this.#sessionTimeoutMs + 1 - nowMs
  }

  #isVacant({holder}: LeaseState, nowMs: number): boolean {
    if (holder === 0 || this.#map.coordinator(holder).hasEnded) return true
    return nowMs - this.#lastBeat(holder) > this.#sessionTimeoutMs
  }

  #lastBeat(id: number): number {
    return Math.max(this.#map.coordinator(id).beatMs, this.#freshMs ?? 0)
  }

  #begin(epoch: number): void {
    this.#reign = new Reign({
      epoch,
      log: this.#log,
      others: this.#others,
      committedEnd: this.#committedEnd,
      resendMs: this.#resendMs,
      letterChanges: this.#letterChanges,
      send: (to, body) => this.#send(to, body),
    })
    this.#followedEpoch = epoch
    this.#log.quorum.promise(epoch, this.#id)
  }

  #rule(reign: Reign, nowMs: number): number {
    const work = reign.tick(nowMs)
    this.#committedEnd = reign.committedEnd
    const {refusal} = reign
    if (refusal === undefined) return work
    const {lease} = this.#map
    const held = {holder: this.#id, epoch: reign.epoch}
    this.#reign = undefined
    if ('promised' in refusal) {
      const epoch = lease.take(held, this.#id, refusal.promised + 1)
      if (epoch > 0) this.#begin(epoch)
    } else {
      const epoch = lease.take(held, refusal.handOverTo)
      if (epoch > 0) this.#send(refusal.handOverTo, {ensemble: 'yours', epoch})
    }
    return work + 1
  }

  /** Asks a holder that has not been heard of for what was missed. */
  #join({holder, epoch}: LeaseState, nowMs: number): number {
    if (holder === 0 || holder === this.#id || epoch === this.#followedEpoch || nowMs < this.#joinMs) return 0
    const {last, quorum} = this.#log
    const promised = quorum.promisedTo(holder)
    this.#joinMs = nowMs + this.#resendMs
    this.#send(holder, {ensemble: 'joined', epoch: promised, last: positionOf(last), intact: quorum.intact})
    return 1
  }

  #take(from: number, letter: EnsembleLetter, nowMs: number): void {
    switch (letter.ensemble) {
      case 'claim':
      case 'append':
      case 'snapshot':
        this.#obey(from, letter)
        return
      case 'restored':
        this.#takeRestored(from, letter)
        return
      case 'yours':
        return
      default:
        // of another epoch only who joins is heard: it does not know this one yet
        if (this.#reign === undefined || !this.#holds(this.#map.lease.read())) return
        if (letter.epoch === this.#reign.epoch || letter.ensemble === 'joined') this.#reign.take(from, letter, nowMs)
    }
  }

  #obey(from: number, letter: EnsembleLetter & {ensemble: 'claim' | 'append' | 'snapshot'}): void {
    const {epoch} = letter
    const {quorum} = this.#log
    if (quorum.refuses(epoch, from)) {
      this.#send(from, {ensemble: 'refused', epoch, promised: quorum.epoch})
      return
    }
    if (this.#reign !== undefined && this.#reign.epoch < epoch) this.#reign = undefined
    quorum.promise(epoch, from)
    if (letter.ensemble === 'claim') {
      const {last} = this.#log
      const position = {epoch: last.epoch, end: last.end}
      this.#send(from, {ensemble: 'promised', epoch, last: position, intact: quorum.intact})
      return
    }
    if (this.#followedEpoch !== epoch) this.#matchedEnd = 0
    this.#followedEpoch = epoch
    if (letter.ensemble === 'snapshot') {
      const {position, snapshot} = letter
      this.#log.putSnapshot({position, snapshot})
      this.#confirm(from, epoch, {end: position.end, committedEnd: position.end})
      return
    }
    const end = follow(this.#log, letter, this.#committedEnd)
    if (typeof end === 'number') this.#confirm(from, epoch, {end, committedEnd: letter.committedEnd})
    else this.#send(from, {ensemble: 'missing', epoch, hint: positionOf(end.hint), intact: quorum.intact})
  }

  /** The log is the holder's up to `end`. */
  #confirm(to: number, epoch: number, told: {end: number; committedEnd: number}): void {
    const {end} = told
    this.#matchedEnd = Math.max(this.#matchedEnd, end)
    this.#committedEnd = Math.max(this.#committedEnd, Math.min(told.committedEnd, this.#matchedEnd))
    const {intact} = this.#log.quorum
    this.#send(to, {ensemble: 'appended', epoch, end, committedEnd: this.#committedEnd, intact})
  }

  #takeRestored(from: number, {epoch, end}: EnsembleLetter & {ensemble: 'restored'}): void {
    const {quorum} = this.#log
    if (epoch !== quorum.epoch || epoch !== this.#followedEpoch || this.#matchedEnd < end) return
    quorum.setIntact(true)
    this.#confirm(from, epoch, {end, committedEnd: this.#committedEnd})
  }

  /** Puts a snapshot in the place of what has become long. */
  #shorten(): void {
    const log = this.#log
    if (this.#takenEnd - log.start.end < this.#snapshotChanges) return
    const {epoch, end} = log.floor({epoch: Number.POSITIVE_INFINITY, end: this.#takenEnd})
    log.putSnapshot({position: {epoch, end}, snapshot: this.#takeSnapshot()})
  }

  /** Does what writes to the disk. One that fails ends the reign: another coordinator may have a better one. */
  #withDisk(nowMs: number, run: () => void): void {
    try {
      run()
    } catch (error) {
      if (!isStorageError(error)) throw error
      this.#problem = error
      this.#abstainMs = nowMs + this.#sessionTimeoutMs
      if (this.#reign !== undefined) this.#abdicate(this.#reign)
    }
  }

  #abdicate(reign: Reign): void {
    this.#reign = undefined
    this.#map.lease.release({holder: this.#id, epoch: reign.epoch})
    this.#map.ringCoordinators()
  }

  #send(to: number, body: EnsembleBody): void {
    this.#mailbox.send(`coordinator-${to}`, {...body, incarnation: this.#incarnation})
  }
}

function positionOf({epoch, end}: {epoch: number; end: number}): {epoch: number; end: number} {
  return {epoch, end}
}

/** Ours, or as the system throws it. */
function isStorageError(error: unknown): boolean {
  return error instanceof OdradekError || typeof (error as {code?: unknown}).code === 'string'
}

function idOf(address: string): number {
  return Number(address.slice('coordinator-'.length))
}
