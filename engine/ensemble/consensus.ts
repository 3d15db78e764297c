import type {Letter} from '../cluster/mail.ts'
import type {BrokerImage, MetadataChange, TopicImage} from './metadata.ts'

/** All that the committed changes come to, as plain data: what a coordinator keeps as a snapshot, and sends to one that lags. */
export interface MetadataSnapshot {
  readonly brokers: readonly BrokerImage[]
  readonly topics: readonly TopicImage[]
  /** Row that the next partition gets. */
  readonly nextRow: number
  /** Topics deleted since the process started. */
  readonly deletedTopicIds?: readonly string[]
  readonly nextProducerId: number
  /** Of the last `clusterStarted`: rows are numbered as that start has them. */
  readonly startId?: string
}

/** A change at its place in the metadata log. */
export interface CommittedChange {
  readonly offset: number
  readonly epoch: number
  readonly change: MetadataChange
}

/** What the ensemble agreed on, in order: where to go on from, or the next change. */
export type Committed =
  | {readonly type: 'snapshot'; readonly endOffset: number; readonly snapshot: MetadataSnapshot}
  | ({readonly type: 'change'} & CommittedChange)

/**
 * One coordinator's part in the ensemble, as its own rules see it: it may be the holder, who proposes; everybody learns what
 * was committed, in the same order.
 */
export interface Consensus {
  /** Holds the lease, has adopted and committed anew what a majority had, and so may propose and publish. */
  readonly isHolder: boolean
  /** Lease epoch it acts in. */
  readonly epoch: number
  /** Offset behind the last committed change. */
  readonly committedEnd: number
  /** Offset behind the last proposed change; above `committedEnd` while any is on its way. */
  readonly proposedEnd: number
  /** Has changes committed, all together and in this order; returns the end offset at which they are. Holder only. */
  propose(changes: readonly MetadataChange[]): number
  /** What was committed since the last call. */
  takeCommitted(): Committed[]
  /** One round: leases, time-outs, sending what is due. Returns how much there was to do. */
  tick(nowMs: number): number
  /** Takes a letter of another coordinator's consensus; false where it is not one. */
  handle(letter: Letter, nowMs: number): boolean
  /** How long it can be left alone. */
  dueInMs(nowMs: number): number
  close(): void
}
