import type {EpochLine} from '../engine/broker/epoch-end.ts'
import {FetchSessions} from '../engine/broker/fetch-sessions.ts'
import type {LogDesk} from '../engine/broker/log-desk.ts'
import {PartitionAppends} from '../engine/broker/partition-appends.ts'
import {PartitionReads} from '../engine/broker/partition-reads.ts'
import {ownLine, partitionOf, type ServedPartition, type TopicKey, topicOf} from '../engine/broker/served-partition.ts'
import {WaitingFetches} from '../engine/broker/waiting-fetches.ts'
import type {Crc32c} from '../engine/bytes/crc32c.ts'
import type {MetadataImage} from '../engine/coordinator/metadata-image.ts'
import {type TopicSettings, topicSettings} from '../engine/coordinator/topic-configs.ts'
import type {TopicConfigs, TopicImage} from '../engine/ensemble/metadata.ts'
import type {ErrorCode} from '../engine/errors.ts'
import {INT32_MAX} from '../engine/limits.ts'
import {readEpochs} from '../engine/log/leader-epoch-checkpoint.ts'
import type {LogSource} from '../engine/log/log-reader.ts'
import type {KnownProducer} from '../engine/log/producer-states.ts'
import {partitionDirectory} from '../engine/log/segment-files.ts'
import type {BrokerWorld} from './broker-world.ts'
import type {GroupSurroundings} from './group-surroundings.ts'
import type {OwnPlace} from './own-place.ts'

type ProducersTold = (found: readonly KnownProducer[] | ErrorCode) => void

/** A host that does not tell of its producers for so long is not waited for. */
const PRODUCERS_MS = 5000

/** A broker's logs, for who asks over the wire: those of the partitions that it leads. */
export class WireLogs implements LogDesk {
  readonly appends: PartitionAppends
  readonly reads: PartitionReads
  readonly sessions: FetchSessions
  readonly fetches: WaitingFetches
  readonly #world: BrokerWorld & {readonly groups: GroupSurroundings}
  readonly #own: OwnPlace
  readonly #settings = new WeakMap<TopicConfigs, TopicSettings>()
  readonly #producersAsked = new Map<number, {readonly told: ProducersTold; readonly deadlineMs: number}>()
  #producersAsks = 0
  #image: MetadataImage
  #nowMs = 0

  constructor(world: BrokerWorld & {readonly groups: GroupSurroundings}, own: OwnPlace, image: MetadataImage) {
    this.#world = world
    this.#own = own
    this.#image = image
    this.appends = new PartitionAppends(world.map, () => own.taken)
    this.reads = new PartitionReads(partition => this.sourceOf(partition))
    this.sessions = new FetchSessions(() => randomId(world.randomBytes(4)))
    this.fetches = new WaitingFetches(() => own.taken)
  }

  /** Where hosts ring for what this waits for; undefined while it waits for nothing. */
  get ringPlace(): number | undefined {
    return (this.appends.isPending || this.fetches.isPending) && this.#own.place >= 0 ? this.#own.place : undefined
  }

  /** What there is, from here on: before anybody is answered. */
  follow(image: MetadataImage, nowMs: number): void {
    this.#image = image
    this.#nowMs = nowMs
  }

  round(nowMs: number): number {
    this.reads.round(nowMs)
    for (const [id, {told, deadlineMs}] of this.#producersAsked) {
      if (nowMs < deadlineMs) continue
      this.#producersAsked.delete(id)
      told('REQUEST_TIMED_OUT')
    }
    return this.appends.round(nowMs) + this.fetches.round(nowMs)
  }

  dueInMs(nowMs: number): number {
    let due = Math.min(this.appends.dueInMs(nowMs), this.fetches.dueInMs(nowMs))
    for (const {deadlineMs} of this.#producersAsked.values()) due = Math.min(due, Math.max(0, deadlineMs - nowMs))
    return due
  }

  close(nowMs: number): void {
    this.appends.close()
    this.fetches.close(nowMs)
    this.reads.close()
  }

  get crc32c(): Crc32c {
    return this.#world.groups.crc32c
  }

  partition(topic: TopicKey, index: number): ServedPartition | ErrorCode {
    const {map, id} = this.#world
    return partitionOf({image: this.#image, map, nodeId: id}, topicOf(this.#image, topic), index)
  }

  settingsOf({config}: TopicImage): TopicSettings {
    const known = this.#settings.get(config)
    if (known !== undefined) return known
    const settings = topicSettings(config, this.#world.config.topicDefaults)
    this.#settings.set(config, settings)
    return settings
  }

  sourceOf(partition: ServedPartition): LogSource {
    const {storage, groups} = this.#world
    const line = ownLine(partition)
    return {
      ...{storage, dir: this.#dirOf(partition), row: partition.rowNumber, crc32c: groups.crc32c},
      arena: line.hasArena ? groups.arenas[line.host] : undefined,
      logStartOffset: () => line.logStartOffset,
    }
  }

  epochsOf(partition: ServedPartition): EpochLine {
    const {leaderEpoch} = partition.row.leadership
    const epochs = readEpochs(this.#world.storage, this.#dirOf(partition))
    const {writtenEnd: logEndOffset} = ownLine(partition)
    // a reign without a batch so far may be on record nowhere
    if (epochs.at(-1)?.epoch !== leaderEpoch) epochs.push({epoch: leaderEpoch, startOffset: logEndOffset})
    return {epochs, logEndOffset}
  }

  readProblem(partition: ServedPartition, offset: number, error: ErrorCode): ErrorCode {
    if (error !== 'CORRUPT_MESSAGE') return error
    const line = ownLine(partition)
    if (line.damagedAt === offset) return error
    line.doubt(offset)
    if (line.host >= 0) this.#world.map.ringHost(line.host, partition.rowNumber)
    return 'KAFKA_STORAGE_ERROR'
  }

  producersOf(partition: ServedPartition, told: ProducersTold): void {
    const id = ++this.#producersAsks
    this.#producersAsked.set(id, {told, deadlineMs: this.#nowMs + PRODUCERS_MS})
    const {host} = ownLine(partition)
    this.#world.mailbox.send(`host-${host}`, {type: 'describeProducers', row: partition.rowNumber, id})
  }

  /** A host tells of its producers. */
  producersTold(id: number, producers: readonly KnownProducer[] | undefined): void {
    const asked = this.#producersAsked.get(id)
    this.#producersAsked.delete(id)
    asked?.told(producers ?? 'NOT_LEADER_OR_FOLLOWER')
  }

  #dirOf({topic, index}: ServedPartition): string {
    const {config, id} = this.#world
    return `${config.brokerDirs[id]}/${partitionDirectory(topic.name, index)}`
  }
}

function randomId(bytes: Uint8Array): number {
  return Math.max(1, Buffer.from(bytes).readUInt32BE() & INT32_MAX)
}
