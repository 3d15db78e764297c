import {spawn} from 'node:child_process'
import {userEnv} from '../door/user-env.ts'

export interface Ended {
  /** 0 where all went well; not a number if the program was not found, was killed, or ran out of time. */
  readonly code: number
  /** What it wrote, to whichever stream. */
  readonly output: string
}

/** Runs a program to its end in `cwd`. Never throws for what the program does. */
export function command(
  program: string,
  args: readonly string[],
  options: {cwd: string; env?: Readonly<Record<string, string>>; limitMs?: number},
): Promise<Ended> {
  return new Promise(resolve => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: {...userEnv(), NO_COLOR: '1', ...options.env},
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: options.limitMs ?? 60_000,
      killSignal: 'SIGKILL',
    })
    let output = ''
    const collect = (text: string): void => {
      output += text
    }
    child.stdout.setEncoding('utf8').on('data', collect)
    child.stderr.setEncoding('utf8').on('data', collect)
    child.on('error', error => resolve({code: Number.NaN, output: `${output}${error.message}`}))
    child.on('close', (code, signal) => {
      if (signal !== null) output += `\n${program} was ended by ${signal}`
      resolve({code: code ?? Number.NaN, output})
    })
  })
}
