import {setTimeout} from 'node:timers/promises'
import type {PartitionRow} from '../engine/cluster/partition-row.ts'
import type {ReplicaLine} from '../engine/cluster/replica-line.ts'
import {OdradekError} from '../engine/errors.ts'
import type {LogSource} from '../engine/log/log-reader.ts'
import {offsetForTimestamp} from '../engine/log/timestamp-lookup.ts'
import {REQUEST} from '../engine/memory/inbox.ts'
import type {Decompress} from '../engine/view/batch-records.ts'
import {checkDeletion, checkDurability, checkOptions, checkTimestamp, describe} from './arguments.ts'
import type {ClusterLink} from './cluster-link.ts'
import type {PartitionMetrics} from './cluster-metrics.ts'
import {type BatchCodec, decompress} from './codecs.ts'
import {CompressingEnd} from './compressing-end.ts'
import {drained} from './drained.ts'
import {LeaderView} from './leader-view.ts'
import type {Durability} from './log-options.ts'
import type {VerifyReport} from './log-report.ts'
import {OpenReaders} from './open-readers.ts'
import {PartitionSender, type PartitionSenderOptions} from './partition-sender.ts'
import type {Acks} from './producer-batch.ts'
import {checkReaderOptions, resolveFrom} from './read-from.ts'
import {Reader, type ReaderOptions, type ReadFrom} from './reader.ts'
import {checkNames, checkRecord, NO_HEADERS, type RecordInput, type RecordParts, toHeaders, toParts} from './record.ts'
import {Send, type SendHome, type SendResult} from './send.ts'
import {TurnEnds} from './turn-ends.ts'

/** How safe what is sent should be; see `Partition.send`. */
export interface PartitionSendOptions {
  /** Who must have it: the leader (1), or every replica in sync (-1, the default; `all` in Kafka's configs). 0 is taken as 1. */
  acks?: Acks
  /** Whether they must have synced it, or only written it. Default: what the topic says. */
  durability?: Durability
}

export interface PartitionSendResult extends SendResult {
  readonly acks: Acks
}

/** A send under way, to which records are added. */
export interface PartitionSending {
  /** Adds a record as it is: whoever calls has checked it. Throws MESSAGE_TOO_LARGE or BUFFER_EXHAUSTED, and then has not taken it. */
  add(
    key: RecordParts['key'],
    value: RecordParts['value'],
    timestamp: number | undefined,
    headers: RecordParts['headers'],
  ): void
  /** No more records follow. A promise where a codec takes its time: nothing else may be sent there before it has settled. */
  complete(): Promise<void> | undefined
}

/** What stands behind a partition's door. */
export interface PartitionHome {
  readonly topic: string
  readonly partition: number
  readonly link: ClusterLink
  readonly row: PartitionRow
  readonly durability: Durability
  readonly sender: PartitionSenderOptions
  /** Where the replica on a host is read. */
  readonly sourceAt: (host: number, line: ReplicaLine) => LogSource
  /** Undefined where the partition is gone. */
  readonly metrics: () => PartitionMetrics | undefined
  /** Checks the files that a broker has of it, below `end`. */
  readonly verify: (broker: number, end: number) => Promise<VerifyReport>
  readonly nowMs: () => number
  readonly monotonicMs: () => number
  /** Throws where the cluster is not open any more. */
  readonly requireOpen: () => void
  /** Called once, when the door is closed. */
  readonly released: () => void
}

/**
 * One partition of a cluster: the same doors as a `Log` has, for as long as the partition exists, whoever leads it. What is sent while
 * no replica leads waits for the next leader; what a dead leader had not acknowledged is sent again, and stored once.
 */
export class Partition {
  readonly topic: string
  readonly partition: number
  readonly #home: PartitionHome
  readonly #sender: PartitionSender
  readonly #readers = new OpenReaders()
  readonly #leader: LeaderView
  readonly #ends: TurnEnds
  #failure: OdradekError | undefined
  #closing: Promise<void> | undefined
  /** Why it ended before it was closed. */
  #abandoned: OdradekError | undefined
  /** @internal */
  constructor(home: PartitionHome) {
    this.#home = home
    this.topic = home.topic
    this.partition = home.partition
    this.#ends = new TurnEnds(
      () => this.#sender.closeBatch(),
      () => this.#sender.closeBatch(),
    )
    this.#leader = new LeaderView(home.link.map, home.sender.rowNumber, home.sourceAt)
    this.#sender = new PartitionSender(home.link, home.row, home.sender, {
      failed: error => {
        this.#failure ??= error
      },
      gone: error => {
        this.#abandoned ??= error
      },
    })
  }

  /** Id of the broker that leads, or undefined while none does. */
  get leader(): number | undefined {
    const {leader} = this.#home.row.leadership
    return leader < 0 ? undefined : this.#home.link.map.brokerOf(this.#home.row.replica(leader).host)
  }

  /** @internal Whether the topic was deleted: a topic of that name that is made anew has other doors. */
  get isDeleted(): boolean {
    return this.#home.row.leadership.deleted
  }

  /** Counts the leaders this partition has had. */
  get leaderEpoch(): number {
    return this.#home.row.leadership.leaderEpoch
  }

  /** First offset that can be read. */
  get logStartOffset(): number {
    return this.#leader.line.logStartOffset
  }

  /** Offset behind the last record a reader sees: every replica in sync has what is below. */
  get highWatermark(): number {
    return this.#leader.line.highWatermark
  }

  /** Offset the next record gets. */
  get logEndOffset(): number {
    return this.#leader.line.writtenEnd
  }

  /** Everything below it is synced by every replica in sync. */
  get syncedOffset(): number {
    return this.#leader.line.syncedWatermark
  }

  /**
   * Adds a record and returns at once; it is sent with the others of this turn of the event loop. Returns false when the
   * partition is behind and the caller should `await drained()` before more. A failure surfaces at the next `append`, `flush` or
   * `close`. Throws INVALID_RECORD, MESSAGE_TOO_LARGE, BUFFER_EXHAUSTED or LOG_CLOSED and then has not taken it.
   */
  append(record: RecordInput): boolean {
    this.#requireOpen()
    this.#surface()
    const sender = this.#sender
    const {openCount} = sender
    if (openCount === 0) this.#startTurn()
    sender.want(-1, this.#home.durability)
    if (typeof record === 'string' || record instanceof Uint8Array) {
      sender.add(null, record, undefined, NO_HEADERS)
    } else {
      checkRecord(record)
      if (openCount <= 1) checkNames(record)
      const {key = null, value, headers, timestamp} = record
      sender.add(key, value, timestamp, headers === undefined ? NO_HEADERS : toHeaders(headers))
    }
    return !sender.isFull
  }

  /** Resolves when there is room to append again. */
  async drained(options: {signal?: AbortSignal} = {}): Promise<void> {
    return drained(this.#sender, options, () => this.#requireOpen())
  }

  /**
   * Adds records and resolves when they are as safe as `acks` and `durability` say. Waits through failovers; rejects with
   * REQUEST_TIMED_OUT or NOT_ENOUGH_REPLICAS_AFTER_APPEND where that takes longer than the delivery time-out, and then it is not
   * known what became of them.
   */
  send(
    records: RecordInput | readonly RecordInput[],
    options: PartitionSendOptions = {},
  ): Promise<PartitionSendResult> {
    return new Promise((resolve, reject) => {
      checkOptions('send', options, ['acks', 'durability'])
      const {acks = -1, durability = this.#home.durability} = options
      checkSafety(acks, durability)
      this.#requireOpen()
      const list = Array.isArray(records) ? (records as readonly RecordInput[]) : [records as RecordInput]
      if (list.length === 0) throw new OdradekError('INVALID_RECORD', 'send takes at least one record')
      const parts = list.map(record => toParts(record))
      const send = new Send(durability, {
        resolve: result => resolve({...result, acks}),
        reject,
        awaitSynced: waiter => waiter.reached(),
      })
      this.#sender.setNow(this.#home.nowMs())
      try {
        for (const part of parts) {
          this.#sender.want(acks, durability)
          send.add(this.#sender, part)
        }
      } finally {
        this.#ends.withMicrotask()
        send.complete()
      }
    })
  }

  /**
   * @internal A send whose records are handed over one by one, and which is told by callbacks: for who sends to many partitions at once. The
   * last is added, and `complete` called, before the code that began it ends or waits.
   */
  beginSend(acks: Acks, settled: Pick<SendHome, 'resolve' | 'reject'>, codec?: BatchCodec): PartitionSending {
    this.#requireOpen()
    const sender = this.#sender
    const {durability} = this.#home
    if (codec !== undefined) return this.#beginCompressed(acks, settled, codec)
    const send = new Send(durability, {...settled, awaitSynced: waiter => waiter.reached()})
    sender.setNow(this.#home.nowMs())
    return {
      add(key, value, timestamp, headers) {
        sender.want(acks, durability)
        send.addRecord(sender, key, value, timestamp, headers)
      },
      complete: () => {
        this.#ends.withMicrotask()
        send.complete()
        return undefined
      },
    }
  }

  #beginCompressed(acks: Acks, settled: Pick<SendHome, 'resolve' | 'reject'>, codec: BatchCodec): PartitionSending {
    const {durability, sender, nowMs} = this.#home
    const send = new Send(durability, {...settled, awaitSynced: waiter => waiter.reached()})
    const end = new CompressingEnd(this.#sender, {
      codec,
      maxBatchBytes: sender.maxBatchBytes,
      nowMs: nowMs(),
      want: () => this.#sender.want(acks, durability),
    })
    return {
      add: (key, value, timestamp, headers) => send.addRecord(end, key, value, timestamp, headers),
      complete() {
        end.close()
        send.complete()
        return end.late
      },
    }
  }

  /**
   * Sends what is appended and resolves when every replica in sync has all of it as safely as `durability` (default: what the topic says).
   * Rejects with the failure of anything appended, and with REQUEST_TIMED_OUT where the syncs take longer than the delivery time-out.
   */
  async flush(options: {durability?: Durability} = {}): Promise<void> {
    checkOptions('flush', options, ['durability'])
    const {durability = this.#home.durability} = options
    checkSafety(-1, durability)
    this.#requireOpen()
    this.#surface()
    this.#sender.closeBatch()
    await this.#sender.settled()
    this.#surface()
    if (durability === 'synced') await this.#syncAll()
  }

  /** How it is doing, read from shared memory without a message. Throws UNKNOWN_TOPIC_OR_PARTITION where it was deleted. */
  metrics(): PartitionMetrics {
    this.#requireOpen()
    const metrics = this.#home.metrics()
    if (metrics === undefined)
      throw new OdradekError('UNKNOWN_TOPIC_OR_PARTITION', `${this.topic}-${this.partition} was deleted`)
    return metrics
  }

  /**
   * Reads every segment and index that a broker (default: the one that leads) has of it in full, several at a time on other threads, and
   * tells what is damaged. Changes nothing. Rejects with INVALID_ARGUMENT for a broker without a replica, LEADER_NOT_AVAILABLE where nobody leads.
   */
  async verify(options: {broker?: number} = {}): Promise<VerifyReport> {
    checkOptions('verify', options, ['broker'])
    const {replicas, leader} = this.metrics()
    const {broker = leader} = options
    if (broker < 0) throw new OdradekError('LEADER_NOT_AVAILABLE', `nobody leads ${this.topic}-${this.partition}`)
    const replica = replicas.find(each => each.broker === broker)
    if (replica === undefined)
      throw new OdradekError(
        'INVALID_ARGUMENT',
        `brokers with a replica are ${replicas.map(each => each.broker).join(', ')}, not ${describe(broker)}`,
      )
    return this.#home.verify(broker, replica.logEndOffset)
  }

  /** A reader of its own, which follows the leader; see `ReaderOptions`. Throws OFFSET_OUT_OF_RANGE for an offset outside the log. */
  reader(options: ReaderOptions = {}): Reader {
    return this.readerWith(decompress, options)
  }

  /** @internal One that undoes codecs in its own way. */
  readerWith(decompress: Decompress, options: ReaderOptions = {}): Reader {
    this.#requireOpen()
    checkReaderOptions(options)
    const {link, row} = this.#home
    const resolve = (from: ReadFrom, end: number): number => resolveFrom(this, from, end)
    const ended = (): OdradekError | undefined =>
      this.#closing !== undefined || this.#abandoned !== undefined || row.leadership.deleted
        ? new OdradekError('LOG_CLOSED')
        : undefined
    return new Reader(
      {
        line: () => this.#leader.line,
        source: () => this.#source,
        ended,
        doubt: offset => this.#leader.doubt(offset),
        waiters: row.waiters,
        thread: link.thread,
        parking: link.parking,
        resolve,
        open: this.#readers,
        monotonicMs: this.#home.monotonicMs,
        decompress,
      },
      options,
    )
  }

  /** Offset of the first record that is not older than `timestamp` (ms since 1970), or undefined where there is none. */
  offsetForTimestamp(timestamp: number): number | undefined {
    checkTimestamp(timestamp)
    this.#requireOpen()
    return offsetForTimestamp(this.#source, timestamp, this.highWatermark)
  }

  /** Gives up the records below `offset` (-1: below the high watermark) and resolves to the new log start. */
  async deleteRecordsBefore(offset: number): Promise<number> {
    checkDeletion(offset)
    this.#requireOpen()
    return this.#sender.ask(REQUEST.deleteRecords, offset)
  }

  /** Stores what is appended, ends readers and waits, and lets go of the partition. Rejects with a failure that has not surfaced yet. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    this.#sender.closeBatch()
    await this.#sender.settled()
    this.abandon(new OdradekError('LOG_CLOSED'))
    this.#home.released()
    this.#surface()
  }

  /** @internal Ends everything at once: the cluster is gone. What `append` took and nobody stored is told by `close`. */
  abandon(error: OdradekError): void {
    this.#abandoned ??= error
    this.#readers.closeAll()
    this.#sender.close(error)
  }

  get #source(): LogSource {
    const {source} = this.#leader
    if (source === undefined)
      throw new OdradekError('LEADER_NOT_AVAILABLE', `${this.topic}-${this.partition} has no leader yet`)
    return source
  }

  /** Has all that is written synced by every replica in sync. A new leader has to be asked anew. */
  async #syncAll(): Promise<void> {
    const {monotonicMs, sender} = this.#home
    const deadlineMs = monotonicMs() + sender.deliveryTimeoutMs
    let end = 0
    for (let asked = -1; asked < 0 || this.syncedOffset < end; ) {
      const {leaderEpoch} = this
      if (asked !== leaderEpoch) end = Math.max(end, await this.#sender.ask(REQUEST.sync, 0))
      asked = leaderEpoch
      if (monotonicMs() > deadlineMs)
        throw new OdradekError('REQUEST_TIMED_OUT', `not all replicas in sync have synced up to ${end} in time`)
      await setTimeout(1)
      this.#requireOpen()
    }
  }

  #surface(): void {
    const failure = this.#failure
    this.#failure = undefined
    if (failure !== undefined) throw failure
  }

  #requireOpen(): void {
    this.#home.requireOpen()
    if (this.#closing !== undefined) throw new OdradekError('LOG_CLOSED')
    if (this.#abandoned !== undefined) throw this.#abandoned
  }

  #startTurn(): void {
    this.#sender.setNow(this.#home.nowMs())
    this.#ends.withTurn()
  }
}

function checkSafety(acks: unknown, durability: unknown): void {
  if (acks !== -1 && acks !== 0 && acks !== 1)
    throw new OdradekError('INVALID_ARGUMENT', `acks is -1, 0 or 1, not ${describe(acks)}`)
  checkDurability(durability)
}
