import type {BrokerCalls} from './broker-calls.ts'

/** Producer ids, of which each is given once in the life of a cluster; they come in blocks. */
export class ProducerIds {
  readonly #calls: BrokerCalls
  #block: Promise<{readonly firstProducerId: number; readonly count: number}> | undefined
  #used = 0

  constructor(calls: BrokerCalls) {
    this.#calls = calls
  }

  async next(): Promise<number> {
    for (;;) {
      this.#block ??= this.#calls.call({type: 'allocateProducerIds'})
      const asked = this.#block
      const {firstProducerId, count} = await asked.catch(error => {
        if (this.#block === asked) this.#block = undefined
        throw error
      })
      if (this.#block === asked && this.#used < count) return firstProducerId + this.#used++
      if (this.#block === asked) {
        this.#block = undefined
        this.#used = 0
      }
    }
  }
}
