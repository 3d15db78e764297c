import type {ClusterHandle} from '../../index.ts'

/** What one thread of kafkajs-history.test.ts is to do. */
export interface ClientTask {
  readonly handle: ClusterHandle
  readonly does: 'produce' | 'eachMessage' | 'eachBatch' | 'messages'
  readonly name: string
  readonly topic: string
  readonly partitions: number
  readonly groupId: string
  /** One word: the stage that the test is at. */
  readonly stage: SharedArrayBuffer
}

/** Producers work in the first, members up to the end of the second. */
export const STAGE = {sending: 0, reading: 1, over: 2} as const
