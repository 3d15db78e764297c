import {type ChildProcess, spawn} from 'node:child_process'
import os from 'node:os'
import {setTimeout as delay} from 'node:timers/promises'
import {fileURLToPath} from 'node:url'

const CLI = fileURLToPath(new URL('../../cli/odradek.js', import.meta.url))
const LIMIT_MS = 50_000

/** How a command ended, and what it printed. */
export interface Ending {
  /** As a shell tells it: 128 and a signal's number where that ended it. */
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

export interface CliOptions {
  readonly input?: string | Uint8Array
  /** As whom. */
  readonly uid?: number
  /** There is more to come, which never comes. */
  readonly inputGoesOn?: boolean
  /** Closes the pipe after the first piece of output, as `head` does. */
  readonly hangsUp?: boolean
}

/** Starts the real binary. */
export function startCli(args: readonly string[], options: CliOptions = {}): ChildProcess {
  const {uid} = options
  const child = spawn(process.execPath, [CLI, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(uid === undefined ? {} : {uid}),
  })
  // a command that refuses its arguments does not wait for its input
  child.stdin!.on('error', () => {})
  if (options.inputGoesOn) child.stdin!.write(options.input ?? '')
  else child.stdin!.end(options.input)
  child.stdout!.setEncoding('latin1')
  return child
}

/** Runs it to its end. */
export function runCli(args: readonly string[], options: CliOptions = {}): Promise<Ending> {
  return endOf(startCli(args, options), options)
}

/** What a command prints from now on until it ends. */
export async function endOf(child: ChildProcess, options: CliOptions = {}): Promise<Ending> {
  const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS)
  let stdout = ''
  let stderr = ''
  child.stdout!.on('data', text => {
    stdout += text
    if (options.hangsUp) child.stdout!.destroy()
  })
  child.stderr!.setEncoding('utf8').on('data', text => {
    stderr += text
  })
  const status = await new Promise<number>(resolve =>
    child.once('close', (code, signal) => resolve(code ?? 128 + os.constants.signals[signal!])),
  )
  clearTimeout(timer)
  return {status, stdout: Buffer.from(stdout, 'latin1').toString(), stderr}
}

/** From now on, waits until a command has printed so many lines, or has ended. */
export function linesShown(child: ChildProcess): (count: number) => Promise<void> {
  let shown = 0
  child.stdout!.on('data', (text: string) => {
    shown += text.split('\n').length - 1
  })
  return async count => {
    while (shown < count && child.exitCode === null && child.signalCode === null) await delay(5)
  }
}

/** The objects of JSON lines. */
export function objectsOf(stdout: string): Record<string, unknown>[] {
  return stdout
    .split('\n')
    .slice(0, -1)
    .map(line => JSON.parse(line))
}
