/**
 * Which functions can come to a turn: those that touch shared memory, and those that call one that does. The scheduler
 * goes by names alone, over all modules at once; a function that is taken for one by mistake only runs a little slower.
 */
import type {FunctionSpan} from './functions.ts'
import type {ModuleText, Use} from './module-text.ts'

export interface TurningNames {
  readonly calls: ReadonlySet<string>
  readonly getters: ReadonlySet<string>
  readonly functions: ReadonlySet<FunctionSpan>
  /** Names of nothing but functions with turns, so that there is nothing to find out when one is called. */
  readonly sure: ReadonlySet<string>
}

/** These call back what they are given themselves, so no turn can come within. */
const NATIVE_CALLERS = /\.(?:filter|map|flatMap|find|findIndex|some|every|sort|toSorted|forEach|reduce|from)$/

/** What JavaScript's own objects have; `plain` are the names that modules without turns use. */
const BUILT_IN = [Array, Set, Map, String, Promise, Function, Object, Uint8Array, Buffer].flatMap(Type => [
  ...Object.getOwnPropertyNames(Type.prototype),
  ...Object.getOwnPropertyNames(Object.getPrototypeOf(Type.prototype) ?? {}),
])

export function turningNames(
  modules: readonly {text: ModuleText; sites: readonly Use[]}[],
  plain: ReadonlySet<string>,
): TurningNames {
  const functions = new Set<FunctionSpan>()
  const calls = new Set(['runTask', 'untilDead'])
  const getters = new Set<string>()
  const reach = (span: FunctionSpan | undefined): void => {
    if (span === undefined || functions.has(span)) return
    functions.add(span)
    if (span.name !== '' && span.kind !== 'constructor') (span.kind === 'getter' ? getters : calls).add(span.name)
  }
  for (const {sites} of modules) for (const {inside} of sites) reach(inside)
  const uses = modules.flatMap(({text}) => [
    ...text.calls().map(use => ({use, names: calls})),
    ...text.reads().map(use => ({use, names: getters})),
  ])
  for (let before = -1; before !== functions.size; ) {
    before = functions.size
    for (const {use, names} of uses) if (names.has(use.name)) reach(use.inside)
  }
  for (const {text} of modules) refuseNativeCallers(text, functions)
  const unsure = new Set([...plain, ...BUILT_IN])
  for (const {text} of modules) {
    for (const span of text.functions) if (!functions.has(span) || span.opaque) unsure.add(span.name)
    for (const {name} of text.plainUses(getters)) unsure.add(name)
  }
  return {calls, getters, functions, sure: new Set([...calls, ...getters].filter(name => !unsure.has(name)))}
}

function refuseNativeCallers(text: ModuleText, functions: ReadonlySet<FunctionSpan>): void {
  for (const span of text.functions) {
    if (!functions.has(span)) continue
    const caller = span.kind === 'arrow' ? text.callerOf(span.head) : ''
    if (span.kind === 'setter' || NATIVE_CALLERS.test(caller))
      throw new Error(`${text.path}: the scheduler cannot take turns in ${caller} ${span.name}`)
  }
}
