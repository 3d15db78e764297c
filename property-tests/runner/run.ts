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
import {LEFT_TO_FAULTS} from './left-to-faults.ts'
import {runFiles, sourceName} from './run-files.ts'

const FILE_LIMIT_MS = 60_000
/** Slow suites with a runner and an npm script of their own: test:faults, test:kafka, test:reach. */
const APART = /^property-tests\/(faults|kafka|reach)\//

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
    .filter(name => name.endsWith('.test.js') && !APART.test(name) && !LEFT_TO_FAULTS.has(name))
    .filter(name => words.length === 0 || words.some(word => sourceName(name).includes(word)))
    .sort()
  if (names.length === 0) console.log('no test file matches')
  const concurrency = args.includes('--serial') ? 1 : availableParallelism() + 1
  process.exitCode = await runFiles({dist, names, concurrency, fileLimitMs: FILE_LIMIT_MS})
}
