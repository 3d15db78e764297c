import {type ChildProcess, spawn} from 'node:child_process'
import {once} from 'node:events'
import {createInterface} from 'node:readline'
import {fileURLToPath} from 'node:url'

/** The JVM lives for seconds: compile little, collect simply. */
export const JVM_FLAGS = [
  ...['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xmx512m', '-Dfile.encoding=UTF-8'],
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=off',
]

/** A program of `java/`, compiled by the JVM that runs it. It answers each line of its input by a line of its output; both are JSON. */
export class JavaProgram {
  readonly #child: ChildProcess
  readonly #waiting: {told: (line: string) => void; failed: (error: Error) => void}[] = []
  #stderr = ''

  constructor(classPath: string, name: string) {
    const source = new URL(`property-tests/kafka/java/${name}.java`, import.meta.resolve('odradek/package.json'))
    // in the group of this process, so that whoever ends the test ends it, too
    const child = spawn('java', [...JVM_FLAGS, '-cp', classPath, fileURLToPath(source)])
    this.#child = child
    child.stderr.setEncoding('utf8').on('data', text => {
      this.#stderr += text
    })
    createInterface({input: child.stdout}).on('line', line => this.#waiting.shift()!.told(line))
    // 'close' and not 'exit': both streams must have been read to their end
    child.on('close', code => {
      const error = new Error(`${name}.java ended with ${code}: ${this.#stderr.slice(-4000)}`)
      for (const {failed} of this.#waiting.splice(0)) failed(error)
    })
    child.stdin.on('error', () => {})
  }

  /** Calls are answered in their order. */
  async call<Answer>(asked: object): Promise<Answer> {
    this.#child.stdin!.write(`${JSON.stringify(asked)}\n`)
    const line = await new Promise<string>((told, failed) => this.#waiting.push({told, failed}))
    return JSON.parse(line)
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'close')
    this.#child.kill('SIGKILL')
    await ended
  }
}
