/** Which tests look at a module: those of its room, and what looks at all of it from above, with few histories. */

const RUNS_OF_LOGS = new Map([
  ['producers', '80'],
  ['look-ups', '50'],
  ['log-model', '60'],
  ['recovery', '100'],
])
const RUNS_OF_CLUSTERS = '15'
const ON_LOGS = [...RUNS_OF_LOGS.keys()].map(name => `property-tests/${name}.test.js`)
const ON_REPLICAS =
  /^property-tests\/(?:replication|reigns|replicated-logs|brokers\/(?!wire)\w[^/]*|cluster-simulation)\.test\.js$/
const ROOMS: ReadonlyMap<string, readonly string[] | RegExp> = new Map<string, readonly string[] | RegExp>([
  ['bytes', ON_LOGS],
  ['record', ON_LOGS],
  ['memory', ON_LOGS],
  ['log', ON_LOGS],
  ['view', []],
  ['replica', ON_REPLICAS],
  ['cluster', ON_REPLICAS],
])

/** Of all `files`; undefined for a module of no room. */
export function testsOf(module: string, files: readonly string[]): string[] | undefined {
  const room = /^engine\/(\w+)\/[^/]+$/.exec(module)?.[1] ?? ''
  const above = ROOMS.get(room)
  if (above === undefined) return undefined
  return files.filter(
    name =>
      (name.startsWith(`engine/${room}/`) && name.endsWith('.test.js')) ||
      (above instanceof RegExp ? above.test(name) : above.includes(name)),
  )
}

/** What a test's environment says: how many histories, and from which seed. */
export function environmentOf(test: string, seed: string): Readonly<Record<string, string>> {
  if (test.includes('simulation')) return {RUNS: RUNS_OF_CLUSTERS, SEED: '1'}
  const runs = RUNS_OF_LOGS.get(/^property-tests\/(.+)\.test\.js$/.exec(test)?.[1] ?? '')
  return runs === undefined ? {} : {RUNS: runs, SEED: seed}
}
