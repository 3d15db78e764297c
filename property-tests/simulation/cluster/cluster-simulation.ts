import assert from 'node:assert/strict'
import type {Taken} from '../../../client/send.ts'
import {AssertionFailed} from '../../../engine/assert.ts'
import type {OdradekError} from '../../../engine/errors.ts'
import {Chance} from '../../faults/chance.ts'
import type {DiskCallKind} from '../memory-disk.ts'
import {Reached} from '../reached.ts'
import {Ledger} from './ledger.ts'
import {MemoryPool} from './memory-pool.ts'
import {diskEvent, NAMED_EVENTS, type ReachedName} from './named-events.ts'
import {FAIR} from './post-office.ts'
import {anyShape, type SimShape} from './shape.ts'
import {type ClientWatch, type SentBatch, SimClient} from './sim-client.ts'
import {SimDisk, ThreadKilled} from './sim-disk.ts'
import {BROKER_DIRS, SimProcess} from './sim-process.ts'
import type {SimThread} from './sim-thread.ts'
import {VirtualTime} from './virtual-time.ts'

const memory = new MemoryPool()
/** Threads that are in the middle of a round at a time. */
const DEPTH_MAX = 3
const IDLE_STEPS_UNCHECKED = 16

/** A whole cluster in one thread: from the same seed always the same history. */
export class ClusterSimulation implements ClientWatch {
  readonly chance: Chance
  readonly time = new VirtualTime()
  readonly disk = new SimDisk()
  readonly shape: SimShape
  readonly ledger: Ledger
  process!: SimProcess
  clients: SimClient[] = []
  /** One call to the disk in so many is where other threads get their turn. */
  interruptOneIn = Number.POSITIVE_INFINITY
  /** A thread to end in the middle of its round, after so many calls to the disk. */
  doomed: {readonly thread: SimThread; calls: number} | undefined
  diskFaults: {
    readonly dir: string
    readonly code: 'EIO' | 'ENOSPC'
    readonly oneIn: number
    readonly syncsOnly: boolean
  }[] = []
  readonly reached = new Reached<ReachedName>(NAMED_EVENTS)
  steps = 0
  acks = 0
  failures = 0
  reads = 0
  trace: ((line: string) => void) | undefined
  /** A sum over all that happened: two histories that are the same have the same. */
  fingerprint = 0
  readonly #stack: SimThread[] = []
  /** Those that can run, while one of them is chosen. */
  readonly #ready: SimThread[] = []
  #lives = 0
  #clientsMade = 0

  constructor(seed: number) {
    this.chance = new Chance(seed)
    this.shape = anyShape(this.chance)
    this.ledger = new Ledger(this.disk, this.reached, line => this.#tell(line))
    this.disk.watch({called: () => this.#diskCalled(), fails: (kind, path) => this.#diskFails(kind, path)})
    this.startProcess()
  }

  note(line: string): void {
    for (let i = 0; i < line.length; i++) this.fingerprint = (Math.imul(this.fingerprint, 31) + line.charCodeAt(i)) | 0
    this.#tell(line)
  }

  #tell(line: string): void {
    this.trace?.(`${String(this.time.nowMs).padStart(7)} ${line}`)
  }

  startProcess(): void {
    const {time, chance, disk, shape} = this
    const world = {time, chance, disk, shape, memory}
    this.process = new SimProcess(world, this.#lives++)
    this.ledger.begin(this.process)
    this.clients = []
    for (let i = 0; i < shape.clients; i++)
      this.clients.push(new SimClient(this.process, world, `c${this.#clientsMade++}`, this))
  }

  /** The whole process ends, as by kill -9; or the machine does. */
  endProcess(): void {
    this.process.end()
    for (const client of this.clients) {
      client.thread.isDead = true
      memory.giveInboxes(client.memory)
    }
    this.time.clear()
    this.diskFaults = []
    this.doomed = undefined
    this.disk.endProcess()
  }

  get threads(): SimThread[] {
    return [...this.process.threads, ...this.clients.map(({thread}) => thread)]
  }

  /** Some thread that has something to do runs a round; where there is none, time passes. */
  step(): void {
    this.steps++
    this.time.runDue()
    const {nowMs} = this.time
    const ready = this.#ready
    ready.length = 0
    for (const thread of this.process.threads) if (thread.canRun(nowMs)) ready.push(thread)
    for (const {thread} of this.clients) if (thread.canRun(nowMs)) ready.push(thread)
    const work = ready.length > 0 ? this.#run(this.chance.pick(ready)) : this.#pass()
    // a round without work has changed nothing but its thread's beat, and what a leader shows of others
    if (work > 0 || this.steps % IDLE_STEPS_UNCHECKED === 0) this.ledger.check()
  }

  #pass(): number {
    let next = this.time.nextMs
    for (const thread of this.process.threads) next = Math.min(next, thread.nextMs)
    for (const {thread} of this.clients) next = Math.min(next, thread.nextMs)
    assert.ok(next < Number.POSITIVE_INFINITY, 'somebody always has something to do later')
    this.time.nowMs = Math.max(this.time.nowMs + 1, Math.floor(next))
    return 0
  }

  #run(thread: SimThread): number {
    let work = 1
    thread.isBusy = true
    this.#stack.push(thread)
    try {
      work = thread.run(this.time.nowMs)
    } catch (error) {
      this.#ended(thread, error)
    } finally {
      // what it has shown it has shown, though it is dead
      if (thread.isDead) this.ledger.check()
      thread.isBusy = false
      this.#stack.pop()
      this.process.release()
    }
    this.note(`  ${thread.name}`)
    if (this.chance.oneIn(4)) this.time.nowMs++
    return thread.name.startsWith('host-') ? 1 : work
  }

  /** A round ended with an error: the thread is dead. That is right where the disk failed it, and else a bug. */
  #ended(thread: SimThread, error: unknown): void {
    if (!(error instanceof ThreadKilled)) {
      if (error instanceof AssertionFailed || error instanceof assert.AssertionError || !this.#hasFaults(thread))
        throw error
      this.note(`${thread.name} ends: ${(error as Error).message}`)
    }
    if (!thread.isDead) this.process.kill(thread)
  }

  #hasFaults({dir}: SimThread): boolean {
    return this.#faulted.has(dir ?? '')
  }
  readonly #faulted = new Set<string>()

  #diskCalled(): void {
    const thread = this.#stack.at(-1)
    if (thread === undefined) return
    if (this.doomed?.thread === thread && --this.doomed.calls < 0) {
      this.doomed = undefined
      this.note(`${thread.name} is killed in the middle of a round`)
      this.reached.add('a thread is killed in the middle of a round')
      this.process.kill(thread)
    }
    if (!thread.isDead && this.#stack.length < DEPTH_MAX && this.chance.oneIn(this.interruptOneIn)) {
      this.ledger.check()
      for (let steps = 1 + this.chance.below(this.chance.pick([2, 10, 60])); steps > 0; steps--) this.step()
    }
    if (thread.isDead) throw new ThreadKilled(`${thread.name} is gone`)
  }

  #diskFails(kind: DiskCallKind, path: string): 'EIO' | 'ENOSPC' | number | undefined {
    for (const {dir, code, oneIn, syncsOnly} of this.diskFaults) {
      if (!path.startsWith(dir) || (syncsOnly && kind !== 'sync') || !this.chance.oneIn(oneIn)) continue
      this.#faulted.add(dir)
      this.note(`${kind} ${path} fails: ${code}`)
      this.#loseDir(dir)
      if (kind === 'write' && code === 'ENOSPC' && this.chance.oneIn(2)) {
        // as a full disk shows at first
        this.reached.add('a write is short')
        return this.chance.below(60)
      }
      if (kind === 'sync' || kind === 'write') this.reached.add(`a ${kind} fails`)
      return code
    }
    const event = diskEvent(kind, path)
    if (event !== undefined) this.reached.add(event)
    return undefined
  }

  acked(batch: SentBatch, {baseOffset}: Taken, {row}: {row: number}): void {
    this.acks++
    const {topicId, partition, producer, sequence} = batch.records[0]!
    this.note(`acked ${producer} ${sequence} at ${baseOffset}, acks ${batch.acks} ${batch.durability}`)
    this.ledger.check()
    this.ledger.of(topicId, partition)?.acked(batch, baseOffset, this.ledger.leaderOf(row))
  }

  failed(batch: SentBatch, error: OdradekError): void {
    this.failures++
    this.reached.add('a batch is not acknowledged')
    const {producer, sequence} = batch.records[0]!
    this.note(`failed ${producer} ${sequence}: ${error.message}`)
  }

  read({topicId, partition}: {topicId: string; partition: number}, offset: number, value: Uint8Array): void {
    this.reads++
    // the leader may be in the middle of the round in which it has shown this
    if (offset >= (this.ledger.of(topicId, partition)?.visibleEnd ?? 0)) this.ledger.check()
    this.ledger.of(topicId, partition)?.read(offset, value)
  }

  /** A dir fails for a while; whoever it is that uses it. */
  failDir(fault: (typeof this.diskFaults)[number], ms: number): void {
    this.note(`${fault.dir} fails: ${fault.code}, 1 in ${fault.oneIn}`)
    this.diskFaults.push(fault)
    this.time.after(ms, () => {
      this.diskFaults = this.diskFaults.filter(other => other !== fault)
    })
  }

  /** A dir and all that is in it is gone. Nobody uses it. */
  wipe(dir: string): void {
    this.note(`${dir} is wiped`)
    this.disk.unwatched(() => removeTree(this.disk, dir))
    this.#loseDir(dir)
    const broker = BROKER_DIRS.indexOf(dir)
    if (broker > 0) this.ledger.lacking.add(broker)
  }

  #loseDir(dir: string): void {
    const broker = /broker-(\d+)/.exec(dir)
    if (broker === null) return
    for (const ledger of this.ledger.partitions.values()) ledger.loseDir(Number(broker[1]))
  }

  /** Nothing fails any more. What a disk has failed stays failed until it is started anew. */
  heal(): void {
    for (const thread of [...this.process.threads])
      if (this.#faulted.has(thread.dir ?? '') && !thread.name.startsWith('host-')) this.process.kill(thread)
    this.diskFaults = []
    this.doomed = undefined
    this.interruptOneIn = Number.POSITIVE_INFINITY
    this.process.office.weather = FAIR
    for (const thread of this.threads) thread.stalledUntilMs = Math.min(thread.stalledUntilMs, this.time.nowMs + 30)
    for (const charge of this.process.charges)
      if (charge.thread === undefined && charge.down) this.process.start(charge)
  }
}

function removeTree(disk: SimDisk, path: string): void {
  for (const {name, directory} of disk.list(path) ?? []) {
    if (directory) removeTree(disk, `${path}/${name}`)
    else disk.remove(`${path}/${name}`)
  }
  disk.removeDirectory(path)
}
