import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {fileURLToPath} from 'node:url'

interface ChildOptions {
  /** Node's own. */
  readonly flags?: readonly string[]
  /** How many files it may have open at a time. */
  readonly openFiles?: number
}

/** Runs a program of ours in a process of its own and gives what it printed, as JSON. Its errors go where ours go. */
export async function runChild(
  entry: URL,
  args: readonly string[],
  {flags = [], openFiles}: ChildOptions = {},
): Promise<unknown> {
  const command = [process.execPath, ...flags, fileURLToPath(entry), ...args]
  const [program, ...rest] =
    openFiles === undefined ? command : ['/bin/sh', '-c', `ulimit -n ${openFiles} && exec "$@"`, 'sh', ...command]
  const child = spawn(program!, rest, {stdio: ['ignore', 'pipe', 'inherit']})
  let printed = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text))
  const [code, signal] = await once(child, 'close')
  if (code !== 0 && signal !== 'SIGKILL') throw new Error(`${entry.pathname} ended with ${code ?? signal}`)
  return printed === '' ? undefined : JSON.parse(printed)
}
