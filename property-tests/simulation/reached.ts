/** Counts how often a test came by its named states: a property that never gets somewhere proves nothing about it. */
export class Reached<Name extends string> {
  readonly #counts = new Map<Name, number>()

  constructor(names: readonly Name[]) {
    for (const name of names) this.#counts.set(name, 0)
  }

  add(name: Name): void {
    this.#counts.set(name, this.#counts.get(name)! + 1)
  }

  get counts(): ReadonlyMap<Name, number> {
    return this.#counts
  }

  /** Counts what another test has reached. */
  addAll(counts: ReadonlyMap<Name, number>): void {
    for (const [name, count] of counts) this.#counts.set(name, this.#counts.get(name)! + count)
  }

  /** What was reached less than `least` times, in words. */
  missing(least: number): string[] {
    return [...this.#counts].filter(([, count]) => count < least).map(([name, count]) => `${name}: ${count}`)
  }

  toString(): string {
    return [...this.#counts].map(([name, count]) => `${name} ${count}`).join(', ')
  }
}
