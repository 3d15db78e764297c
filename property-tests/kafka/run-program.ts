import {spawn} from 'node:child_process'

export interface Outcome {
  /** False where the machine has no such program. */
  readonly found: boolean
  /** Not a number if the program was not found, was killed, or ran out of time. */
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program to its end. Never throws for what the program does: a caller may want to skip rather than fail. */
export function runProgram(program: string, args: readonly string[], options: {timeoutMs: number}): Promise<Outcome> {
  return new Promise(resolve => {
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: options.timeoutMs,
      killSignal: 'SIGKILL',
    })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    child.on('error', (error: NodeJS.ErrnoException) =>
      resolve({found: error.code !== 'ENOENT', exitCode: Number.NaN, stdout, stderr: stderr + error.message}),
    )
    // 'close' and not 'exit': both streams must have been read to their end
    child.on('close', (code, signal) => {
      if (signal !== null) stderr += `\n${program} was ended by ${signal} (it may run ${options.timeoutMs} ms)`
      resolve({found: true, exitCode: code ?? Number.NaN, stdout, stderr})
    })
  })
}
