import type {Durability} from './log-options.ts'

/** What another thread needs to attach: structured-cloneable, good for as long as the log is open. */
export interface LogHandle {
  readonly odradek: 'log'
  readonly dir: string
  readonly topic: string
  readonly map: SharedArrayBuffer
  readonly arena: SharedArrayBuffer
  readonly channel: string
  readonly durability: Durability
  readonly maxBatchBytes: number
  readonly bufferMemory: number
  readonly indexIntervalBytes: number
  /** The option of that name, as text. */
  readonly workerEntry: string | undefined
}
