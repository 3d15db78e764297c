import {ClusterLink} from '../../../client/cluster-link.ts'
import {LeaderView} from '../../../client/leader-view.ts'
import type {OpenReaders} from '../../../client/open-readers.ts'
import type {Parking} from '../../../client/parking.ts'
import {PartitionSender} from '../../../client/partition-sender.ts'
import type {Acks} from '../../../client/producer-batch.ts'
import {Reader} from '../../../client/reader.ts'
import type {Taken} from '../../../client/send.ts'
import {crc32c} from '../../../engine/bytes/crc32c.ts'
import type {Letter} from '../../../engine/cluster/mail.ts'
import {THREAD} from '../../../engine/cluster/thread-line.ts'
import type {TopicImage} from '../../../engine/ensemble/metadata.ts'
import {OdradekError} from '../../../engine/errors.ts'
import {partitionDirectory} from '../../../engine/log/segment-files.ts'
import type {ClientRequest} from '../../../workers/broker-letters.ts'
import {encodePayload} from './payload.ts'
import type {Postbox} from './post-office.ts'
import {BATCH_BYTES, DELIVERY_TIMEOUT_MS} from './shape.ts'
import type {ProcessWorld, SimProcess} from './sim-process.ts'
import {SimThread} from './sim-thread.ts'

/** A record that a client has sent. */
export interface SentRecord {
  readonly topicId: string
  readonly partition: number
  readonly producer: string
  readonly sequence: number
}

export interface SentBatch {
  readonly records: readonly SentRecord[]
  readonly acks: Acks
  readonly durability: 'written' | 'synced'
}

/** Told of all that happens at clients. */
export interface ClientWatch {
  acked(batch: SentBatch, taken: Taken, at: {readonly row: number}): void
  failed(batch: SentBatch, error: OdradekError): void
  read(at: {readonly topicId: string; readonly partition: number}, offset: number, value: Uint8Array): void
}

/** One partition as a client has it. */
interface Door {
  readonly topicId: string
  readonly topic: string
  readonly partition: number
  readonly rowNumber: number
  readonly sender: PartitionSender
  reader: Reader | undefined
  readonly producer: string
  nextSequence: number
  /** Sent, and not settled yet. */
  open: number
  isClosed: boolean
  /** Whether what is sent can be waited for until it is synced: nobody syncs a topic of which only writing is wanted. */
  readonly isSynced: boolean
}

interface Call {
  readonly request: ClientRequest
  readonly answered: (result: unknown, error: string | undefined) => void
  dueMs: number
  readonly endsMs: number
}

const AGAIN_MS = 400

/** A thread of the application: senders and readers as the client's doors have them, and calls to brokers. */
export class SimClient {
  readonly name: string
  readonly thread: SimThread
  readonly doors = new Map<string, Door>()
  readonly #process: SimProcess
  readonly #world: ProcessWorld
  readonly #watch: ClientWatch
  readonly #place: number
  readonly #box: Postbox
  readonly #link: ClusterLink
  readonly #looks = new Set<() => void>()
  readonly #inboxes: SharedArrayBuffer[] = []
  readonly #calls = new Map<number, Call>()
  #nextCall = 1
  #tries = 0
  #producerIds: {next: number; end: number} | undefined
  #isAskingForIds = false

  constructor(process: SimProcess, world: ProcessWorld, name: string, watch: ClientWatch) {
    this.name = name
    this.#process = process
    this.#world = world
    this.#watch = watch
    const {map, office} = process
    this.#place = map.threads.claim(0)
    this.#box = office.open(`client-${name}`)
    const parking = {
      add: (look: () => void) => this.#looks.add(look),
      remove: (look: () => void) => this.#looks.delete(look),
      hold() {},
      release() {},
    } as unknown as Parking
    this.#link = new ClusterLink({
      map,
      thread: this.#place,
      parking,
      mailbox: this.#box,
      allocateInbox: () => {
        const memory = world.memory.inbox()
        this.#inboxes.push(memory)
        return memory
      },
    })
    const doorbell = map.threads.doorbell(this.#place)
    this.#box.onLetter = () => doorbell.ring(0)
    this.thread = new SimThread({
      name: `client-${name}`,
      rounds: {doWork: () => this.#round(), dueInMs: () => this.#dueInMs()},
      waking: {doorbell},
    })
  }

  get memory(): readonly SharedArrayBuffer[] {
    return this.#inboxes
  }

  get openBatches(): number {
    let open = 0
    for (const door of this.doors.values()) open += door.open
    return open
  }

  /** Asks a broker, and others where no answer comes. */
  call(request: ClientRequest, answered: Call['answered'], timeoutMs = 10_000): void {
    const {nowMs} = this.#world.time
    const id = this.#nextCall++
    this.#calls.set(id, {request, answered, dueMs: nowMs + AGAIN_MS, endsMs: nowMs + timeoutMs})
    this.#make(id, request, nowMs + timeoutMs)
  }

  /** Learns of a topic's partitions. */
  learn(topic: TopicImage): void {
    for (const [partition, {row}] of topic.partitions.entries()) {
      const key = `${topic.topicId}/${partition}`
      if (this.doors.has(key)) continue
      const producerId = this.#producerId()
      if (producerId < 0) return
      this.#open(key, topic, {partition, rowNumber: row, producerId})
    }
  }

  /** Sends a batch to a partition; false where it is not ready to. */
  send(door: Door, count: number, options: {acks: Acks; durability: 'written' | 'synced'; filler: number}): boolean {
    if (door.isClosed || door.open >= 8) return false
    const {topicId, partition, producer, sender} = door
    const {acks, durability, filler} = options
    sender.setNow(1_000_000 + this.#world.time.nowMs)
    const records: SentRecord[] = []
    for (let i = 0; i < count; i++) {
      const record = {topicId, partition, producer, sequence: door.nextSequence++}
      // some of those that were sent before have the same key: a topic that is compacted keeps the last one
      sender.add(`key ${record.sequence % 5}`, encodePayload(record, filler), undefined, [], () => {})
      records.push(record)
    }
    const batch: SentBatch = {records, acks, durability}
    sender.want(acks, durability)
    door.open++
    sender.whenSettled(outcome => {
      door.open--
      if (outcome instanceof OdradekError) this.#watch.failed(batch, outcome)
      else this.#watch.acked(batch, outcome, {row: door.rowNumber})
    })
    sender.closeBatch()
    return true
  }

  #round(): number {
    let work = 0
    for (let letter = this.#box.receive(); letter !== undefined; letter = this.#box.receive()) {
      work++
      this.#take(letter as Letter<{type: string; id: number; result?: unknown; error?: string}>)
    }
    const {nowMs} = this.#world.time
    for (const [id, call] of this.#calls) {
      if (nowMs < call.dueMs) continue
      this.#tries++
      call.dueMs = nowMs + AGAIN_MS
      if (nowMs < call.endsMs) this.#make(id, call.request, call.endsMs)
      else {
        this.#calls.delete(id)
        call.answered(undefined, 'REQUEST_TIMED_OUT')
      }
    }
    for (const look of [...this.#looks]) look()
    for (const door of this.doors.values()) work += this.#read(door)
    return work
  }

  #dueInMs(): number {
    let due = 1000
    for (const {dueMs} of this.#calls.values()) due = Math.min(due, dueMs - this.#world.time.nowMs)
    return due
  }

  #take({body}: Letter<{type: string; id: number; result?: unknown; error?: string}>): void {
    if (body.type !== 'told') return
    const call = this.#calls.get(body.id)
    if (call === undefined) return
    this.#calls.delete(body.id)
    call.answered(body.result, body.error)
  }

  #make(id: number, request: ClientRequest, deadlineMs: number): void {
    const {map} = this.#process
    for (let i = 0; i < map.shape.brokers; i++) {
      const broker = 1 + ((this.#tries + i) % map.shape.brokers)
      if (map.broker(broker).hasEnded || map.broker(broker).state !== THREAD.running) continue
      this.#box.send(`broker-${broker}`, {type: 'ask', id, request, deadlineMs})
      return
    }
  }

  #producerId(): number {
    const ids = this.#producerIds
    if (ids !== undefined && ids.next < ids.end) return ids.next++
    if (this.#isAskingForIds) return -1
    this.#isAskingForIds = true
    this.call({type: 'allocateProducerIds'}, result => {
      this.#isAskingForIds = false
      if (result === undefined) return
      const {firstProducerId, count} = result as {firstProducerId: number; count: number}
      this.#producerIds = {next: firstProducerId, end: firstProducerId + count}
    })
    return -1
  }

  #open(key: string, topic: TopicImage, at: {partition: number; rowNumber: number; producerId: number}): void {
    const {partition, rowNumber, producerId} = at
    const {map} = this.#process
    const row = map.row(rowNumber)
    const sender = new PartitionSender(
      this.#link,
      row,
      {
        rowNumber,
        maxBatchBytes: BATCH_BYTES,
        bufferMemory: 1 << 20,
        deliveryTimeoutMs: DELIVERY_TIMEOUT_MS,
        crc32c,
        monotonicMs: () => this.#world.time.nowMs,
        producerId,
      },
      {failed: () => {}, gone: () => {}},
    )
    this.doors.set(key, {
      topicId: topic.topicId,
      topic: topic.name,
      partition,
      rowNumber,
      sender,
      reader: undefined,
      producer: `${this.name}/${producerId}`,
      nextSequence: 0,
      open: 0,
      isClosed: false,
      isSynced: topic.config['durability'] === 'synced',
    })
  }

  #read(door: Door): number {
    const row = this.#process.map.row(door.rowNumber)
    row.waiters.add(this.#place)
    if (row.leadership.deleted) {
      door.reader?.close()
      door.reader = undefined
      door.isClosed = true
      return 0
    }
    if (door.reader === undefined) {
      if (row.leadership.leader < 0) return 0
      door.reader = this.#reader(door)
    }
    const {reader, topicId, partition} = door
    return reader.poll(record => {
      this.#watch.read({topicId, partition}, record.offset, record.value!)
    }, 20)
  }

  #reader(door: Door): Reader {
    const {map, arenas} = this.#process
    const row = map.row(door.rowNumber)
    const leader = new LeaderView(map, door.rowNumber, (host, line) => ({
      storage: this.#world.disk,
      dir: `/cluster/broker-${map.brokerOf(host)}/${partitionDirectory(door.topic, door.partition)}`,
      arena: line.hasArena ? arenas[host] : undefined,
      row: door.rowNumber,
      crc32c,
      logStartOffset: () => line.logStartOffset,
    }))
    const source = () => {
      if (leader.source === undefined) throw new OdradekError('LEADER_NOT_AVAILABLE')
      return leader.source
    }
    return new Reader(
      {
        line: () => leader.line,
        source,
        doubt: offset => leader.doubt(offset),
        ended: () => (row.leadership.deleted ? new OdradekError('LOG_CLOSED') : undefined),
        waiters: row.waiters,
        thread: this.#place,
        parking: this.#link.parking,
        resolve: from => (typeof from === 'number' ? from : 0),
        open: {add() {}, delete() {}} as unknown as OpenReaders,
        monotonicMs: () => 0,
        decompress: () => undefined,
      },
      {},
    )
  }
}

export type {Door}
