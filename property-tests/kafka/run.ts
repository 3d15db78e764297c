/**
 * npm run test:kafka: what real Kafka says of our files. Apart from `npm test`, because it takes Java, and Maven once.
 *
 *   npm run test:kafka                 all
 *   npm run test:kafka -- our-logs     files whose name contains one of the words
 */
import {readdirSync} from 'node:fs'
import {fileURLToPath} from 'node:url'
import {runFiles, sourceName} from '../runner/run-files.ts'
import {kafkaJars} from './kafka-jars.ts'

const FILE_LIMIT_MS = 120_000

const dist = fileURLToPath(new URL('../../', import.meta.url))
const words = process.argv.slice(2)
const names = readdirSync(`${dist}/property-tests/kafka`)
  .filter(name => name.endsWith('.test.js'))
  .filter(name => words.length === 0 || words.some(word => sourceName(name).includes(word)))
  .map(name => `property-tests/kafka/${name}`)
  .sort()

const jars = await kafkaJars()
if ('missing' in jars) {
  // these checks block a release: only a machine that has no Java or no Maven may pass them over
  const {missing, excused} = jars
  console.log(`${excused ? 'skipped' : 'FAIL'}  real Kafka is not to be had: ${missing}`)
  console.log(
    excused ? `\n0 passed, 0 failed, ${names.length} skipped` : `\n0 passed, ${names.length} failed, 0 skipped`,
  )
  process.exitCode = excused ? 0 : 1
} else {
  if (names.length === 0) console.log('no test file matches')
  process.exitCode = await runFiles({dist, names, concurrency: 2, fileLimitMs: FILE_LIMIT_MS})
}
