/** Stands in uvu's place: knows the tests of a file one by one, prints nothing, and stops at the first that is red. */

type Handler = (state: object) => unknown

interface Suite {
  readonly tests: Handler[]
  readonly hooks: Record<'before' | 'after' | 'beforeEach' | 'afterEach', Handler[]>
  readonly state: object
}

export class GatheredTests {
  readonly #suites: Suite[] = []

  readonly uvu = {test: this.#suite({}), suite: (_name: string, state: object = {}) => this.#suite(state)}

  get count(): number {
    return this.#suites.reduce((sum, {tests}) => sum + tests.length, 0)
  }

  /** What the first red test throws, of all or of one; undefined when none is. */
  async firstProblem(only?: number): Promise<unknown> {
    let passed = 0
    for (const {tests, hooks, state} of this.#suites) {
      const mine = tests.filter((_, i) => only === undefined || passed + i === only)
      passed += tests.length
      if (mine.length === 0) continue
      try {
        for (const hook of hooks.before) await hook(state)
        for (const test of mine) {
          for (const hook of hooks.beforeEach) await hook(state)
          try {
            await test(state)
          } finally {
            for (const hook of hooks.afterEach) await hook(state)
          }
        }
      } catch (error) {
        return error ?? new Error('nothing was thrown')
      } finally {
        for (const hook of hooks.after) await hook(state)
      }
    }
    return undefined
  }

  #suite(state: object): unknown {
    const suite: Suite = {tests: [], hooks: {before: [], after: [], beforeEach: [], afterEach: []}, state}
    this.#suites.push(suite)
    const {tests, hooks} = suite
    const taking = (list: Handler[]) => (handler: Handler) => void list.push(handler)
    const before = Object.assign(taking(hooks.before), {each: taking(hooks.beforeEach)})
    const after = Object.assign(taking(hooks.after), {each: taking(hooks.afterEach)})
    const test = (_name: string, handler: Handler) => void tests.push(handler)
    return Object.assign(test, {before, after, skip: () => {}, run: () => {}})
  }
}
