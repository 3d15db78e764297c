import {type ChildProcess, spawn} from 'node:child_process'
import {fileURLToPath} from 'node:url'

const PROGRAMS = fileURLToPath(new URL('./programs.js', import.meta.url))

/** How a program ended, and what it printed. */
export interface Ending {
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly ms: number
}

/** Starts one of `programs.ts` in a process of its own. */
export function startProgram(name: string, args: readonly string[], flags: readonly string[] = []): ChildProcess {
  return spawn(process.execPath, [...flags, '--enable-source-maps', PROGRAMS, name, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
}

/** Runs one to its end, which must come by itself within `limitMs`. */
export async function runProgram(
  name: string,
  args: readonly string[],
  flags: readonly string[] = [],
  limitMs = 20_000,
): Promise<Ending> {
  const started = performance.now()
  const child = startProgram(name, args, flags)
  const timer = setTimeout(() => child.kill('SIGKILL'), limitMs)
  let stdout = ''
  child.stdout!.setEncoding('utf8').on('data', text => {
    stdout += text
  })
  const [status, signal] = await new Promise<[number | null, NodeJS.Signals | null]>(resolve =>
    child.once('close', (...ending) => resolve(ending)),
  )
  clearTimeout(timer)
  return {status, signal, stdout, ms: performance.now() - started}
}
