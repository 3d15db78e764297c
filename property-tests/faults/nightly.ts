/**
 * npm run test:nightly: the tests of test:faults, again and again with other seeds and far more tries, for as long as there is time. A line
 * for each run; a run that is red prints the one command that shows it again, and the night goes on with the other files.
 *
 *   MINUTES=480                       how long; a run that has begun may go on a little
 *   SEED=7                            the first seed; each round takes the next one
 *   npm run test:nightly -- disk      files whose name contains one of the words
 */
import {join} from 'node:path'
import {killAll, runChild} from '../runner/child.ts'
import {paint} from '../runner/paint.ts'
import {sourceName} from '../runner/run-files.ts'
import {judge} from '../runner/verdict.ts'
import {dist, faultFiles} from './fault-files.ts'

/** Tries of one run, where a file's own count is too small for a night; the first word that a name contains counts. */
const TRIES: readonly (readonly [word: string, tries: number])[] = [
  ['kill-at-random', 500],
  ['kill-at-every-call', 1000],
  ['killed-replica', 500],
  ['full-disk', 100],
  ['cluster-deaths', 300],
  ['cluster-dirs', 100],
  ['cluster-stalls', 100],
  ['power-loss', 500_000],
  ['interrupted', 100_000],
  ['disk-errors', 50_000],
  ['wrong-bits', 1_000_000],
  ['cluster-simulation', 20_000],
  ['log-model', 50_000],
  ['producers', 100_000],
  ['replicated-logs', 100_000],
  ['schedules', 100_000],
]
/** They try everything there is, every time alike: once a night will do. */
const EXHAUSTIVE = /deaths|mutants/
const RUN_LIMIT_MS = 3_600_000
const LANES = 2

const {MINUTES = '480', SEED = String(Math.floor(Date.now() / 1000) % 1_000_000)} = process.env
const endMs = performance.now() + Number(MINUTES) * 60_000
const names = faultFiles(process.argv.slice(2))
const red: string[] = []
let runs = 0

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    killAll()
    process.exit(130)
  })
}

/** Every file of one round after the other, then those of the next one with another seed. */
function* rounds(): Generator<{name: string; seed: number}> {
  for (let round = 0; ; round++) {
    const wanted = names.filter(name => round === 0 || !EXHAUSTIVE.test(name))
    if (wanted.length === 0) return
    for (const name of wanted) yield {name, seed: Number(SEED) + round}
  }
}

async function runOne({name, seed}: {name: string; seed: number}): Promise<void> {
  const tries = TRIES.find(([word]) => name.includes(word))?.[1]
  const extra = {SEED: String(seed), ...(tries === undefined ? {} : {RUNS: String(tries)})}
  const {output, ending, elapsedMs} = await runChild(join(dist, name), RUN_LIMIT_MS, extra)
  const {failed, skipped, trouble} = judge(output, ending)
  const left = Math.max(0, Math.ceil((endMs - performance.now()) / 60_000))
  const word = failed > 0 ? paint.red('FAIL') : paint.green('ok  ')
  const what = `${sourceName(name)} ${Object.entries(extra)
    .map(pair => pair.join('='))
    .join(' ')}`
  console.log(
    `${word}  ${what}${skipped > 0 ? `, ${skipped} skipped` : ''}: ${Math.round(elapsedMs / 1000)} s, ${left} min left`,
  )
  runs++
  if (failed === 0) return
  const variables = Object.entries(extra).map(pair => pair.join('='))
  const command = `${variables.join(' ')} npm run test:faults -- ${sourceName(name)}`
  red.push(command)
  console.log(
    [...output.split('\n').map(line => `    | ${line}`.trimEnd()), trouble ?? '', `again: ${command}`].join('\n'),
  )
}

const queue = rounds()
const drain = async (): Promise<void> => {
  for (const run of queue) {
    if (performance.now() >= endMs) return
    await runOne(run)
  }
}
await Promise.all(Array.from({length: LANES}, drain))

for (const command of new Set(red)) console.log(`red: ${command}`)
console.log(`\n${runs - red.length} passed, ${red.length} failed, from seed ${SEED}`)
process.exitCode = red.length > 0 || runs === 0 ? 1 : 0
