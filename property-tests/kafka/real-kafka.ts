import {type ChildProcess, spawn} from 'node:child_process'
import {once} from 'node:events'
import {rmSync, writeFileSync} from 'node:fs'
import {createServer} from 'node:net'
import {join} from 'node:path'
import {runProgram} from './run-program.ts'

/** The JVM lives for seconds: compile little, collect simply. */
const JVM_FLAGS = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xmx512m']
const LOGGING = [
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
  // tells when it is up
  '-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info',
]
const STARTED = 'Kafka Server started'
const START_MS_MAX = 60_000
const STOP_MS_MAX = 30_000
const TOOL_MS_MAX = 60_000

/** How a Kafka runs: flags of its JVM, and properties beside those of every one here. */
interface Manner {
  readonly jvmFlags?: readonly string[]
  readonly properties?: Readonly<Record<string, string>>
}

/**
 * A real Kafka of one node, broker and controller in one, in a directory of its own. What it logs below `log-dir` may be
 * looked at and changed while it is stopped.
 */
export class RealKafka {
  readonly logDir: string
  readonly address: string
  readonly #classPath: string
  readonly #properties: string
  readonly #jvmFlags: readonly string[]
  #process: ChildProcess | undefined
  #output = ''

  private constructor(
    classPath: string,
    dir: string,
    {ports, jvmFlags, properties: more}: {ports: {broker: number; controller: number}} & Required<Manner>,
  ) {
    this.#classPath = classPath
    this.#jvmFlags = jvmFlags
    this.logDir = join(dir, 'log-dir')
    this.address = `127.0.0.1:${ports.broker}`
    this.#properties = join(dir, 'broker.properties')
    const controller = `127.0.0.1:${ports.controller}`
    const listeners = `PLAINTEXT://${this.address},CONTROLLER://${controller}`
    const properties = {
      'process.roles': 'broker,controller',
      'node.id': '1',
      'controller.quorum.bootstrap.servers': controller,
      listeners,
      'advertised.listeners': listeners,
      'controller.listener.names': 'CONTROLLER',
      'inter.broker.listener.name': 'PLAINTEXT',
      'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
      'log.dirs': this.logDir,
      'offsets.topic.replication.factor': '1',
      // nothing that was written long ago may go while we look at it
      'log.retention.ms': '-1',
      ...more,
    }
    const lines = Object.entries(properties).map(([name, value]) => `${name}=${value}\n`)
    writeFileSync(this.#properties, lines.join(''))
  }

  /** A new one, not started yet. By default its JVM is one for seconds; a bench wants it as Java makes it. */
  static async format(
    classPath: string,
    dir: string,
    {jvmFlags = JVM_FLAGS, properties = {}}: Manner = {},
  ): Promise<RealKafka> {
    const [broker, controller] = await freePorts(2)
    const kafka = new RealKafka(classPath, dir, {
      ports: {broker: broker!, controller: controller!},
      jvmFlags,
      properties,
    })
    const format = ['format', '--standalone', '-t', 'AAAAAAAAAAAAAAAAAAAAAQ', '-c', kafka.#properties]
    await kafka.tool('kafka.tools.StorageTool', format)
    return kafka
  }

  /** Of the process that runs. */
  get pid(): number {
    return this.#process!.pid!
  }

  /** What the broker said since it was started last: warnings and errors. */
  get output(): string {
    return this.#output
  }

  async start(): Promise<void> {
    const args = [...this.#jvmFlags, ...LOGGING, '-cp', this.#classPath, 'kafka.Kafka', this.#properties]
    // in the group of this process, so that whoever ends the test ends it, too
    const child = spawn('java', args, {stdio: ['ignore', 'pipe', 'pipe']})
    this.#process = child
    this.#output = ''
    await new Promise<void>((resolve, reject) => {
      const fail = (why: string) => reject(new Error(`Kafka ${why}\n${this.#output.slice(-4000)}`))
      const timer = setTimeout(() => fail(`is not up after ${START_MS_MAX} ms`), START_MS_MAX)
      const hear = (text: string) => {
        this.#output += text
        if (this.#output.includes(STARTED)) resolve()
      }
      child.stdout.setEncoding('utf8').on('data', hear)
      child.stderr.setEncoding('utf8').on('data', hear)
      child.once('exit', code => fail(`ended with ${code} before it was up`))
      child.once('exit', () => clearTimeout(timer))
    })
  }

  /** Ends it in good order, or with SIGKILL, which leaves no marker of a clean shutdown. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const child = this.#process
    if (child === undefined) return
    this.#process = undefined
    const ended = once(child, 'exit')
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX)
    child.kill(signal)
    await ended
    clearTimeout(timer)
  }

  /** Runs one of Kafka's programs and returns what it printed. */
  async tool(main: string, args: readonly string[]): Promise<string> {
    const quiet = '-Dorg.slf4j.simpleLogger.defaultLogLevel=error'
    const {exitCode, stdout, stderr} = await runProgram(
      'java',
      [...JVM_FLAGS, '-Dfile.encoding=UTF-8', quiet, '-cp', this.#classPath, main, ...args],
      {timeoutMs: TOOL_MS_MAX},
    )
    if (exitCode !== 0) throw new Error(`${main} ended with ${exitCode}: ${stderr.slice(-2000)}${stdout.slice(-2000)}`)
    return stdout
  }

  /** Takes the word of its last stop away: the next start checks every log in full. */
  forgetCleanShutdown(): void {
    rmSync(join(this.logDir, '.kafka_cleanshutdown'), {force: true})
    rmSync(join(this.logDir, 'recovery-point-offset-checkpoint'), {force: true})
  }
}

/** Ports that were free a moment ago, all different. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({length: count}, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map(server => once(server, 'listening')))
  const ports = servers.map(server => (server.address() as {port: number}).port)
  await Promise.all(servers.map(server => once(server.close(), 'close')))
  return ports
}
