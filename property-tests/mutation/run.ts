/**
 * npm run test:mutants: how much the tests notice. Each operator, condition, constant and call of the pure core is made another one, one at
 * a time; the tests beside the module and the cheap properties run on that, as far as they run that very code, until one is red. What none of
 * them notices is listed. What cannot be noticed stands in equivalent.ts, with the reason, and counts for nothing.
 *
 *   npm run test:mutants -- engine/log/recovery      modules whose name contains one of the words
 *   SAMPLE=200 SEED=7                                so many mutants, by chance
 *   MINUTES=5                                        no new one after that
 *   SCORE=90                                         fails where fewer than so many percent are noticed
 */
import fs from 'node:fs'
import {availableParallelism} from 'node:os'
import path from 'node:path'
import {fileURLToPath} from 'node:url'
import {tempDir} from '../door/temp-dir.ts'
import {Chance} from '../faults/chance.ts'
import {goneFrom, isEquivalent} from './equivalent.ts'
import {Host} from './host.ts'
import {type Measured, measured} from './measured.ts'
import {type Mutation, mutated, mutationsOf} from './mutations.ts'
import {plusMinus} from './plus-minus.ts'
import {testsOf} from './rooms.ts'

/** Whatever takes so much longer than without a mutant does not end; all of it is processor time. */
const SLOWER = 10
const SLOWER_MS = 500
/** Without a mutant what was red with one must be green: so often it is asked whether a mutant left something behind. */
const CONTROL_EVERY = 25

interface Mutant {
  readonly module: string
  readonly source: string
  readonly mutation: Mutation
}

const root = fileURLToPath(new URL('../../../', import.meta.url))
const words = process.argv.slice(2)
const {SAMPLE, SEED = String(Date.now() % 1_000_000), MINUTES = '600', SCORE = '0'} = process.env
const startMs = performance.now()
const endMs = startMs + Number(MINUTES) * 60_000

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130))

// a copy, so that building and running do not disturb one another
const home = tempDir()
for (const name of ['dist', 'package.json']) fs.cpSync(path.join(root, name), path.join(home, name), {recursive: true})
fs.symlinkSync(path.join(root, 'node_modules'), path.join(home, 'node_modules'))
const dist = path.join(home, 'dist', '/')
const files = fs.readdirSync(dist, {recursive: true, encoding: 'utf8'}).map(name => name.replaceAll('\\', '/'))

const modules = files
  .filter(name => testsOf(name, files) !== undefined && name.endsWith('.js') && !name.endsWith('.test.js'))
  .filter(name => words.length === 0 || words.some(word => name.includes(word)))
  .sort()
const found: Mutant[] = modules.flatMap(module => {
  const source = fs.readFileSync(dist + module, 'utf8')
  return mutationsOf(source).map(mutation => ({module, source, mutation}))
})
const gone = goneFrom(found)
if (gone.length > 0) throw new Error(`equivalent.ts names what is not there:\n${gone.join('\n')}`)
const all = found.filter(({module, mutation}) => !isEquivalent(module, mutation))
const chosen = SAMPLE === undefined ? all : sample(all, Number(SAMPLE), new Chance(Number(SEED)))

function sample(from: readonly Mutant[], count: number, chance: Chance): Mutant[] {
  const left = [...from]
  const taken: Mutant[] = []
  while (taken.length < count && left.length > 0) taken.push(...left.splice(chance.below(left.length), 1))
  return taken
}

const hosts = Array.from({length: availableParallelism()}, () => new Host(home))
const trials = await measured(hosts, new Set(chosen.flatMap(({module}) => testsOf(module, files)!)), SEED)

for (const {trial, cpuMs} of [...trials].sort((a, b) => b.cpuMs - a.cpuMs).slice(0, 12))
  console.log(`${cpuMs} ms: ${trial.test} ${trial.only ?? ''}`)
const dearMs = trials.reduce((sum, {cpuMs}) => sum + cpuMs, 0)
console.log(
  `${trials.length} trials, all green, ${(dearMs / 1000).toFixed(1)} s of processor time together; ${minutesGone()} minutes`,
)

/** Which trials were red, and how often, for a mutant of this module. */
const reds = new Map<string, Map<Measured, number>>()

/** What may notice, the likeliest first: the tests beside the module, then what was red for its other mutants, then the cheapest. */
function trialsOf({module, mutation}: Mutant): Measured[] {
  const beside = module.replace(/\.js$/, '.test.js')
  const before = reds.get(module)
  const tests = testsOf(module, files)!
  const rank = (measured: Measured) =>
    measured.trial.test === beside ? Number.POSITIVE_INFINITY : (before?.get(measured) ?? 0)
  return trials
    .filter(({trial, reached}) => tests.includes(trial.test) && reached.has(module, mutation.start))
    .map(measured => ({measured, likely: rank(measured)}))
    .sort((a, b) => (a.likely === b.likely ? a.measured.cpuMs - b.measured.cpuMs : b.likely - a.likely))
    .map(({measured}) => measured)
}

function minutesGone(): string {
  return ((performance.now() - startMs) / 60_000).toFixed(1)
}

const survivors: Mutant[] = []
const unreached = new Set<Mutant>()
const ways = new Map<string, number>()
const queue = chosen.values()
let tried = 0

async function work(host: Host): Promise<void> {
  let last: Measured | undefined
  let mine = 0
  for (const mutant of queue) {
    if (performance.now() >= endMs) break
    last = (await whoNotices(host, mutant)) ?? last
    if (++tried % 50 === 0) console.log(`${tried} of ${chosen.length}, ${survivors.length} not noticed`)
    if (++mine % CONTROL_EVERY === 0 && last !== undefined) {
      const told = await host.ask({trial: last.trial, limitMs: limitOf(last)})
      if ('ended' in told || told.problem !== undefined)
        throw new Error(`red without a mutant: ${last.trial.test}\n${'ended' in told ? told.ended : told.problem}`)
    }
  }
  host.close()
}

async function whoNotices(host: Host, mutant: Mutant): Promise<Measured | undefined> {
  const {module, source, mutation} = mutant
  const changed = {module, text: mutated(source, mutation)}
  const asked = trialsOf(mutant)
  for (const measured of asked) {
    const told = await host.ask({trial: measured.trial, changed, limitMs: limitOf(measured)})
    if (!('ended' in told) && told.problem === undefined) continue
    const way = 'ended' in told ? told.ended : 'a test failed'
    ways.set(way, (ways.get(way) ?? 0) + 1)
    const before = reds.get(module) ?? new Map<Measured, number>()
    reds.set(module, before.set(measured, (before.get(measured) ?? 0) + 1))
    return measured
  }
  survivors.push(mutant)
  if (asked.length === 0) unreached.add(mutant)
  const nobody = asked.length === 0 ? ', nobody runs it' : ''
  console.log(`not noticed: ${module}:${mutation.line}${nobody}\n    ${mutation.before}\n    ${mutation.after}`)
  return undefined
}

function limitOf({cpuMs}: Measured): number {
  return SLOWER_MS + SLOWER * cpuMs
}

await Promise.all(hosts.map(work))

const byModule = new Map<string, number>()
for (const {module} of survivors) byModule.set(module, (byModule.get(module) ?? 0) + 1)
for (const [module, count] of [...byModule].sort(([a], [b]) => (a < b ? -1 : 1)))
  console.log(`${module}: ${count} not noticed`)
for (const [way, count] of ways) console.log(`${count} noticed: ${way}`)
const score = tried === 0 ? 0 : (100 * (tried - survivors.length)) / tried
console.log(
  `\n${tried} of ${all.length} mutants in ${modules.length} modules, seed ${SEED}, ${minutesGone()} minutes: ${tried - survivors.length} noticed, ${score.toFixed(1)} %${plusMinus(tried - survivors.length, tried, all.length)}; nobody runs ${unreached.size} of the others; ${found.length - all.length} are equivalent`,
)
if (score < Number(SCORE)) console.log(`that is below ${SCORE} %`)
process.exitCode = tried > 0 && score >= Number(SCORE) ? 0 : 1
