import type {Worker} from 'node:worker_threads'
import {type ErrorCode, OdradekError} from '../engine/errors.ts'
import type {ClusterData} from './cluster-data.ts'
import type {SupervisorOrder, SupervisorReport} from './supervisor-orders.ts'
import {startThread} from './thread-start.ts'

/** The opener's side of a cluster's supervisor. */
export class SupervisorHost {
  /** Rejects where a thread ends before the cluster is up, but for brokers without which it can be. */
  readonly failed: Promise<never>
  /** Brokers that could not open their dirs, by id. They are started again now and then. */
  readonly lost = new Map<number, OdradekError>()
  readonly #worker: Worker
  readonly #exited: Promise<void>
  #isStarted = false

  private constructor(worker: Worker, canLose: number) {
    this.#worker = worker
    this.#exited = new Promise(resolve => worker.once('exit', () => resolve()))
    this.failed = new Promise((_, reject) => {
      worker.on('error', error =>
        reject(new OdradekError('REPLICA_CRASHED', `the supervisor ended: ${error.message}`, {cause: error})),
      )
      worker.on('message', (report: SupervisorReport) => {
        if (report.type !== 'ended' || this.#isStarted) return
        const failure = failureOf(report)
        if (report.kind === 'broker' && failure.code !== 'REPLICA_CRASHED') this.lost.set(report.id, failure)
        if (this.lost.size > canLose || !this.lost.has(report.id) || report.kind !== 'broker') reject(failure)
      })
    })
    // whoever does not look at it any more must not be punished for that
    this.failed.catch(() => {})
  }

  /** `canLose`: so many brokers may fail to open their dirs, and the cluster is up without them. */
  static start(data: ClusterData, {canLose}: {canLose: number}): SupervisorHost {
    return new SupervisorHost(startThread(data.entry, {role: 'supervisor', data, name: 'odradek-supervisor'}), canLose)
  }

  /** The cluster is up: from here on only what is pending keeps the process up, and a thread's end is the supervisor's business. */
  started(): void {
    this.#isStarted = true
    this.#worker.unref()
  }

  /** Resolves when the supervisor has ended, and with it every thread of the cluster. */
  get exited(): Promise<void> {
    return this.#exited
  }

  /** Has everything closed in its order, and waits for that. */
  async close(order: (order: SupervisorOrder) => void): Promise<void> {
    this.#worker.ref()
    order({type: 'close'})
    await this.#exited
  }

  /** Ends all threads wherever they are. */
  async terminate(): Promise<void> {
    await this.#worker.terminate()
  }
}

/** The error that ended a thread comes as words; ours begin with their code. */
function failureOf({kind, id, error}: Extract<SupervisorReport, {type: 'ended'}>): OdradekError {
  const match = /^([A-Z_]+): (.*)$/s.exec(error ?? '')
  if (match !== null) return new OdradekError(match[1] as ErrorCode, `${kind} ${id}: ${match[2]}`)
  return new OdradekError('REPLICA_CRASHED', `${kind} ${id} ended: ${error ?? 'it gave no reason'}`)
}
