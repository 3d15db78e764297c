/**
 * npm run test:simulation: whole clusters in one thread each, from seeds, over all cores (T26). A seed that is red prints the one command that
 * shows it again; with TRACE=1 that prints every step.
 *
 *   RUNS=20000      how many seeds
 *   SEED=7          the first one; by itself the time of day says which
 *   MINUTES=5       no new one after that
 *   LENGTH=short    histories as `npm test` has them: shorter, with more faults and without rests
 *   FAULTS=admin,disks,wipes   what may happen besides threads, processes and power that end; by itself all but the wipes
 */
import {availableParallelism} from 'node:os'
import {Piscina} from 'piscina'
import {history, type Length} from './cluster/history.ts'
import {NAMED_EVENTS, type ReachedName} from './cluster/named-events.ts'
import {replayCommand, type Shard, type ShardResult} from './cluster/shard.ts'
import {Reached} from './reached.ts'

const SEEDS_A_SHARD = 100

const {RUNS = '20000', SEED = String(Date.now() % 1_000_000), MINUTES = '600', TRACE, LENGTH} = process.env
const length: Length = LENGTH === 'short' ? 'short' : 'whole'
const first = Number(SEED)
const count = Number(RUNS)

if (TRACE === undefined) process.exitCode = await runAll()
else
  for (let seed = first; seed < first + count; seed++)
    console.log(history(seed, {length, trace: line => console.log(line)}))

async function runAll(): Promise<0 | 1> {
  const endsAtMs = Date.now() + Number(MINUTES) * 60_000
  const startMs = performance.now()
  const pool = new Piscina({
    filename: new URL('./cluster/shard.js', import.meta.url).href,
    maxThreads: availableParallelism(),
    execArgv: ['--enable-source-maps'],
    // what a history leaves behind is mostly young: with more room it is looked through less often
    resourceLimits: {maxYoungGenerationSizeMb: 64},
  })
  const shards: Shard[] = []
  for (let from = first; from < first + count; from += SEEDS_A_SHARD)
    shards.push({from, count: Math.min(SEEDS_A_SHARD, first + count - from), endsAtMs, length})
  const results = await Promise.all(
    shards.map(async shard => {
      const result = (await pool.run(shard)) as ShardResult
      for (const {seed, problem} of result.reds)
        console.log(`red: ${replayCommand(seed, length)}\n${indented(problem)}`)
      return result
    }),
  )
  await pool.close()
  const sum = (name: Exclude<keyof ShardResult, 'reds' | 'reached'>) =>
    results.reduce((total, result) => total + result[name], 0)
  const seeds = sum('seeds')
  const reached = new Reached<ReachedName>(NAMED_EVENTS)
  for (const result of results) reached.addAll(result.reached)
  const reds = results.reduce((total, result) => total + result.reds.length, 0)
  const seconds = (performance.now() - startMs) / 1000
  console.log(
    `${seeds} seeds from ${first} in ${seconds.toFixed(0)} s: ${(sum('virtualMs') / 1000).toFixed(0)} s of virtual time, ` +
      `${(sum('virtualMs') / sum('cpuMs')).toFixed(0)} times as fast as real time on a core; ` +
      `${sum('steps')} steps, ${sum('acks')} batches acknowledged, ${sum('failures')} not, ${sum('reads')} records read`,
  )
  console.log(`${(sum('cpuMs') / seeds).toFixed(1)} ms a seed; ${reached}`)
  console.log(
    reds === 0
      ? `none of them is red: with 95 % certainty fewer than ${(300 / seeds).toFixed(3)} % are`
      : `${reds} red`,
  )
  return reds === 0 && seeds > 0 ? 0 : 1
}

function indented(text: string): string {
  return text
    .split('\n')
    .map(line => `    | ${line}`)
    .join('\n')
}
