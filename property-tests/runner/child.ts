/**
 * One test file in a process of its own, which leads a process group: the time limit, the end of the file and the
 * end of the runner each kill the whole group, so that a stuck broker or a grandchild never outlives its test.
 */
import {type ChildProcess, spawn} from 'node:child_process'
import type {Ending} from './verdict.ts'

/** Only the end of a longer output is kept: a test that prints in a loop must not fill the runner's memory. */
const OUTPUT_CHARS_MAX = 1 << 20

const PIPES_GRACE_MS = 1_000
/** With source maps Node.js 20 may wait for good, at its end, for code that another thread is compiling. */
const FLAGS = ['--enable-source-maps', '--no-concurrent-recompilation']

const running = new Set<ChildProcess>()

export interface Outcome {
  readonly output: string
  readonly ending: Ending
  readonly elapsedMs: number
}

/** `extra` is added to its environment. */
export function runChild(path: string, limitMs: number, extra: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  const startMs = performance.now()
  const child = spawn(process.execPath, [...FLAGS, path], {
    detached: true,
    env: {...environment(), ...extra},
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.add(child)
  let output = ''
  let timedOut = false
  const collect = (text: string) => {
    output = (output + text).slice(-OUTPUT_CHARS_MAX)
  }
  child.stdout.setEncoding('utf8').on('data', collect)
  child.stderr.setEncoding('utf8').on('data', collect)
  const timer = setTimeout(() => {
    timedOut = true
    killGroup(child)
  }, limitMs)

  return new Promise(resolve => {
    child.on('error', error => collect(`${error}\n`))
    // 'close' waits for the pipes: whoever inherited them dies first, or, if out of our reach, is not heard further
    child.on('exit', () => {
      killGroup(child)
      setTimeout(() => [child.stdout, child.stderr].map(pipe => pipe.destroy()), PIPES_GRACE_MS).unref()
    })
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      running.delete(child)
      resolve({output, ending: {code, signal, timedOut}, elapsedMs: performance.now() - startMs})
    })
  })
}

/** For the runner's own end: an interrupt reaches the runner only, since every child leads its own group. */
export function killAll(): void {
  for (const child of running) killGroup(child)
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    child.kill('SIGKILL') // no such group: all of it is gone, or this system has none
  }
}

/** Children print plain text, whatever we print: their output is parsed, and tests compare what their children print. */
function environment(): NodeJS.ProcessEnv {
  const {FORCE_COLOR: _, ...rest} = process.env
  return {...rest, NO_COLOR: '1'}
}
