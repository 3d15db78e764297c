/**
 * Runs test files a few at a time, prints a line for each as it ends, and closes with the line that people and CI
 * read: `N passed, N failed, N skipped`, always the last.
 */
import {join} from 'node:path'
import {killAll, runChild} from './child.ts'
import {paint} from './paint.ts'
import {judge, type Verdict} from './verdict.ts'

export interface RunOptions {
  /** Folder that the names are relative to. */
  readonly dist: string
  /** Compiled test files. */
  readonly names: readonly string[]
  readonly concurrency: number
  readonly fileLimitMs: number
  /** What a file's process has in its environment besides ours. */
  readonly environmentOf?: (name: string) => NodeJS.ProcessEnv
}

const NAME_COLUMNS = 52
const COUNT_COLUMNS = 34

/** Returns the process's exit code: 0 only if something passed and nothing failed. */
export async function runFiles({dist, names, concurrency, fileLimitMs, environmentOf}: RunOptions): Promise<0 | 1> {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      killAll()
      process.exit(130)
    })
  }
  const sum = {passed: 0, failed: 0, skipped: 0}
  const failedNames: string[] = []
  const queue = names.values()

  const drain = async () => {
    for (const name of queue) {
      const {output, ending, elapsedMs} = await runChild(join(dist, name), fileLimitMs, environmentOf?.(name))
      const verdict = judge(output, ending)
      report(sourceName(name), verdict, output, elapsedMs)
      sum.passed += verdict.passed
      sum.failed += verdict.failed
      sum.skipped += verdict.skipped
      if (verdict.failed > 0) failedNames.push(sourceName(name))
    }
  }
  await Promise.all(Array.from({length: concurrency}, drain))

  if (failedNames.length > 0) console.log(`\nfailed: ${failedNames.sort().join(' ')}`)
  console.log(`\n${counts(sum)}`)
  return sum.failed === 0 && sum.passed > 0 ? 0 : 1
}

/** People know the source, not the compiled file. */
export function sourceName(name: string): string {
  return name.replace(/\.js$/, '.ts')
}

function report(name: string, verdict: Verdict, output: string, elapsedMs: number): void {
  const failed = verdict.failed > 0
  const took = `${elapsedMs.toFixed(0).padStart(6)} ms`
  const line = `${name.padEnd(NAME_COLUMNS)} ${shortCounts(verdict).padEnd(COUNT_COLUMNS)} ${took}`
  const lines = [`${failed ? paint.red('FAIL') : paint.green('ok  ')}  ${line}`]
  for (const reason of verdict.reasons) lines.push(paint.yellow(`      skipped  ${reason}`))
  const silent = verdict.skipped - verdict.reasons.length
  if (silent > 0) lines.push(paint.yellow(`      skipped  ${silent} without a reason (see skip.ts)`))
  if (verdict.trouble !== undefined) lines.push(paint.red(`      ${verdict.trouble}`))
  if (failed) lines.push(...output.split('\n').map(text => `    | ${text}`.trimEnd()))
  console.log(lines.join('\n')) // one write: two files that end together must not mix their lines
}

function counts({passed, failed, skipped}: {passed: number; failed: number; skipped: number}): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`
}

function shortCounts(verdict: Verdict): string {
  return ['passed', 'failed', 'skipped']
    .map(word => [verdict[word as 'passed' | 'failed' | 'skipped'], word] as const)
    .filter(([count, word]) => count > 0 || word === 'passed')
    .map(([count, word]) => `${count} ${word}`)
    .join(', ')
}
