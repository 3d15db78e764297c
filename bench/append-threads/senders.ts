import {once} from 'node:events'
import {Worker} from 'node:worker_threads'
import {type Log, openLog} from '../../index.ts'
import {LOG_OPTIONS, rates} from '../append/odradek.ts'
import type {Context} from '../harness/case.ts'
import type {Subject} from '../harness/measure.ts'
import {expectEachInOrder, senderPayload} from './numbered-values.ts'
import type {SenderOrder} from './sender-thread.ts'

/** Threads that live through all rounds, so that what they run is compiled. */
export class Senders {
  readonly #workers: readonly Worker[]

  constructor(count: number) {
    this.#workers = Array.from(
      {length: count},
      (_, sender) => new Worker(new URL('./sender-thread.js', import.meta.url), {workerData: sender, execArgv: []}),
    )
  }

  /** The first `senders` of them append `total` records together, to a log that is new and has `before` behind it. */
  appendTogether(
    name: string,
    {senders, before, total}: {senders: number; before: number; total: number},
    context: Context,
  ): Subject {
    const [warm, each] = [Math.ceil(before / senders), Math.ceil(total / senders)]
    return {
      name,
      fileBytes: (before + total) * senderPayload(0).recordBytes,
      round: () =>
        context.scratch.use(async dir => {
          const log = await openLog(dir, LOG_OPTIONS)
          try {
            await this.#order(senders, {do: 'attach', handle: log.handle})
            await this.#order(senders, {do: 'append', from: 0, end: warm})
            const {sizeBytes} = log.metrics()
            const startMs = performance.now()
            await this.#order(senders, {do: 'append', from: warm, end: warm + each})
            const seconds = (performance.now() - startMs) / 1000
            const bytes = log.metrics().sizeBytes - sizeBytes
            await this.#checkAndDetach(log, senders, warm + each)
            return rates('100 B', {count: senders * each, bytes, seconds})
          } finally {
            await log.close()
          }
        }),
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#workers.map(worker => worker.terminate()))
  }

  async #checkAndDetach(log: Log, senders: number, each: number): Promise<void> {
    expectEachInOrder(log, {senders, each})
    await this.#order(senders, {do: 'detach'})
  }

  /** Resolves when all of them have done it; rejects with the error of one that could not. */
  async #order(senders: number, order: SenderOrder): Promise<void> {
    await Promise.all(
      this.#workers.slice(0, senders).map(worker => {
        const done = once(worker, 'message')
        worker.postMessage(order)
        return done
      }),
    )
  }
}
