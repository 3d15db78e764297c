/**
 * What is done to one operation to see whether anything notices: on a strong machine it is left out or moved, on a
 * weak one it is made plain.
 */
export type MutantKind =
  /** Left out; a load gives 0, and what a read-modify-write would have returned is read plainly. */
  | 'deleted'
  /** Done some turns of this thread later: what stands below it comes first. */
  | 'delayed'
  /** Its result is what the word held some turns before, as if it had been moved up. */
  | 'hoisted'
  /** It gives for ever what it gave the first time. */
  | 'frozen'
  /** A read-modify-write in two turns: what others write in between is lost. */
  | 'split'
  /** A plain read: what this thread last knew. */
  | 'plain'
  /** A plain write that arrives before the ones above it. */
  | 'early'
  /** A plain write that arrives with this thread's next atomic one. */
  | 'late'

export interface Mutant {
  readonly site: number
  readonly kind: MutantKind
  /** How far it is moved, in turns of its thread. */
  readonly turns: number
}
