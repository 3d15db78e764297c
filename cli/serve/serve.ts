import {OdradekError} from '../../engine/errors.ts'
import {type Cluster, type ClusterOptions, openCluster} from '../../index.ts'
import {EXIT, Failure, UsageError} from '../failure.ts'
import {type Interrupt, onInterrupt} from '../interrupt.ts'
import {Output} from '../output.ts'
import {paintFor} from '../paint.ts'
import {clusterIn} from '../target/cluster-dir.ts'
import {noteServing, servedAt} from '../target/serving-note.ts'
import type {Terminal} from '../terminal.ts'
import {harmless} from '../text.ts'
import {packageVersion} from '../version.ts'
import {configure} from './configure.ts'
import {observe} from './observe.ts'
import type {Observing} from './observing.ts'
import {runCommand} from './run-command.ts'
import type {Settings} from './settings.ts'
import {eventText, hintLines, type Served, servedLines} from './telling.ts'

export interface ServeOptions {
  readonly dir?: string
  readonly brokers?: number
  readonly coordinators?: number
  readonly port?: number
  readonly host?: string
  readonly advertisedHost?: string
  readonly allowRemote?: boolean
  readonly run?: string
  readonly metrics?: number
  readonly config?: readonly string[]
  readonly properties?: readonly string[]
  readonly json?: boolean
}

const PORT = 9092
const HOST = '127.0.0.1'
const PORT_MAX = 65_535
/** How often it is looked whether the cluster is still there. */
const WATCH_MS = 1000

/** `odradek serve`. Returns the exit code: that of the command it ran, where it was given one. */
export async function serve(options: ServeOptions, terminal: Terminal): Promise<number> {
  const settings = configure(options.properties, options.config)
  const {dir = settings.dir, port = settings.port ?? PORT, host = settings.host ?? HOST} = options
  for (const number of [port, options.metrics ?? 0])
    if (number > PORT_MAX) throw new UsageError(`a port is at most ${PORT_MAX}, not ${number}`)
  if (settings.unused.length > 0)
    terminal.stderr.write(`odradek: of no effect here: ${settings.unused.map(harmless).join(', ')}\n`)
  const signals = new Signals()
  try {
    const cluster = await open({...settings.options, ...shapeOf(dir, options)}, dir)
    try {
      // who pressed Ctrl-C while it was opened waits for the end only
      if (signals.first !== undefined) return EXIT.fine
      return await serveCluster(cluster, {options, dir, port, host, settings, signals, terminal})
    } finally {
      await cluster.close()
    }
  } finally {
    signals.close()
  }
}

interface Serving {
  readonly options: ServeOptions
  readonly dir: string | undefined
  readonly port: number
  readonly host: string
  readonly settings: Settings
  readonly signals: Signals
  readonly terminal: Terminal
}

async function serveCluster(cluster: Cluster, serving: Serving): Promise<number> {
  const {options, dir, port, host, settings, signals, terminal} = serving
  const listening = await listen(cluster, {
    port,
    host,
    allowRemote: options.allowRemote ?? false,
    advertisedHost: options.advertisedHost ?? settings.advertisedHost,
  })
  const {bootstrapServers: bootstrap} = listening
  const brokers = listening.brokers.map(({nodeId, host: at, port: number}) => ({
    broker: nodeId,
    host: at,
    port: number,
  }))
  const version = packageVersion()
  const forget = dir === undefined ? () => {} : noteServing(dir, bootstrap)
  let observing: Observing | undefined
  const ended = watch(cluster)
  try {
    if (options.metrics !== undefined)
      observing = await observe(cluster, {host, port: options.metrics}, {version, brokers})
    tell(cluster, {version, dir, brokers, bootstrap, metrics: observing?.url}, options, terminal)
    const {run} = options
    if (run === undefined) return await Promise.race([signals.pressed.then(() => EXIT.fine), ended.failed])
    const environment = {KAFKA_BROKERS: bootstrap, KAFKA_BOOTSTRAP_SERVERS: bootstrap}
    return await Promise.race([runCommand(run, environment, forward => signals.onEach(forward)), ended.failed])
  } finally {
    ended.stop()
    await observing?.close()
    forget()
  }
}

/** As many brokers and coordinators as there were, unless others are asked for. */
function shapeOf(dir: string | undefined, {brokers, coordinators}: ServeOptions): ClusterOptions {
  const there = dir === undefined ? undefined : clusterIn(dir)
  const known = there?.dirs?.length ?? there?.brokers ?? 0
  if (brokers !== undefined && (brokers < known || (there?.dirs !== undefined && brokers > known)))
    throw new UsageError(`${dir} has ${known} brokers, so --brokers is ${known}, or is left out, not ${brokers}`)
  return {
    ...(there ?? (dir === undefined ? {} : {dir})),
    ...(brokers === undefined ? {} : {brokers}),
    ...(coordinators === undefined ? {} : {coordinators}),
  }
}

async function open(options: ClusterOptions, dir: string | undefined): Promise<Cluster> {
  try {
    return await openCluster(options)
  } catch (error) {
    const address = dir === undefined ? undefined : servedAt(dir)
    if (!(error instanceof OdradekError && error.code === 'LOG_IN_USE') || address === undefined) throw error
    throw new Failure(`${error.message}. It serves it already, at ${address}`)
  }
}

interface ListenAt {
  readonly port: number
  readonly host: string
  readonly allowRemote: boolean
  readonly advertisedHost: string | undefined
}

async function listen(cluster: Cluster, {advertisedHost, ...at}: ListenAt): ReturnType<Cluster['listen']> {
  try {
    return await cluster.listen({...at, ...(advertisedHost === undefined ? {} : {advertisedHost})})
  } catch (error) {
    const {message} = error as Error
    if (message.includes('EADDRINUSE')) {
      const last = at.port + cluster.brokers.length - 1
      const ports = last === at.port ? `port ${at.port} is` : `of ports ${at.port} to ${last} one is`
      throw new Failure(`${ports} in use on ${at.host}; give another --port, or 0 for free ones`)
    }
    if (message.includes('allowRemote')) throw new UsageError(message.replace('allowRemote: true', '--allow-remote'))
    throw error
  }
}

function tell(cluster: Cluster, served: Served, {run, json}: ServeOptions, terminal: Terminal): void {
  // what a command prints is its own
  const stream = run === undefined ? terminal.stdout : terminal.stderr
  const out = new Output(stream)
  const paint = paintFor(stream)
  if (json) out.object({type: 'serving', ...served})
  else {
    for (const line of servedLines(served, paint)) out.line(line)
    if (run === undefined && stream.isTTY) for (const line of hintLines(served.bootstrap, paint)) out.line(line)
  }
  void out.flush()
  cluster.on('event', event => {
    const text = eventText(event)
    if (text === undefined) return
    if (json) out.object(event)
    else out.line(`${new Date().toISOString()}  ${text}`)
    void out.flush()
  })
}

/** Notices that the cluster has ended without being told to. */
function watch(cluster: Cluster): {readonly failed: Promise<never>; readonly stop: () => void} {
  let timer: NodeJS.Timeout | undefined
  const failed = new Promise<never>((_, reject) => {
    timer = setInterval(() => {
      cluster.admin.describeCluster().catch(error => {
        const {code} = error as {code?: string}
        if (code === 'REPLICA_CRASHED' || code === 'LOG_CLOSED') reject(error)
      })
    }, WATCH_MS)
  })
  failed.catch(() => {})
  return {failed, stop: () => clearInterval(timer)}
}

/** Ctrl-C and its like, from the first moment on. A second one is the system's, which ends the process at once. */
class Signals {
  first: Interrupt | undefined
  readonly pressed: Promise<void>
  readonly close: () => void
  #hear: (signal: Interrupt) => void = () => {}

  constructor() {
    let press!: () => void
    this.pressed = new Promise(resolve => {
      press = resolve
    })
    this.close = onInterrupt(signal => {
      this.first ??= signal
      this.#hear(signal)
      press()
    })
  }

  onEach(hear: (signal: Interrupt) => void): void {
    this.#hear = hear
  }
}
