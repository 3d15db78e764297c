import {NOTHING, type Position} from './metadata-batch.ts'

/** Another coordinator, as the holder of an epoch sees it. */
export class Peer {
  readonly id: number
  /** Whether it has promised the epoch, or was heard of in it since. */
  hasPromised = false
  /** Whether its log counts: for the choice of what goes on, and for what is committed. */
  intact = false
  /** How far its log goes, as it said itself. */
  last: Position = NOTHING
  /** Where its log is known to be stored and the same as the holder's; undefined while that is not known. */
  matched: Position | undefined
  /** Behind which the next batches are sent; what was sent may still be lost. */
  next: Position = NOTHING
  /** Committed end that was sent last, and the one that it has confirmed. */
  sentCommittedEnd = -1
  toldEnd = -1
  /** What it must have before a log that was lost counts again; undefined before it has said so. */
  restoredAt: number | undefined
  /** When it is to be written to again where no answer comes. */
  resendMs = 0

  constructor(id: number) {
    this.id = id
  }

  /** It has promised, or joined anew: so far does its log go, and nothing else is known of it. */
  meet(last: Position, intact: boolean): void {
    this.hasPromised = true
    this.intact = intact
    this.last = last
    this.matched = undefined
    this.toldEnd = -1
    this.restoredAt = undefined
  }
}
