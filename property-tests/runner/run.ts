/**
 * npm test: every compiled test file, each in a process of its own, one more at a time than there are cores: many wait for something.
 *
 *   npm test                          all
 *   npm test -- engine/log varint     files whose name contains one of the words
 *   npm test -- --serial …            one at a time, when timing or output order matters
 */
import {readdirSync} from 'node:fs'
import {availableParallelism} from 'node:os'
import {fileURLToPath} from 'node:url'
import {runFiles, sourceName} from './run-files.ts'

const FILE_LIMIT_MS = 60_000
/** Slow suites with a runner and an npm script of their own: test:faults, test:kafka, test:reach; and what test:faults runs for it, with more tries. */
const APART =
  /^property-tests\/((faults|kafka|reach|litmus)\/|interleavings\/schedules|wire\/(clients|peers)\.|door\/(owner|closing|end-of-process)\.)/

const dist = fileURLToPath(new URL('../../', import.meta.url))
const args = process.argv.slice(2)
const words = args.filter(arg => !arg.startsWith('--'))
const unknown = args.find(arg => arg.startsWith('--') && arg !== '--serial')

if (unknown !== undefined) {
  console.error(`unknown option ${unknown}; known: --serial, and words to filter file names by`)
  process.exitCode = 1
} else {
  const names = readdirSync(dist, {recursive: true, encoding: 'utf8'})
    .map(name => name.replaceAll('\\', '/'))
    .filter(name => name.endsWith('.test.js') && !APART.test(name))
    .filter(name => words.length === 0 || words.some(word => sourceName(name).includes(word)))
    .sort()
  if (names.length === 0) console.log('no test file matches')
  const concurrency = args.includes('--serial') ? 1 : availableParallelism() + 1
  process.exitCode = await runFiles({dist, names, concurrency, fileLimitMs: FILE_LIMIT_MS})
}
