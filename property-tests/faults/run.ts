/**
 * npm run test:faults: what takes longer than `npm test` may. Processes, threads and disks that die or refuse at any moment, every wrong
 * bit, every death and every missing or misplaced atomic operation under controlled schedules; then the models of logs and of shared
 * memory again, with more histories.
 *
 *   npm run test:faults               all
 *   npm run test:faults -- mutants    files whose name contains one of the words
 *   RUNS=100000 SEED=7 …              how often each tries, and where chance starts
 */
import {runFiles} from '../runner/run-files.ts'
import {dist, faultFiles, TRIES} from './fault-files.ts'

const FILE_LIMIT_MS = 300_000
/** Where RUNS asks for more. */
const LONG_LIMIT_MS = 24 * 3_600_000
const PREEMPTIONS = '3'

const {RUNS} = process.env
const names = faultFiles(process.argv.slice(2))
process.env['PREEMPTIONS'] ??= PREEMPTIONS
if (names.length === 0) console.log('no test file matches')
process.exitCode = await runFiles({
  dist,
  names,
  concurrency: 2,
  fileLimitMs: RUNS === undefined ? FILE_LIMIT_MS : LONG_LIMIT_MS,
  // everything that is no model says itself how often
  environmentOf: name => (TRIES.has(name) && RUNS === undefined ? {RUNS: String(TRIES.get(name))} : {}),
})
