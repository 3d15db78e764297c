/** Which parts of which modules a trial runs: what it does not run it cannot notice. */
import type {ModuleRanges} from './trial.ts'

export class Reached {
  readonly #modules = new Map<string, ModuleRanges['ranges'][]>()

  constructor(covered: readonly ModuleRanges[]) {
    for (const {module, ranges} of covered) {
      const lists = this.#modules.get(module) ?? []
      this.#modules.set(module, [...lists, ranges])
    }
  }

  /** Whether the code at `offset` of the module's text was run: the innermost range around it says so. */
  has(module: string, offset: number): boolean {
    return (this.#modules.get(module) ?? []).some(ranges => ranAt(ranges, offset))
  }
}

function ranAt(ranges: ModuleRanges['ranges'], offset: number): boolean {
  let length = Number.POSITIVE_INFINITY
  let says = false
  for (const [start, end, ran] of ranges) {
    if (start > offset || offset >= end || end - start > length) continue
    length = end - start
    says = ran
  }
  return says
}
