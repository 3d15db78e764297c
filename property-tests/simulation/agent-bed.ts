import {LogMap} from '../../engine/cluster/log-map.ts'
import {errorCodeOf, type OdradekError} from '../../engine/errors.ts'
import {SLOTS_MIN} from '../../engine/limits.ts'
import type {LogConfig} from '../../engine/log/log-config.ts'
import {allocateInbox, InboxSender, REQUEST, type Reply} from '../../engine/memory/inbox.ts'
import {Replica, type ReplicaOptions} from '../../engine/replica/replica.ts'
import {Attachments} from '../../workers/attachments.ts'
import {type Flusher, ReplicaAgent, type SyncAnswer} from '../../workers/replica-agent.ts'
import {nativeThreadId} from '../../workers/thread-id.ts'
import {MemoryDisk} from './memory-disk.ts'
import {loadPartition, oneRecord} from './partition.ts'

const RETENTION_CHECK_MS = 10_000

/** Syncs when it is told to: at once where `inline`, else when `finish` is called. */
class HeldFlusher implements Flusher {
  inline = false
  error: unknown
  started = 0
  /** How much each sync was said to cover. */
  readonly bytes: number[] = []
  #files: readonly {sync(): void}[] = []
  #answer: SyncAnswer | undefined

  start(files: readonly {sync(): void}[], unsyncedBytes: number): SyncAnswer | undefined {
    this.started++
    this.bytes.push(unsyncedBytes)
    this.#files = files
    if (!this.inline) return undefined
    this.finish()
    return this.answer()
  }

  finish(): void {
    for (const file of this.#files) file.sync()
    this.#answer = {error: this.error}
  }

  answer(): SyncAnswer | undefined {
    const answer = this.#answer
    this.#answer = undefined
    return answer
  }
}

/** A sending thread's end: its place, and what it sent. */
class Hand {
  readonly thread: number
  readonly #map: LogMap
  readonly #inbox: InboxSender

  constructor(map: LogMap, thread: number, memory: SharedArrayBuffer) {
    this.#map = map
    this.thread = thread
    this.#inbox = new InboxSender(memory)
  }

  /** Sends a batch, and gives its slot. */
  append(bytes: Uint8Array = oneRecord(1)): number {
    return this.#submit(bytes.length, {kind: REQUEST.append, bytes})
  }

  ask(kind: keyof typeof REQUEST, argument = 0): number {
    return this.#submit(0, {kind: REQUEST[kind], argument})
  }

  isDone(slot: number): boolean {
    return this.#inbox.isDone(slot)
  }

  /** The answers: an offset, the name of an error, or `-` where there is none. */
  answers(...slots: number[]): (number | string)[] {
    const reply: Reply = {status: 0, baseOffset: 0, timestamp: 0}
    return slots.map(slot => {
      if (!this.#inbox.isDone(slot)) return '-'
      this.#inbox.readReply(slot, reply)
      return reply.status === 0 ? reply.baseOffset : errorCodeOf(reply.status)
    })
  }

  /** How often it was rung since it last asked. */
  rings(): number {
    const before = this.#rings
    this.#rings = this.#map.threads.doorbell(this.thread).count()
    return this.#rings - before
  }
  #rings = 0

  #submit(length: number, request: Parameters<InboxSender['submit']>[1]): number {
    const slot = this.#inbox.claim(length)
    this.#inbox.submit(slot, request)
    this.#map.doorbell.ring(this.thread)
    return slot
  }
}

/** A replica's agent alone in one thread: its disk in memory, its clock, its flusher and its senders are the test's. */
export class AgentBed {
  readonly map = new LogMap()
  readonly disk: MemoryDisk
  readonly flusher = new HeldFlusher()
  readonly attachments: Attachments
  readonly replica: Replica
  readonly agent: ReplicaAgent
  readonly checkpoints: number[] = []
  dirProblem: OdradekError | undefined
  nowMs = 0
  wallMs = 0
  control: () => void = () => undefined
  readonly opener: Hand

  constructor(options: Partial<ReplicaOptions> = {}, config: Partial<LogConfig> = {}, disk = new MemoryDisk()) {
    this.disk = disk
    this.map.threads.claim(nativeThreadId())
    const memory = allocateInbox(SLOTS_MIN)
    this.attachments = new Attachments(this.map, {memory, slots: SLOTS_MIN})
    this.opener = new Hand(this.map, 0, memory)
    const defaults: ReplicaOptions = {
      durability: 'written',
      flushMessages: -1,
      flushMs: -1,
      retentionCheckMs: RETENTION_CHECK_MS,
      cleanerBackoffMs: 15_000,
    }
    this.replica = new Replica(loadPartition(this.disk, {config}).log, {...defaults, ...options}, 0)
    this.agent = new ReplicaAgent(this.replica, {
      map: this.map,
      attachments: this.attachments,
      clock: {monotonicMs: () => this.nowMs, wallMs: () => this.wallMs},
      flusher: this.flusher,
      control: () => this.control(),
      checkpointLogStart: start => this.checkpoints.push(start),
      clean() {},
      checkpointCleaned() {},
      dirProblem: () => this.dirProblem,
    })
  }

  attach(): Hand {
    const thread = this.map.threads.claim(nativeThreadId())
    const answer = this.attachments.attach(thread, '')
    return new Hand(this.map, thread, (answer as {inbox: SharedArrayBuffer}).inbox)
  }

  /** Rounds until there is nothing to do; gives how many had something. */
  settle(): number {
    let rounds = 0
    while (this.agent.doWork() > 0) rounds++
    return rounds
  }
}
