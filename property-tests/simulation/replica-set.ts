/** Hosts with replicas of one partition in one thread: disks in memory, a clock, letters and leadership words are the test's. */
import {crc32c} from '../../engine/bytes/crc32c.ts'
import {ClusterMap} from '../../engine/cluster/cluster-map.ts'
import {type Leadership, NO_LEADERSHIP} from '../../engine/cluster/leadership.ts'
import type {Letter, Mailbox} from '../../engine/cluster/mail.ts'
import {errorCodeOf} from '../../engine/errors.ts'
import {WINDOW_BYTES, WINDOW_INDEX_ENTRIES} from '../../engine/limits.ts'
import {LOG_CONFIG_DEFAULTS, type LogConfig} from '../../engine/log/log-config.ts'
import {allocateArena} from '../../engine/memory/arena.ts'
import {APPEND_NEEDS, allocateInbox, InboxSender, REQUEST, type Reply} from '../../engine/memory/inbox.ts'
import {HostAgent} from '../../workers/host-agent.ts'
import type {HostMessage} from '../../workers/host-orders.ts'
import {MemoryDisk} from './memory-disk.ts'

export const TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAQ'
const SLOTS = 32
const THREAD = 0

/** Letters that wait for one host. */
class HeldMailbox implements Mailbox {
  readonly address: string
  readonly letters: Letter[] = []
  readonly sent: {readonly type: string}[] = []

  constructor(address: string) {
    this.address = address
  }

  send(_to: string, body: {readonly type: string}): void {
    this.sent.push(body)
  }

  receive(): Letter | undefined {
    return this.letters.shift()
  }
}

export interface ReplicaSetOptions {
  readonly replicas: number
  readonly config?: Partial<LogConfig>
  readonly durability?: 'written' | 'synced'
  readonly minInsyncReplicas?: number
  readonly replicaLagTimeMaxMs?: number
  /** What an earlier process left. */
  readonly left?: {readonly disk: MemoryDisk; readonly highWatermark: number}
}

/** Replica `n` stands on host `n` of broker `n + 1`, in slot `n` of row 0. */
export class ReplicaSet {
  readonly map: ClusterMap
  /** A disk each: what befalls one leaves the others alone. */
  readonly disk: MemoryDisk
  readonly hosts: (HostAgent | undefined)[] = []
  readonly #mailboxes: HeldMailbox[] = []
  readonly #inboxes: InboxSender[] = []
  readonly #arenas: SharedArrayBuffer[]
  readonly #options: ReplicaSetOptions
  nowMs = 0

  constructor(options: ReplicaSetOptions) {
    this.#options = options
    this.disk = options.left?.disk ?? new MemoryDisk()
    this.map = ClusterMap.allocate({coordinators: 1, brokers: options.replicas, hostsABroker: 1})
    this.map.threads.claim(1)
    this.#arenas = Array.from({length: options.replicas}, () =>
      allocateArena({windows: 2, windowBytes: WINDOW_BYTES, indexEntries: WINDOW_INDEX_ENTRIES}),
    )
    for (let host = 0; host < options.replicas; host++) this.start(host)
  }

  get row() {
    return this.map.row(0)
  }

  /** Starts a host and has it host its replica. */
  start(host: number): void {
    const line = this.map.host(host)
    this.row.replica(host).leaveEpoch()
    this.row.replica(host).publishState(0)
    line.startAnew(this.nowMs)
    const mailbox = new HeldMailbox(`host-${host}`)
    this.#mailboxes[host] = mailbox
    const memory = allocateInbox(SLOTS)
    const inbox = new InboxSender(memory)
    this.#inboxes[host] = inbox
    this.tell(host, {type: 'attach', thread: THREAD, name: `${line.incarnation}`, inbox: memory, from: inbox.submitted})
    const {config, durability = 'written', minInsyncReplicas = 1, replicaLagTimeMaxMs = 1000, left} = this.#options
    this.tell(host, {
      type: 'host',
      row: 0,
      slot: host,
      topic: 'orders',
      topicId: TOPIC_ID,
      partition: 0,
      isNew: false,
      config: {...LOG_CONFIG_DEFAULTS, ...config},
      options: {durability, flushMessages: -1, flushMs: -1, retentionCheckMs: 300_000, cleanerBackoffMs: 15_000},
      rules: {minInsyncReplicas, replicaLagTimeMaxMs},
      recovery: {
        wasThere: left !== undefined,
        clean: false,
        recoveryPoint: 0,
        logStartOffset: 0,
        cleanedEnd: 0,
        highWatermark: left?.highWatermark ?? 0,
      },
      quarantine: `/quarantine/broker-${host + 1}`,
    })
    this.disk.makeDirectory(this.dirOf(host))
    this.hosts[host] = new HostAgent({
      storage: this.disk,
      crc32c,
      brokerDirs: ['', ...Array.from({length: this.#options.replicas}, (_, i) => this.dirOf(i))],
      map: this.map,
      number: host,
      mailbox,
      clock: {monotonicMs: () => this.nowMs, wallMs: () => 1_000_000 + this.nowMs},
      arenas: this.#arenas,
      sleep: () => {},
    })
  }

  dirOf(host: number): string {
    return `/broker-${host + 1}`
  }

  tell(host: number, body: HostMessage): void {
    this.#mailboxes[host]!.letters.push({from: 'test', to: `host-${host}`, body})
    this.map.host(host).doorbell.ring(62)
  }

  /** What a host has asked others for, of a kind. */
  sentBy(host: number, type: string): readonly {readonly type: string}[] {
    return this.#mailboxes[host]!.sent.filter(body => body.type === type)
  }

  /** The thread is gone, and all that it had in its own memory. */
  kill(host: number): void {
    this.hosts[host] = undefined
    this.map.host(host).publishEnded(this.map.host(host).incarnation)
  }

  /** Changes the leadership as a coordinator does. */
  lead(change: Partial<Leadership>): void {
    const {word, leadership} = this.row
    const before = word === 0n ? NO_LEADERSHIP : leadership
    const isNew = change.leader !== undefined && change.leader !== before.leader
    const leaderEpoch = before.leaderEpoch + (isNew && word !== 0n ? 1 : 0)
    this.row.exchangeLeadership(word, {...before, leaderEpoch, version: before.version + 1, ...change})
    for (let host = 0; host < this.hosts.length; host++) this.map.ringHost(host, 0)
  }

  /** Grants what the leader proposes, as a coordinator does. */
  grant(): void {
    const {leadership} = this.row
    if (leadership.leader < 0) return
    const wanted = this.row.proposal(leadership.leader)
    if (
      wanted.leaderEpoch === leadership.leaderEpoch &&
      wanted.version === leadership.version &&
      wanted.isr !== leadership.isr
    )
      this.lead({isr: wanted.isr})
  }

  step(host: number): number {
    return this.hosts[host]?.doWork() ?? 0
  }

  /** Rounds until no host has anything to do. */
  settle(): void {
    for (let round = 0; round < 1000; round++) {
      let work = 0
      for (const host of this.hosts.keys()) work += this.step(host)
      if (work === 0) return
    }
    throw new Error('the hosts never come to rest')
  }

  /** Sends a batch to a host; gives a look at the answer: an offset, an error's name, or nothing yet. */
  append(host: number, bytes: Uint8Array, needsMinIsr = false, needsSync = false): () => number | string | undefined {
    const inbox = this.#inboxes[host]!
    const slot = inbox.claim(bytes.length)
    if (slot < 0) return () => 'FULL'
    const argument = (needsMinIsr ? APPEND_NEEDS.minIsr : 0) | (needsSync ? APPEND_NEEDS.sync : 0)
    inbox.submit(slot, {kind: REQUEST.append, bytes, argument, row: 0})
    this.map.host(host).doorbell.ring(THREAD)
    const reply: Reply = {status: 0, baseOffset: 0, timestamp: 0}
    let answer: number | string | undefined
    return () => {
      if (answer !== undefined || !inbox.isDone(slot)) return answer
      inbox.readReply(slot, reply)
      inbox.free(slot, bytes.length)
      answer = reply.status === 0 ? reply.baseOffset : errorCodeOf(reply.status)
      return answer
    }
  }

  /** The bytes of a replica's log, all segments in a row. */
  logOf(host: number): Buffer {
    const dir = `${this.dirOf(host)}/orders-0`
    const names = (this.disk.list(dir) ?? []).map(({name}) => name).filter(name => name.endsWith('.log'))
    return Buffer.concat(names.sort().map(name => this.disk.bytes(`${dir}/${name}`)))
  }
}
