import type {TopicPartitionList} from '../consumer-protocol.ts'

/** An offset of a partition that is committed, or is to be: behind the last record that was handled. */
export interface CommittedOffset {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly metadata?: string | null
}

/** How a consumer comes to its partitions, and where it notes what was handled of them. */
export interface Membership {
  readonly memberId: string
  /** -1 while it has no partitions of anybody. */
  readonly generationId: number
  readonly leaderId: string
  readonly protocol: string
  readonly isLeader: boolean
  /** Whether members keep what they have while others join. */
  readonly isCooperative: boolean
  /** Resolves to what it is to read. */
  join(owned: readonly TopicPartitionList[], signal: AbortSignal): Promise<readonly TopicPartitionList[]>
  heartbeat(): Promise<void>
  leave(): Promise<void>
  /** It is none any more: it joins as a new one. */
  forget(): void
  commit(offsets: readonly CommittedOffset[], signal: AbortSignal): Promise<void>
  /** The committed offset of each of these, -1 where there is none, in their order. */
  committed(partitions: readonly {readonly topic: string; readonly partition: number}[]): Promise<number[]>
  /** A topic that it read is gone; one of that name that is made later is another. */
  topicDeleted(topic: string): void
}
