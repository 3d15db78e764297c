/**
 * How many runs a property gets, and where it starts. By itself it runs as often as its test says, from a seed of its
 * own; RUNS and SEED in the environment override that, for a night of runs or to see a failure again.
 */
export function runs(usual: number): {numRuns: number; seed?: number} {
  const {RUNS, SEED} = process.env
  const numRuns = RUNS === undefined ? usual : Number(RUNS)
  return SEED === undefined ? {numRuns} : {numRuns, seed: Number(SEED)}
}
