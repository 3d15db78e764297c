import type {ErrorCode} from '../errors.ts'

/** Ids from the first on, as many as there are. */
interface Block {
  readonly firstProducerId: number
  readonly count: number
}

type Told = (id: number | ErrorCode) => void

/** Producer ids, each given once in the life of the cluster: they come in blocks from the coordinators, and what is left of one goes with its broker. */
export class ProducerIds {
  readonly #askForBlock: (told: (block: Block | ErrorCode) => void) => void
  #next = 0
  #end = 0
  #waiting: Told[] = []

  constructor(askForBlock: (told: (block: Block | ErrorCode) => void) => void) {
    this.#askForBlock = askForBlock
  }

  next(told: Told): void {
    if (this.#next < this.#end) told(this.#next++)
    else if (this.#waiting.push(told) === 1) this.#ask()
  }

  #ask(): void {
    this.#askForBlock(block => {
      const waiting = this.#waiting
      this.#waiting = []
      if (typeof block === 'string') {
        for (const told of waiting) told(block)
        return
      }
      this.#next = block.firstProducerId
      this.#end = block.firstProducerId + block.count
      // more may wait than a block has
      for (const told of waiting) this.next(told)
    })
  }
}
