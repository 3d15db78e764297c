/**
 * How many runs a property gets, and where it starts. By itself it runs as often as its test says, from a seed of its
 * own; RUNS and SEED in the environment override that, for a night of runs or to see a failure again. With the PATH_ that a
 * failure prints beside its seed, only that case runs.
 */
export function runs(usual: number): {numRuns: number; seed?: number; path?: string} {
  const {RUNS, SEED, PATH_} = process.env
  const numRuns = RUNS === undefined ? usual : Number(RUNS)
  if (SEED === undefined) return {numRuns}
  return PATH_ === undefined ? {numRuns, seed: Number(SEED)} : {numRuns: 1, seed: Number(SEED), path: PATH_}
}

/** How often something is tried that has no seed: `few` times in `npm test`, `many` in `npm run test:faults`, which says so by RUNS. */
export function times(few: number, many: number): number {
  return process.env['RUNS'] === undefined ? few : many
}
