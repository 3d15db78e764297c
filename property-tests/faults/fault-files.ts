/** The files of npm run test:faults and npm run test:nightly. */
import {readdirSync} from 'node:fs'
import {fileURLToPath} from 'node:url'
import {sourceName} from '../runner/run-files.ts'

export const dist = fileURLToPath(new URL('../../', import.meta.url))

/** What `npm test` has time for a part of only: it runs longer here. */
export const MODELS = [
  'bench/bench.test.js',
  'property-tests/codec-differential.test.js',
  'property-tests/door/closing.test.js',
  'property-tests/door/owner.test.js',
  'property-tests/ensemble.test.js',
  'property-tests/interleavings/schedules.test.js',
  'property-tests/log-model.test.js',
  'property-tests/producers.test.js',
  'property-tests/replicated-logs.test.js',
]

/** Planted bugs, a thousand clusters for each, take longer than all the rest. */
const WHEN_ASKED_FOR = ['property-tests/faults/simulation-mutants.test.js']

/** Compiled tests whose source has one of the words in its name; nearly all where there is no word. */
export function faultFiles(words: readonly string[]): string[] {
  const faults = readdirSync(`${dist}/property-tests/faults`)
    .filter(name => name.endsWith('.test.js'))
    .map(name => `property-tests/faults/${name}`)
  const names = [...faults, ...MODELS].sort()
  if (words.length === 0) return names.filter(name => !WHEN_ASKED_FOR.includes(name))
  return names.filter(name => words.some(word => sourceName(name).includes(word)))
}
