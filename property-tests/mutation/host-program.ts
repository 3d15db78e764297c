/** A process that runs one trial after the other, in modules of their own: it starts once, and not for each mutant. */
import inspector from 'node:inspector'
import path from 'node:path'
import {fileURLToPath, pathToFileURL} from 'node:url'
import {Worker} from 'node:worker_threads'
import fc from 'fast-check'
import {FreshModules} from './fresh-modules.ts'
import {GatheredTests} from './gathered-tests.ts'
import type {Answer, ModuleRanges, Question} from './trial.ts'
import {LIMIT_MS, TRIAL, WORDS} from './watchdog.ts'

const dist = pathToFileURL(path.join(process.argv[2]!, 'dist', '/')).href
const words = new Int32Array(new SharedArrayBuffer(4 * (WORDS + 1)))
const url = new URL('./watchdog.js', import.meta.url)
new Worker(fileURLToPath(url), {workerData: words}).unref()
const coverage = new inspector.Session()
coverage.connect()

// a failure is enough: nobody reads the smallest one
fc.configureGlobal({endOnFailure: true})
console.log = () => {}
console.error = () => {}

let trials = 0
let late: unknown
const isLate = (reason: unknown) => {
  late ??= reason
}
process.on('unhandledRejection', isLate).on('uncaughtException', isLate)
process.on('disconnect', () => process.exit())
process.on('message', question => void answer(question as Question).then(told => process.send!(told)))

async function answer({trial, changed, limitMs, covers = false}: Question): Promise<Answer> {
  const gathered = new GatheredTests()
  const modules = new FreshModules(dist, changed, gathered)
  const before = process.cpuUsage()
  late = undefined
  Atomics.store(words, LIMIT_MS, limitMs)
  Atomics.store(words, TRIAL, ++trials)
  Object.assign(process.env, trial.environment)
  if (covers) post('Profiler.startPreciseCoverage', {callCount: true, detailed: true})
  let problem: unknown
  try {
    await modules.evaluate(trial.test)
    problem = await gathered.firstProblem(trial.only)
  } catch (error) {
    problem = error
  }
  // what nobody waited for
  await new Promise(setImmediate)
  problem ??= late
  Atomics.store(words, TRIAL, 0)
  for (const name of Object.keys(trial.environment)) delete process.env[name]
  const {user, system} = process.cpuUsage(before)
  if (process.memoryUsage.rss() > 2 ** 29) globalThis.gc?.()
  return {
    ...(problem === undefined ? {} : {problem: said(problem)}),
    ranges: covers ? ranges() : [],
    tests: gathered.count,
    cpuMs: Math.ceil((user + system) / 1000),
    memoryBytes: process.memoryUsage.rss(),
  }
}

function said(problem: unknown): string {
  return problem instanceof Error ? `${problem.message}\n${problem.stack}` : String(problem)
}

function ranges(): ModuleRanges[] {
  let taken: ModuleRanges[] = []
  coverage.post('Profiler.takePreciseCoverage', (error, report) => {
    if (error !== null) throw error
    taken = report.result
      .filter(script => script.url.startsWith(`${dist}engine/`) && !script.url.endsWith('.test.js'))
      .map(script => ({
        module: script.url.slice(dist.length),
        ranges: script.functions.flatMap(called =>
          called.ranges.map(range => [range.startOffset, range.endOffset, range.count > 0] as const),
        ),
      }))
  })
  post('Profiler.stopPreciseCoverage')
  return taken
}

function post(
  method: 'Profiler.enable' | 'Profiler.startPreciseCoverage' | 'Profiler.stopPreciseCoverage',
  what = {},
): void {
  coverage.post(method, what)
}

post('Profiler.enable')
process.send!('ready')
