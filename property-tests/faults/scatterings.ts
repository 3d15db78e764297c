/** Power losses: each way in which what was not synced may be there or not, one after the other or by chance. */
import type {Fate, Scattering} from '../simulation/inode.ts'
import type {Chance} from './chance.ts'

const FATES: readonly Fate[] = ['kept', 'lost', 'zeros']

/** Goes through all outcomes of a procedure that decides as it goes, in order; gives up after `most`. */
export class Odometer {
  #path: {choice: number; options: number}[] = []
  #at = 0

  /** One of `options`, from 0. */
  decide(options: number): number {
    const known = this.#path[this.#at++]
    if (known !== undefined) return known.choice
    this.#path.push({choice: 0, options})
    return 0
  }

  /** Turns to the next outcome; false after the last one. */
  next(): boolean {
    this.#at = 0
    while (this.#path.length > 0) {
      const last = this.#path.at(-1)!
      if (++last.choice < last.options) return true
      this.#path.pop()
    }
    return false
  }
}

export function scatteringBy(decide: (options: number) => number): Scattering {
  return {names: count => decide(count + 1), fate: () => FATES[decide(FATES.length)]!}
}

/** Most often nearly everything is there, or nearly nothing, or anything. */
export function anyScattering(chance: Chance): Scattering {
  const lossOf = chance.pick([1, 3, 6, 20])
  return {
    names: count => chance.pick([count, 0, chance.below(count + 1)]),
    fate: () => (chance.below(20) >= lossOf ? 'kept' : chance.pick(FATES)),
  }
}
