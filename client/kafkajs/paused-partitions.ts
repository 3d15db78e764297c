/** Which partitions a consumer has paused: whole topics, or partitions of them. What is said here outlives an assignment, as in KafkaJS. */
export class PausedPartitions {
  readonly #topics = new Map<string, {all: boolean; paused: Set<number>; resumed: Set<number>}>()

  pause(topic: string, partitions?: readonly number[]): void {
    const state = this.#stateOf(topic)
    if (partitions === undefined) {
      state.paused.clear()
      state.resumed.clear()
      state.all = true
      return
    }
    for (const partition of partitions) {
      state.paused.add(partition)
      state.resumed.delete(partition)
    }
  }

  resume(topic: string, partitions?: readonly number[]): void {
    const state = this.#stateOf(topic)
    if (partitions === undefined) {
      state.paused.clear()
      state.resumed.clear()
      state.all = false
      return
    }
    for (const partition of partitions) {
      state.paused.delete(partition)
      if (state.all) state.resumed.add(partition)
    }
  }

  has(topic: string, partition: number): boolean {
    const state = this.#topics.get(topic)
    if (state === undefined) return false
    return state.paused.has(partition) || (state.all && !state.resumed.has(partition))
  }

  #stateOf(topic: string): {all: boolean; paused: Set<number>; resumed: Set<number>} {
    const state = this.#topics.get(topic) ?? {all: false, paused: new Set(), resumed: new Set()}
    this.#topics.set(topic, state)
    return state
  }
}
