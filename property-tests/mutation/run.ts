/**
 * npm run test:mutants: how much the tests notice. Each operator, condition, constant and call of the pure core is made another one, one at
 * a time; the tests beside the module and the cheap properties run on that, until one is red. What none of them notices is listed. Not all of
 * that could be noticed: where a quick way refuses, a slower one finds the same.
 *
 *   npm run test:mutants -- engine/log/recovery      modules whose name contains one of the words
 *   SAMPLE=200 SEED=7                                so many mutants, by chance
 *   MINUTES=5                                        no new one after that
 *   SCORE=90                                         fails where fewer than so many percent are noticed
 */
import fs from 'node:fs'
import {fileURLToPath} from 'node:url'
import {Chance} from '../faults/chance.ts'
import {killAll} from '../runner/child.ts'
import {type Mutation, mutated, mutationsOf} from './mutations.ts'
import {Sandbox} from './sandbox.ts'

const dist = fileURLToPath(new URL('../../', import.meta.url))
/** What looks at all of it from above, with few histories, the cheapest first. */
const ON_LOGS = ['producers', 'look-ups', 'log-model', 'recovery'].map(name => `property-tests/${name}.test.js`)
const ON_REPLICAS = ['replication', 'replicated-logs', 'brokers/', 'cluster-simulation'].flatMap(testsNamed)
const ROOMS: ReadonlyMap<string, readonly string[]> = new Map([
  ['bytes', ON_LOGS],
  ['record', ON_LOGS],
  ['memory', ON_LOGS],
  ['log', ON_LOGS],
  ['view', []],
  ['replica', ON_REPLICAS],
  ['cluster', ON_REPLICAS],
])
const HISTORIES = '150'
const CLUSTERS = '20'
/** Whatever takes so much longer than without a mutant does not end. */
const SLOWER = 5
const SLOWER_MS = 3000
const UNCHANGED_LIMIT_MS = 120_000
const LANES = 2

interface Mutant {
  readonly module: string
  readonly source: string
  readonly mutation: Mutation
}

const words = process.argv.slice(2)
const {SAMPLE, SEED = String(Date.now() % 1_000_000), MINUTES = '600', SCORE = '0'} = process.env
const endMs = performance.now() + Number(MINUTES) * 60_000

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    killAll()
    process.exit(130)
  })
}

const modules = fs
  .readdirSync(dist, {recursive: true, encoding: 'utf8'})
  .map(name => name.replaceAll('\\', '/'))
  .filter(name => ROOMS.has(roomOf(name) ?? '') && name.endsWith('.js') && !name.endsWith('.test.js'))
  .filter(name => words.length === 0 || words.some(word => name.includes(word)))
  .sort()
const all: Mutant[] = modules.flatMap(module => {
  const source = fs.readFileSync(dist + module, 'utf8')
  return mutationsOf(source).map(mutation => ({module, source, mutation}))
})
const chosen = SAMPLE === undefined ? all : sample(all, Number(SAMPLE), new Chance(Number(SEED)))

function sample(from: readonly Mutant[], count: number, chance: Chance): Mutant[] {
  const left = [...from]
  const taken: Mutant[] = []
  while (taken.length < count && left.length > 0) taken.push(...left.splice(chance.below(left.length), 1))
  return taken
}

function roomOf(module: string): string | undefined {
  return /^engine\/(\w+)\/[^/]+$/.exec(module)?.[1]
}

function testsNamed(prefix: string): string[] {
  return fs
    .readdirSync(`${dist}property-tests`, {recursive: true, encoding: 'utf8'})
    .map(name => `property-tests/${name.replaceAll('\\', '/')}`)
    .filter(name => name.startsWith(`property-tests/${prefix}`) && name.endsWith('.test.js'))
    .sort()
}

/** What may notice, the likeliest first: the tests beside the module, those of its room, each in one process, then the properties. */
function trialsOf(module: string): (readonly string[])[] {
  const beside = module.replace(/\.js$/, '.test.js')
  const room = module.slice(0, module.lastIndexOf('/') + 1)
  const others = fs
    .readdirSync(dist + room)
    .map(name => room + name)
    .filter(name => name.endsWith('.test.js') && name !== beside)
  const above = ROOMS.get(roomOf(module)!)!.map(name => [name])
  return [...(fs.existsSync(dist + beside) ? [[beside]] : []), ...(others.length > 0 ? [others] : []), ...above]
}

const tookMs = new Map<string, number>()

/** Tests that are red on what was not changed would notice everything. How long the others take tells how long to wait for them. */
async function redWithoutMutants(): Promise<string[]> {
  const sandbox = new Sandbox()
  const red: string[] = []
  const trials = modules.flatMap(trialsOf)
  for (const test of new Set(trials.flat())) {
    const startMs = performance.now()
    if (await sandbox.isRed(test, UNCHANGED_LIMIT_MS, environmentOf(test))) red.push(test)
    tookMs.set(test, performance.now() - startMs)
  }
  // together, too: what one leaves must not be the other's fault
  for (const room of new Set(modules.map(roomOf))) {
    const tests = [...new Set(trials.flat())].filter(test => roomOf(test) === room)
    if (tests.length > 0 && (await isRed(sandbox, tests))) red.push(`all of engine/${room}`)
  }
  return red
}

const survivors: Mutant[] = []
const queue = chosen.values()
let tried = 0

async function work(): Promise<void> {
  const sandbox = new Sandbox()
  for (const mutant of queue) {
    if (performance.now() >= endMs) return
    const {module, source, mutation} = mutant
    sandbox.write(module, mutated(source, mutation))
    if (!(await isNoticed(sandbox, module))) {
      survivors.push(mutant)
      console.log(`not noticed: ${module}:${mutation.line}\n    ${mutation.before}\n    ${mutation.after}`)
    }
    sandbox.write(module, source)
    if (++tried % 50 === 0) console.log(`${tried} of ${chosen.length}, ${survivors.length} not noticed`)
  }
}

async function isNoticed(sandbox: Sandbox, module: string): Promise<boolean> {
  for (const tests of trialsOf(module)) if (await isRed(sandbox, tests)) return true
  return false
}

function isRed(sandbox: Sandbox, tests: readonly string[]): Promise<boolean> {
  const usuallyMs = tests.reduce((sum, test) => sum + tookMs.get(test)!, 0)
  return sandbox.isRed(tests, SLOWER_MS + SLOWER * usuallyMs, environmentOf(tests[0]!))
}

function environmentOf(test: string): NodeJS.ProcessEnv {
  if (test.startsWith('engine/')) return {}
  return test.includes('simulation') ? {RUNS: CLUSTERS, SEED: '1'} : {RUNS: HISTORIES, SEED}
}

const useless = await redWithoutMutants()
if (useless.length > 0) throw new Error(`red without a mutant: ${useless.join(' ')}`)
await Promise.all(Array.from({length: LANES}, work))

const byModule = new Map<string, number>()
for (const {module} of survivors) byModule.set(module, (byModule.get(module) ?? 0) + 1)
for (const [module, count] of byModule) console.log(`${module}: ${count} not noticed`)
const score = tried === 0 ? 0 : (100 * (tried - survivors.length)) / tried
console.log(
  `\n${tried} of ${all.length} mutants in ${modules.length} modules, seed ${SEED}: ${tried - survivors.length} noticed, ${score.toFixed(1)} %`,
)
if (score < Number(SCORE)) console.log(`that is below ${SCORE} %`)
process.exitCode = tried > 0 && score >= Number(SCORE) ? 0 : 1
