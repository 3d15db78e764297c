import type {LogMap} from '../engine/cluster/log-map.ts'
import type {CleanJob, CleanOutcome} from '../engine/log/clean-job.ts'
import type {LogConfig} from '../engine/log/log-config.ts'
import type {ReplicaOptions} from '../engine/replica/replica.ts'

/** What a replica thread is started with. */
export interface ReplicaData {
  readonly dir: string
  readonly topic: string
  readonly config: LogConfig
  readonly options: ReplicaOptions
  readonly onDamage: 'refuse' | 'keep'
  readonly map: LogMap['memory']
  readonly arena: SharedArrayBuffer
  /** Inbox of the thread that opened the log; its place among the threads is 0. */
  readonly inbox: SharedArrayBuffer
  /** Name of the broadcast channel for attaching and detaching. */
  readonly channel: string
  /** URL of the script of our threads, for those that this one starts. */
  readonly entry: string
}

/** How a replica thread reports to the one that started it. */
export type ReplicaReport =
  | {readonly type: 'ready'; readonly recovered: RecoveryReport}
  | {readonly type: 'failed'; readonly code: string; readonly message: string}
  /** There is something to compact: the pool is in a thread with an event loop. */
  | {readonly type: 'clean'; readonly job: CleanJob}

/** What came of it, on the same way back; undefined where it was cut short. */
export interface CleanedMessage {
  readonly type: 'cleaned'
  readonly outcome: CleanOutcome | undefined
}

export interface RecoveryReport {
  /** Whether the log had been closed by its last owner, or is new. */
  readonly clean: boolean
  /** Segments that were read in full. */
  readonly scannedSegments: number
  /** Offset at which a torn tail was cut off, if one was. */
  readonly cutAt: number | undefined
  /** Damage that was kept in place, in words. */
  readonly damage: readonly string[]
  readonly ms: number
}

/** What attached threads, the replica thread and the thread that started it say to each other. */
export type ControlMessage =
  | {readonly type: 'attach'; readonly thread: number; readonly asked: string}
  /** `asked` is the question's own name: a place may have had another owner whose answer is still on its way. */
  | {readonly type: 'attached'; readonly thread: number; readonly asked: string; readonly inbox: SharedArrayBuffer}
  /** There was no memory for an inbox. */
  | {readonly type: 'refused'; readonly thread: number; readonly asked: string; readonly why: string}
  | {readonly type: 'detach'; readonly thread: number}
  /** Take back the places of threads that died. */
  | {readonly type: 'sweep'}
  /** The replica thread has ended. */
  | {readonly type: 'ended'}
