import type {EpochStart} from '../log/leader-epoch-checkpoint.ts'

/** The reigns that a log has seen, oldest first, and its end. */
export interface EpochLine {
  readonly epochs: readonly EpochStart[]
  readonly logEndOffset: number
}

/** What there is to know of an epoch: the greatest one up to it, and the offset at which that ends; -1 twice where nobody knows. */
export interface EpochEnd {
  readonly epoch: number
  readonly endOffset: number
}

/** Where an epoch ends in a log (Kafka's `LeaderEpochFileCache.endOffsetFor`). */
export function endOfEpoch({epochs, logEndOffset}: EpochLine, asked: number): EpochEnd {
  if (asked >= 0 && epochs.at(-1)?.epoch === asked) return {epoch: asked, endOffset: logEndOffset}
  const next = asked < 0 ? undefined : epochs.find(({epoch}) => epoch > asked)
  if (next === undefined) return {epoch: -1, endOffset: -1}
  const floor = epochs.findLast(({epoch}) => epoch <= asked)
  // older than all that is known: it ends where those begin
  return {epoch: floor?.epoch ?? asked, endOffset: next.startOffset}
}
