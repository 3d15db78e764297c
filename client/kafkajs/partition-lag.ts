/** How many offsets of a partition a consumer, or a group, has still before it. */
export class PartitionLag {
  readonly topic: string
  readonly partition: number
  readonly lag: string

  constructor(topic: string, partition: number, lag: number) {
    this.topic = topic
    this.partition = partition
    this.lag = String(lag)
  }

  /** `lag` as an exact number. */
  get lagBigInt(): bigint {
    return BigInt(this.lag)
  }
}
