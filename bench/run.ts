/** `npm run bench`: asks the cases that are named, one after the other, and shows what came out. */
import fs from 'node:fs'
import path from 'node:path'
import {CASES} from './cases.ts'
import {benchmarksPage} from './harness/benchmarks-page.ts'
import type {Case} from './harness/case.ts'
import {type Command, parseCommand, UsageError, usage} from './harness/command-line.ts'
import {endJob, JobFailed, runJob} from './harness/job.ts'
import {describeMachine, ROOT} from './harness/machine.ts'
import type {Result} from './harness/measure.ts'
import {OTHERS_CORES_MAX} from './harness/quiet.ts'
import {type Row, toJson} from './harness/row.ts'
import {tableText, yardsticksText} from './harness/table.ts'

process.exitCode = await main(process.argv.slice(2))

async function main(args: readonly string[]): Promise<0 | 1 | 2> {
  try {
    const command = parseCommand(args, CASES)
    if (command.help) console.log(usage(CASES))
    else await runAll(command)
    return 0
  } catch (error) {
    if (error instanceof UsageError) {
      console.error(`${error.message}\n--help tells what there is`)
      return 2
    }
    console.error(error instanceof JobFailed ? error.message : error)
    return 1
  }
}

async function runAll(command: Command): Promise<void> {
  const dir = scratchDir(command.dir)
  try {
    const yardsticks = command.json ? [] : await measureYardsticks(command, dir)
    const rows: Row[] = []
    let others = 0
    for (const one of command.cases) {
      const done = await measureCase(one, {command, dir, yardsticks})
      others = Math.max(others, done.others)
      rows.push(...done.rows)
      console.log(command.json ? done.rows.map(toJson).join('\n') : `\n${tableText(one, done.rows)}`)
    }
    if (!command.write) return
    const page = benchmarksPage({
      cases: CASES,
      rows,
      yardsticks,
      scale: command.scale,
      machine: describeMachine(dir),
      others,
      date: new Date(),
    })
    fs.writeFileSync(new URL('BENCHMARKS.md', ROOT), page)
    console.error('BENCHMARKS.md is written')
  } finally {
    fs.rmSync(dir, {recursive: true, force: true})
  }
}

async function measureYardsticks({scale}: Command, dir: string): Promise<readonly Result[]> {
  const {yardsticks} = await runJob({case: undefined, scale, dir, yardsticks: []}, () => {})
  console.log(yardsticksText(yardsticks).trimEnd())
  return yardsticks
}

async function measureCase(
  {name}: Case,
  {command, dir, yardsticks}: {command: Command; dir: string; yardsticks: readonly Result[]},
) {
  const startMs = performance.now()
  const say = (text: string) => console.error(`${name}: ${text}`)
  try {
    const done = await runJob({case: name, scale: command.scale, dir, yardsticks}, say)
    say(`${((performance.now() - startMs) / 1000).toFixed(1)} s`)
    if (done.others > OTHERS_CORES_MAX)
      say(`other programs kept ${done.others.toFixed(1)} cores busy meanwhile; the numbers are too low`)
    return done
  } catch (error) {
    if (error instanceof JobFailed) error.message = `${name}: ${error.message}`
    throw error
  }
}

/** A directory of this run's own, gone at its end, however that comes. */
function scratchDir(parent: string): string {
  let dir: string
  try {
    dir = fs.mkdtempSync(path.join(parent, 'odradek-bench-'))
  } catch (error) {
    throw new UsageError(`--dir ${parent} cannot be written to: ${(error as Error).message}`)
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      endJob()
      fs.rmSync(dir, {recursive: true, force: true})
      process.exit(130)
    })
  }
  return dir
}
