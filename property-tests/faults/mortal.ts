/** Runs the program that is meant to be killed, and listens to it until its last word. */
import {spawn} from 'node:child_process'
import {fileURLToPath} from 'node:url'

const PROGRAM = fileURLToPath(new URL('./mortal-program.js', import.meta.url))

export interface Mortal {
  readonly dir: string
  /** The name of its senders. */
  readonly life: string
  readonly rounds: number
  /** What runs it, with arguments of its own: strace. */
  readonly under?: readonly string[]
}

export interface Death {
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  readonly opened: boolean
  readonly closed: boolean
}

/** Runs it to its end, which `kill` may bring about once it has started or has opened the log. `note` gets each line it says. */
export async function live(
  {dir, life, rounds, under = []}: Mortal,
  note: (line: string) => void,
  kill?: {after: 'start' | 'open'; delayMs: number},
): Promise<Death> {
  const [command, ...args] = [...under, process.execPath, PROGRAM, dir, life, String(rounds)]
  const child = spawn(command!, args, {stdio: ['ignore', 'pipe', 'inherit']})
  const killSoon = (after: string): void => {
    if (kill?.after === after) setTimeout(() => child.kill('SIGKILL'), kill.delayMs)
  }
  child.once('spawn', () => killSoon('start'))
  const words = new Set<string>()
  let rest = ''
  child.stdout!.setEncoding('utf8').on('data', text => {
    const lines = (rest + text).split('\n')
    rest = lines.pop()!
    for (const line of lines) {
      note(line)
      if (line === 'open') killSoon('open')
      if (line === 'open' || line === 'closed') words.add(line)
    }
  })
  const [status, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (...ending) => resolve(ending))
  })
  return {status, signal, opened: words.has('open'), closed: words.has('closed')}
}
