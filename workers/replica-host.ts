import {BroadcastChannel, type Worker} from 'node:worker_threads'
import type {LogMap} from '../engine/cluster/log-map.ts'
import {STATE} from '../engine/cluster/replica-line.ts'
import {type ErrorCode, OdradekError} from '../engine/errors.ts'
import {THREADS_MAX} from '../engine/limits.ts'
import {RING} from '../engine/memory/doorbell.ts'
import {Cleaner} from './cleaner.ts'
import {type CompactionAsk, Compactions} from './compactions.ts'
import type {CleanedMessage, ControlMessage, RecoveryReport, ReplicaData, ReplicaReport} from './replica-data.ts'
import {startThread} from './thread-start.ts'

/** The side of a replica thread that the thread which opened the log holds: starts it, and hears at once when it ends. */
export class ReplicaHost {
  readonly recovered: RecoveryReport
  /** Settles when the thread has ended; holds the error that ended it, where one did. */
  readonly exited: Promise<Error | undefined>
  readonly #worker: Worker
  /** The error that ended the thread, once it has ended. */
  readonly failure: () => Error | undefined

  private constructor(
    worker: Worker,
    recovered: RecoveryReport,
    exited: Promise<Error | undefined>,
    failure: () => Error | undefined,
  ) {
    this.#worker = worker
    this.recovered = recovered
    this.exited = exited
    this.failure = failure
  }

  /** `released` is called when the thread has ended, before anybody else learns of it: the dir is free then. */
  static async start(data: ReplicaData, map: LogMap, options: {released: () => void}): Promise<ReplicaHost> {
    const worker = startThread(data.entry, {role: 'replica', data, name: `odradek-replica ${data.topic}-0`})
    let failure: Error | undefined
    worker.on('error', error => {
      failure = error
    })
    const cleaner = new Cleaner(data.entry)
    // the pool needs a thread with an event loop, and the replica's has none
    const compactions = new Compactions<CompactionAsk>(
      (job, signal, done) => void cleaner.clean(job, signal).then(done),
      (_, outcome) => {
        worker.postMessage({type: 'cleaned', outcome} satisfies CleanedMessage)
        map.doorbell.ring(RING.control)
      },
    )
    const exited = new Promise<Error | undefined>(resolve => {
      worker.on('exit', () => {
        // while a job writes, the dir is not free
        compactions.close(() => {
          void cleaner.close()
          options.released()
          if (map.replica.state !== STATE.closed) announceDeath(map)
          tellAttached(data.channel)
          resolve(failure)
        })
      })
    })
    const report = await Promise.race([firstReport(worker), exited.then(error => died(error))])
    if (report.type !== 'ready') {
      await worker.terminate()
      const {code, message} = report as ReplicaReport & {type: 'failed'}
      throw new OdradekError(code as ErrorCode, message)
    }
    const {recovered} = report
    worker.on('message', (message: ReplicaReport) => {
      if (message.type === 'clean') compactions.ask({host: 0, row: 0, job: message.job})
    })
    // from here on only what is pending keeps the process up, and the senders see to that
    worker.unref()
    return new ReplicaHost(worker, recovered, exited, () => failure)
  }

  /** Waits for the end of a thread that was asked to close. */
  async join(): Promise<void> {
    this.#worker.ref()
    await this.exited
  }

  /** Ends the thread wherever it is. */
  async terminate(): Promise<void> {
    await this.#worker.terminate()
  }
}

function firstReport(worker: Worker): Promise<ReplicaReport> {
  return new Promise(resolve => worker.once('message', resolve))
}

/** Nobody will answer any more: whoever waits looks, and finds that out. */
export function announceDeath(map: LogMap): void {
  map.publishReplicaDied()
  for (let thread = 0; thread < THREADS_MAX; thread++)
    if (map.threads.isTaken(thread)) map.threads.doorbell(thread).ring(0)
}

/** For attached threads that wait for nothing now. */
function tellAttached(name: string): void {
  const channel = new BroadcastChannel(name)
  const message: ControlMessage = {type: 'ended'}
  channel.postMessage(message)
  channel.close()
}

function died(error: Error | undefined): never {
  const isMissing = /MODULE_NOT_FOUND/.test((error as {code?: string} | undefined)?.code ?? '')
  const hint = isMissing ? '; where a bundler has moved it, say where it is with the option workerEntry' : ''
  const why = error?.message ?? 'it ended'
  throw new OdradekError('REPLICA_CRASHED', `the replica thread did not start: ${why}${hint}`, {cause: error})
}
