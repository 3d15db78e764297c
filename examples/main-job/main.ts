/**
 * The main job: 300 000 real flights go through a cluster of three brokers and three coordinators, from two producer threads, while a third
 * thread reads along. Midway a broker and a coordinator are killed. Then the cluster is closed, reopened, read back and checked
 * against the data set. `--help` tells what can be set.
 */
import {existsSync, mkdtempSync, readdirSync, rmSync, statSync} from 'node:fs'
import {constants, tmpdir} from 'node:os'
import {join, resolve} from 'node:path'
import {OdradekError} from 'odradek'
import {Board} from './board.ts'
import {monotonicMs} from './clock.ts'
import {HELP, parseOptions, UsageError} from './options.ts'
import {count} from './picture.ts'
import {BROKERS, PARTITIONS, REPLICAS} from './plan.ts'
import {checkReport, report} from './report.ts'
import {run} from './run.ts'
import {Show} from './show.ts'

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  console.error(error instanceof UsageError || error instanceof OdradekError ? error.message : error)
  process.exitCode = error instanceof UsageError ? 2 : 1
}

async function main(args: readonly string[]): Promise<0 | 1> {
  const options = parseOptions(args)
  if (options === undefined) {
    process.stdout.write(HELP)
    return 0
  }
  const startMs = monotonicMs()
  const dir = options.dir === undefined ? temporaryDirectory() : emptyDirectory(resolve(options.dir))
  const board = new Board()
  const title = `${count(options.records)} flights, ${PARTITIONS} partitions × ${REPLICAS} replicas, ${BROKERS} brokers`
  const show = new Show(title, board)
  let found: Awaited<ReturnType<typeof run>>
  try {
    found = await run(dir, options, show, board)
  } finally {
    show.end()
  }
  const {facts, checks} = found
  console.log(`\n${report(facts)}\n\n${checkReport(checks)}`)
  const where = options.dir === undefined ? `was in ${tmpdir()} and is removed now; --dir keeps it` : `is in ${dir}`
  console.log(`The cluster ${where}. All of it took ${((monotonicMs() - startMs) / 1000).toFixed(1)} s.`)
  return checks.every(({problem}) => problem === undefined) ? 0 : 1
}

function emptyDirectory(dir: string): string {
  if (existsSync(dir) && statSync(dir).isDirectory() && readdirSync(dir).length > 0)
    throw new UsageError(`${dir} is not empty; name a new directory`)
  return dir
}

/** Removed when the process ends, also when it is interrupted. */
function temporaryDirectory(): string {
  const dir = mkdtempSync(join(tmpdir(), 'odradek-flights-'))
  process.once('exit', () => rmSync(dir, {recursive: true, force: true, maxRetries: 3}))
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => process.exit(128 + constants.signals[signal]))
  return dir
}
