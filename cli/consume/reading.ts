import {setTimeout} from 'node:timers/promises'
import type {Consumer, EachBatchPayload, Kafka, KafkaMessage} from '../../doors/kafkajs.ts'
import type {Output} from '../output.ts'
import type {Stop} from '../target/on-target.ts'
import type {Start} from '../target/starts.ts'
import type {Place} from './message-json.ts'

/** A partition of one of the topics, and where reading it begins. */
export type StartingPoint = Start & {readonly topic: string}

interface ReadingOptions {
  /** The partitions that are read. */
  readonly starts: readonly StartingPoint[]
  readonly fromBeginning: boolean
  readonly groupId: string
  /** Reads for a group: goes on where that left off, and commits what was printed. */
  readonly isMember: boolean
  /** Ends with the last record that is there now. */
  readonly untilEnd: boolean
  readonly most: number
  readonly out: Output
  readonly show: (place: Place, message: KafkaMessage) => void
}

/** A broker keeps a request for new records so long; ending waits for it. */
const FETCH_WAIT_MS = 250
/** Whoever presses Ctrl-C waits no longer for a broker to let go. */
const LEAVE_MS_MAX = 1000
/** How often it is looked whether the rest of a partition holds no record, as where compaction took them. */
const LOOK_MS = 100

/**
 * One `consume`, as a member of a group, for that is how Kafka's clients read. Without a group of its own it has one by itself, which commits
 * nothing, and begins in each partition where it is told to.
 */
export class Reading {
  readonly #options: ReadingOptions
  /** Offset behind the last record that was printed or passed over, by topic and partition. */
  readonly #positions = new Map<string, number>()
  /** Those that this member reads; others of its group read the others. */
  #mine: readonly StartingPoint[]
  #shown = 0
  #isOver = false
  #end!: () => void
  #fail!: (error: unknown) => void
  readonly #ended = new Promise<void>((resolve, reject) => {
    this.#end = resolve
    this.#fail = reject
  })

  constructor(options: ReadingOptions) {
    this.#options = options
    for (const {topic, partition, start} of options.starts) this.#positions.set(`${topic}-${partition}`, start)
    this.#mine = options.starts
  }

  /** Everything was printed that was asked for. */
  get isComplete(): boolean {
    const {most, untilEnd} = this.#options
    if (this.#shown >= most) return true
    return (
      untilEnd &&
      this.#mine.every(({topic, partition, low, high}) => low >= high || this.#positionOf(topic, partition) >= high)
    )
  }

  /** Resolves when it is complete, nobody listens any more, or Ctrl-C was pressed. */
  async run(kafka: Kafka, stop: Stop): Promise<void> {
    const {starts, fromBeginning, groupId, isMember} = this.#options
    if (this.isComplete) return
    stop.aborted.addEventListener('abort', () => this.#finish(), {once: true})
    const consumer = kafka.consumer({groupId, allowAutoTopicCreation: false, maxWaitTimeInMs: FETCH_WAIT_MS})
    const {GROUP_JOIN, CRASH, END_BATCH_PROCESS} = consumer.events
    const topics = [...new Set(starts.map(({topic}) => topic))]
    consumer.on(GROUP_JOIN, ({payload}) => this.#joined(consumer, payload.memberAssignment))
    consumer.on(CRASH, ({payload}) => {
      if (!payload.restart) this.#fail(payload.error)
    })
    consumer.on(END_BATCH_PROCESS, ({payload: {topic, partition, lastOffset}}) => {
      this.#passed(topic, partition, Number(lastOffset) + 1)
      this.#look(consumer)
    })
    let running: Promise<void> = Promise.resolve()
    const looking = setInterval(() => this.#look(consumer), LOOK_MS)
    try {
      await consumer.connect()
      await consumer.subscribe({topics, fromBeginning})
      running = consumer.run({
        autoCommit: isMember,
        eachBatchAutoResolve: false,
        eachBatch: payload => this.#take(payload),
      })
      running.catch(this.#fail)
      await this.#ended
    } finally {
      clearInterval(looking)
      this.#isOver = true
      // a consumer of kafkajs does not hear that it is to stop while it starts, and that may take a broker seconds
      const left = running.catch(() => {}).then(() => consumer.disconnect())
      const patience = new AbortController()
      await Promise.race([left, setTimeout(LEAVE_MS_MAX, undefined, {signal: patience.signal}).catch(() => {})])
      patience.abort()
    }
  }

  /** A group of its own begins where it is told, and goes on where it was when it had to join again. */
  #joined(consumer: Consumer, assignment: {readonly [topic: string]: readonly number[]}): void {
    const {starts, isMember} = this.#options
    this.#mine = starts.filter(({topic, partition}) => assignment[topic]?.includes(partition))
    for (const [topic, partitions] of Object.entries(assignment)) {
      const wanted = partitions.filter(each => starts.some(start => start.topic === topic && start.partition === each))
      const others = partitions.filter(each => !wanted.includes(each))
      if (others.length > 0) consumer.pause([{topic, partitions: others}])
      if (!isMember)
        for (const partition of wanted)
          consumer.seek({topic, partition, offset: String(this.#positionOf(topic, partition))})
    }
  }

  async #take({batch, resolveOffset, heartbeat, isStale, isRunning}: EachBatchPayload): Promise<void> {
    const {topic, partition, messages} = batch
    const {out, show, most, untilEnd} = this.#options
    const end = untilEnd ? this.#startOf(topic, partition).high : Number.POSITIVE_INFINITY
    const start = this.#positionOf(topic, partition)
    for (const message of messages) {
      const offset = Number(message.offset)
      if (this.#isOver || isStale() || !isRunning() || offset >= end) break
      if (offset >= start) {
        show({topic, partition}, message)
        this.#shown++
      }
      if (out.isFull) await out.flush()
      // for a group it is handled once it was handed over
      resolveOffset(message.offset)
      this.#passed(topic, partition, offset + 1)
      if (this.#shown >= most || out.isClosed) this.#finish()
    }
    await out.flush()
    if (out.isClosed) this.#finish()
    await heartbeat()
    if (this.isComplete) this.#finish()
  }

  /** What is left of a partition may hold no records; an embedded consumer tells so by its lag. */
  #look(consumer: Consumer): void {
    const lags = (consumer as Partial<Consumer>).lag?.() ?? []
    for (const {topic, partition, lag} of lags)
      if (lag === '0')
        this.#passed(
          topic,
          partition,
          this.#options.starts.find(each => each.topic === topic && each.partition === partition)?.high ?? 0,
        )
    if (this.isComplete) this.#finish()
  }

  #passed(topic: string, partition: number, position: number): void {
    if (position > this.#positionOf(topic, partition)) this.#positions.set(`${topic}-${partition}`, position)
  }

  #positionOf(topic: string, partition: number): number {
    return this.#positions.get(`${topic}-${partition}`) ?? 0
  }

  #startOf(topic: string, partition: number): StartingPoint {
    return this.#options.starts.find(each => each.topic === topic && each.partition === partition)!
  }

  #finish(): void {
    this.#isOver = true
    this.#end()
  }
}
