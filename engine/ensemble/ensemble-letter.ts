import type {MetadataSnapshot} from './consensus.ts'
import type {MetadataBatch, Position} from './metadata-batch.ts'

/** What coordinators write to each other about the metadata log. `epoch` is the holder's, unless it says otherwise. */
export type EnsembleBody =
  /** The holder of a new epoch asks for promises. */
  | {readonly ensemble: 'claim'; readonly epoch: number}
  /** Nothing of an earlier epoch is taken from here on; so far does the log go. */
  | {readonly ensemble: 'promised'; readonly epoch: number; readonly last: Position; readonly intact: boolean}
  /** An epoch was claimed or written in that is over, or another one's: `promised` is later, or the same. */
  | {readonly ensemble: 'refused'; readonly epoch: number; readonly promised: number}
  /** A coordinator that has heard nothing of the holder in its epoch; `epoch` is what it has promised that one, 0 where nothing. */
  | {readonly ensemble: 'joined'; readonly epoch: number; readonly last: Position; readonly intact: boolean}
  /** Batches behind `previous`, none where only the committed end is told. */
  | {
      readonly ensemble: 'append'
      readonly epoch: number
      readonly previous: Position
      readonly batches: readonly MetadataBatch[]
      readonly committedEnd: number
    }
  | {
      readonly ensemble: 'snapshot'
      readonly epoch: number
      readonly position: Position
      readonly snapshot: MetadataSnapshot
    }
  /** The log is stored and the same as the holder's up to `end`. */
  | {
      readonly ensemble: 'appended'
      readonly epoch: number
      readonly end: number
      readonly committedEnd: number
      readonly intact: boolean
    }
  /** The log has no batch that ends where the letter goes on; where it might go on instead. */
  | {readonly ensemble: 'missing'; readonly epoch: number; readonly hint: Position; readonly intact: boolean}
  /** A log that had been lost has again everything up to `end` that it may ever have acknowledged. */
  | {readonly ensemble: 'restored'; readonly epoch: number; readonly end: number}
  /** The lease is the addressee's. */
  | {readonly ensemble: 'yours'; readonly epoch: number}

/** `incarnation` is the sender's, so that nothing of its earlier life is taken for news. */
export type EnsembleLetter = EnsembleBody & {readonly incarnation: number}

export function isEnsembleLetter(body: unknown): body is EnsembleLetter {
  return typeof body === 'object' && body !== null && 'ensemble' in body
}
