/**
 * The main job: 300 000 real flights go through a log from two producer threads while a third thread reads along; then the
 * log is closed, reopened, read back and checked against the data set. `--help` tells what can be set.
 */
import {mkdtempSync, rmSync} from 'node:fs'
import {constants, tmpdir} from 'node:os'
import {join, resolve} from 'node:path'
import {OdradekError} from 'odradek'
import {monotonicMs} from './clock.ts'
import {HELP, parseOptions, UsageError} from './options.ts'
import {Progress} from './progress.ts'
import {checkReport, report} from './report.ts'
import {run} from './run.ts'

const progress = new Progress(process.stdout)
try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  progress.end()
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
  const dir = options.dir === undefined ? temporaryDirectory() : resolve(options.dir)
  const {facts, checks} = await run(dir, options, progress)
  progress.end()
  console.log(`\n${report(facts)}\n\n${checkReport(checks)}`)
  const where = options.dir === undefined ? `was in ${tmpdir()} and is removed now; --dir keeps it` : `is in ${dir}`
  console.log(`The log ${where}. All of it took ${((monotonicMs() - startMs) / 1000).toFixed(1)} s.`)
  return checks.every(({problem}) => problem === undefined) ? 0 : 1
}

/** Removed when the process ends, also when it is interrupted. */
function temporaryDirectory(): string {
  const dir = mkdtempSync(join(tmpdir(), 'odradek-flights-'))
  process.once('exit', () => rmSync(dir, {recursive: true, force: true, maxRetries: 3}))
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => process.exit(128 + constants.signals[signal]))
  return dir
}
