/**
 * npm run test:faults: what takes longer than `npm test` may. Every death and every missing or misplaced atomic operation under
 * controlled schedules, then the models of the log and of shared memory again, with more histories.
 *
 *   npm run test:faults               all
 *   npm run test:faults -- mutants    files whose name contains one of the words
 *   RUNS=100000 SEED=7 …              histories of each model, and where they start
 */
import {readdirSync} from 'node:fs'
import {fileURLToPath} from 'node:url'
import {runFiles, sourceName} from '../runner/run-files.ts'

const FILE_LIMIT_MS = 300_000
const RUNS = '5000'
const PREEMPTIONS = '3'

const dist = fileURLToPath(new URL('../../', import.meta.url))
const words = process.argv.slice(2)
const faults = readdirSync(`${dist}/property-tests/faults`)
  .filter(name => name.endsWith('.test.js'))
  .map(name => `property-tests/faults/${name}`)
const models = ['property-tests/log-model.test.js', 'property-tests/interleavings/schedules.test.js']
const names = [...faults, ...models]
  .filter(name => words.length === 0 || words.some(word => sourceName(name).includes(word)))
  .sort()

process.env['RUNS'] ??= RUNS
process.env['PREEMPTIONS'] ??= PREEMPTIONS
if (names.length === 0) console.log('no test file matches')
process.exitCode = await runFiles({dist, names, concurrency: 2, fileLimitMs: FILE_LIMIT_MS})
