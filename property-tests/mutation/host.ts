/** Asks a process of its own, and starts another one where that has ended. */
import {type ChildProcess, fork} from 'node:child_process'
import {fileURLToPath} from 'node:url'
import {type Answer, ENDS, type Question} from './trial.ts'

const PROGRAM = fileURLToPath(new URL('./host-program.js', import.meta.url))
/** Modules of one's own are behind a flag, and so is asking for a collection; code whose coverage is counted must not be thrown away. */
const FLAGS = [
  '--experimental-vm-modules',
  '--no-warnings',
  '--expose-gc',
  '--no-flush-bytecode',
  '--max-old-space-size=1024',
]
/** Above it, what ended trials left behind goes with the process. */
const MEMORY_BYTES = 2 ** 30

/** How a trial ended that gave no answer. */
export interface Ended {
  readonly ended: string
}

const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

export class Host {
  readonly #home: string
  #child: ChildProcess | undefined

  constructor(home: string) {
    this.#home = home
  }

  async ask(question: Question): Promise<Answer | Ended> {
    const child = (this.#child ??= await start(this.#home))
    const told = await new Promise<Answer | Ended>(resolve => {
      const ended = (code: number | null, signal: NodeJS.Signals | null) => {
        running.delete(child)
        this.#child = undefined
        resolve({ended: ENDS[signal as keyof typeof ENDS] ?? `ended by ${signal ?? `exit code ${code}`}`})
      }
      child.once('exit', ended)
      child.once('message', message => {
        child.off('exit', ended)
        resolve(message as Answer)
      })
      child.send(question)
    })
    if ('memoryBytes' in told && told.memoryBytes > MEMORY_BYTES) this.close()
    return told
  }

  close(): void {
    if (this.#child === undefined) return
    running.delete(this.#child)
    this.#child.kill('SIGKILL')
    this.#child = undefined
  }
}

async function start(home: string): Promise<ChildProcess> {
  const child = fork(PROGRAM, [home], {execArgv: FLAGS, stdio: ['ignore', 'ignore', 'ignore', 'ipc']})
  running.add(child)
  await new Promise((resolve, reject) => {
    child.once('message', resolve)
    child.once('exit', code => reject(new Error(`a host did not start: exit code ${code}`)))
  })
  child.removeAllListeners('exit')
  return child
}
