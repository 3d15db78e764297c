import type {ClusterMap} from '../engine/cluster/cluster-map.ts'
import type {Address, Mailbox} from '../engine/cluster/mail.ts'
import {THREAD} from '../engine/cluster/thread-line.ts'
import type {MetadataImage} from '../engine/coordinator/metadata-image.ts'
import type {AnswerBody, Results} from '../engine/coordinator/requests.ts'
import type {ErrorCode} from '../engine/errors.ts'
import {OFFSETS_TOPIC} from '../engine/group/group-partition.ts'
import type {RandomBytes} from '../engine/log/data-dir.ts'
import type {Ask, ClientLetter, ClientRequest} from './broker-letters.ts'
import type {ClusterConfig} from './cluster-config.ts'
import type {CoordinatorCalls} from './coordinator-calls.ts'
import {offsetsTopic} from './offsets-topic.ts'

/** What came of a request. */
export type ClientOutcome =
  | {readonly result: unknown; readonly error?: undefined}
  | {readonly error: ErrorCode; readonly message: string}

/** A request, and who hears of it. */
interface Asked {
  readonly request: ClientRequest
  readonly deadlineMs: number
  /** What it is called at every broker that it is asked of, where it may be asked of several. */
  readonly name: string | undefined
  readonly tell: (outcome: ClientOutcome) => void
}

/** An answer that waits until what it speaks of can be seen everywhere. */
interface Waiting {
  readonly tell: (outcome: ClientOutcome) => void
  /** Every broker has taken in the metadata up to here. */
  readonly end: number
  /** Topics whose partitions must have leaders that serve. */
  readonly topics: readonly string[]
  /** Only this one of them must, where it is given. */
  readonly partition?: number | undefined
  /** Partitions of the topics, one behind the other, that were found to have such a leader; they are not looked at again. */
  served: number
  /** Undefined where the topic that was asked for is gone. */
  readonly result: (image: MetadataImage) => unknown
  readonly sinceMs: number
}

type TopicRequest = Extract<ClientRequest, {type: 'topic'}>

/** How long it may take until brokers and leaders are where the metadata says. */
const VISIBLE_MS_MAX = 30_000
/** Whoever waits does so longer than it must by one part in so many, and by no more than this. */
const LOOKS_A_WAIT = 10
const LOOK_AGAIN_MS_MAX = 100

/** What clients ask of a broker: it goes on to the coordinators, and is answered once the outcome is visible everywhere. */
export class ClientRequests {
  readonly #map: ClusterMap
  readonly #mailbox: Mailbox
  readonly #calls: CoordinatorCalls
  readonly #config: ClusterConfig
  readonly #randomBytes: RandomBytes
  #asks: Asked[] = []
  #waiting: Waiting[] = []
  /** What was asked and is not answered yet: asked again meanwhile, it is the same. */
  readonly #open = new Set<string>()

  constructor(
    map: ClusterMap,
    mailbox: Mailbox,
    calls: CoordinatorCalls,
    options: {config: ClusterConfig; randomBytes: RandomBytes},
  ) {
    this.#map = map
    this.#mailbox = mailbox
    this.#calls = calls
    this.#config = options.config
    this.#randomBytes = options.randomBytes
  }

  /** When to look again at what is to be seen everywhere, as nobody rings for that: the longer it has taken the later. */
  dueInMs(nowMs: number): number {
    let due = Number.POSITIVE_INFINITY
    for (const {sinceMs} of this.#waiting)
      due = Math.min(due, Math.min(LOOK_AGAIN_MS_MAX, Math.max(1, (nowMs - sinceMs) / LOOKS_A_WAIT)))
    return due
  }

  /** A letter of a thread of this process: asked again, it is the same. */
  ask(from: Address, {id, request, deadlineMs}: Ask): void {
    const name = nameOf(from, id)
    if (this.#open.has(name)) return
    this.#open.add(name)
    this.request(request, {deadlineMs, name}, outcome => {
      this.#open.delete(name)
      this.#mailbox.send(from, {type: 'told', id, ...outcome} as ClientLetter)
    })
  }

  /** Asked by this broker itself, for a client of its own. */
  request(
    request: ClientRequest,
    {deadlineMs, name}: {deadlineMs: number; name?: string},
    tell: (outcome: ClientOutcome) => void,
  ): void {
    this.#asks.push({request, deadlineMs, name, tell})
  }

  round(image: MetadataImage, nowMs: number): number {
    const asks = this.#asks
    this.#asks = []
    for (const ask of asks) this.#begin(image, ask, nowMs)
    const waiting = this.#waiting
    this.#waiting = []
    let told = 0
    for (const each of waiting) {
      if (this.#isVisible(image, each)) {
        told++
        const result = each.result(image)
        if (result === undefined) {
          const message = `topic ${each.topics[0]} was deleted meanwhile`
          each.tell({error: 'UNKNOWN_TOPIC_OR_PARTITION', message})
        } else each.tell({result})
      } else if (nowMs > each.sinceMs + VISIBLE_MS_MAX) {
        told++
        const message = `it is done, but not every leader was there within ${VISIBLE_MS_MAX} ms`
        each.tell({error: 'LEADER_NOT_AVAILABLE', message})
      } else this.#waiting.push(each)
    }
    return asks.length + told
  }

  #begin(image: MetadataImage, asked: Asked, nowMs: number): void {
    const {request, deadlineMs, name, tell} = asked
    if (request.type === 'topic') {
      this.#topic(image, request, asked, nowMs)
      return
    }
    const answered = (answer: AnswerBody): void => {
      if ('error' in answer) tell({error: answer.error, message: answer.message})
      else this.#await({tell, nowMs, end: answer.end, topics: topicsOf(request), result: () => answer.result})
    }
    this.#calls.ask(request, nowMs, answered, callOf(name, deadlineMs))
  }

  #topic(
    image: MetadataImage,
    {name, create, partition}: TopicRequest,
    {name: callName, deadlineMs, tell}: Asked,
    nowMs: number,
  ): void {
    const result = (now: MetadataImage): unknown => now.topicNamed(name)
    if (image.topicNamed(name) !== undefined) {
      this.#await({tell, nowMs, end: 0, topics: [name], partition, result})
      return
    }
    if (!create || !this.#config.autoCreateTopics) {
      tell({error: 'UNKNOWN_TOPIC_OR_PARTITION', message: `there is no topic ${name}`})
      return
    }
    const topicId = Buffer.from(this.#randomBytes(16)).toString('base64url')
    const created = (answer: AnswerBody): void => {
      if ('error' in answer) {
        tell({error: answer.error, message: answer.message})
        return
      }
      const [outcome] = answer.result as Results['createTopics']
      // somebody else was first
      if (outcome?.error !== undefined && outcome.error !== 'TOPIC_ALREADY_EXISTS')
        tell({error: outcome.error, message: outcome.message})
      else this.#await({tell, nowMs, end: answer.end, topics: [name], partition, result})
    }
    const topic = name === OFFSETS_TOPIC ? offsetsTopic(topicId) : {name, topicId}
    this.#calls.ask({type: 'createTopics', topics: [topic]}, nowMs, created, callOf(callName, deadlineMs))
  }

  #await({nowMs, ...waiting}: Omit<Waiting, 'sinceMs' | 'served'> & {nowMs: number}): void {
    this.#waiting.push({...waiting, served: 0, sinceMs: nowMs})
  }

  #isVisible(image: MetadataImage, waiting: Waiting): boolean {
    for (const {id, fenced} of image.brokers) {
      const line = this.#map.broker(id)
      if (!fenced && !line.hasEnded && line.state === THREAD.running && line.applied < waiting.end) return false
    }
    let first = 0
    for (const name of waiting.topics) {
      const all = image.topicNamed(name)?.partitions ?? []
      const partitions = waiting.partition === undefined ? all : all.slice(waiting.partition, waiting.partition + 1)
      for (let i = Math.max(0, waiting.served - first); i < partitions.length; i++) {
        if (!this.#map.row(partitions[i]!.row).isServed) return false
        waiting.served = first + i + 1
      }
      first += partitions.length
    }
    return true
  }
}

/** What a client asks for has the same name at every broker that it asks. */
function nameOf(from: Address, id: number): string {
  return `${from} ${id}`
}

function callOf(name: string | undefined, deadlineMs: number): {name?: string; deadlineMs: number} {
  return name === undefined ? {deadlineMs} : {name, deadlineMs}
}

/** Topics that must be served everywhere before the request counts as done. */
function topicsOf(request: ClientRequest): string[] {
  if ((request.type === 'createTopics' || request.type === 'createPartitions') && request.validateOnly !== true)
    return request.topics.map(({name}) => name)
  return []
}
