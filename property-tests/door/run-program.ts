import {type ChildProcess, spawn} from 'node:child_process'
import {fileURLToPath} from 'node:url'

export interface ProgramOptions {
  /** For Node. */
  readonly flags?: readonly string[]
  /** What it writes to stderr is expected. */
  readonly silent?: boolean
  /** As whom. */
  readonly uid?: number
  /** It must end by itself before that. */
  readonly limitMs?: number
  /** File the program is in, where it is not `programs`. */
  readonly file?: string
}

/** How a program ended, and what it printed. */
export interface Ending {
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly ms: number
}

/** Starts one of `programs.ts`, or of another file, in a process of its own. */
export function startProgram(name: string, args: readonly string[], options: ProgramOptions = {}): ChildProcess {
  const {flags = [], silent = false, uid, file = 'programs'} = options
  const programs = fileURLToPath(new URL(`./${file}.js`, import.meta.url))
  return spawn(process.execPath, [...flags, '--enable-source-maps', programs, name, ...args], {
    stdio: ['ignore', 'pipe', silent ? 'ignore' : 'inherit'],
    ...(uid === undefined ? {} : {uid}),
  })
}

/** Runs one to its end. */
export async function runProgram(name: string, args: readonly string[], options: ProgramOptions = {}): Promise<Ending> {
  const started = performance.now()
  const child = startProgram(name, args, options)
  const timer = setTimeout(() => child.kill('SIGKILL'), options.limitMs ?? 20_000)
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
