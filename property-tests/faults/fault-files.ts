/** The files of npm run test:faults and npm run test:nightly. */
import {readdirSync} from 'node:fs'
import {fileURLToPath} from 'node:url'
import {LEFT_TO_FAULTS} from '../runner/left-to-faults.ts'
import {sourceName} from '../runner/run-files.ts'

export const dist = fileURLToPath(new URL('../../', import.meta.url))

/** What `npm test` has time for a part of only, and how often each of them tries here. */
const MODELS: ReadonlyMap<string, number> = new Map([
  ['property-tests/brokers/groups.test.js', 100],
  ['property-tests/cluster-simulation.test.js', 2000],
  ['property-tests/codec-differential.test.js', 5000],
  ['property-tests/compaction.test.js', 100],
  ['property-tests/ensemble.test.js', 5000],
  ['property-tests/fetch-sessions.test.js', 5000],
  ['property-tests/groups.test.js', 5000],
  ['property-tests/history/check-by-log.test.js', 2000],
  ['property-tests/log-model.test.js', 5000],
  ['property-tests/producers.test.js', 5000],
  ['property-tests/recovery.test.js', 1],
  ['property-tests/replicated-logs.test.js', 5000],
  ['property-tests/wire/codec.test.js', 100],
])

/** How often what has no count of its own tries. */
export const TRIES: ReadonlyMap<string, number> = new Map([...LEFT_TO_FAULTS, ...MODELS])

/** Compiled tests whose source has one of the words in its name; all where there is no word. */
export function faultFiles(words: readonly string[]): string[] {
  const faults = readdirSync(`${dist}/property-tests/faults`)
    .filter(name => name.endsWith('.test.js'))
    .map(name => `property-tests/faults/${name}`)
  const names = [...faults, ...TRIES.keys()].sort()
  return names.filter(name => words.length === 0 || words.some(word => sourceName(name).includes(word)))
}
