import assert from 'node:assert/strict'
import {crc32c} from '../../engine/bytes/crc32c.ts'
import {ClusterMap} from '../../engine/cluster/cluster-map.ts'
import type {Letter} from '../../engine/cluster/mail.ts'
import type {MetadataSnapshot} from '../../engine/ensemble/consensus.ts'
import {ensureNamed, prepareCoordinators} from '../../engine/ensemble/coordinator-dirs.ts'
import {Ensemble} from '../../engine/ensemble/ensemble.ts'
import {MetadataLog} from '../../engine/ensemble/metadata-log.ts'
import {allocateArena} from '../../engine/memory/arena.ts'
import type {Chance} from '../faults/chance.ts'
import {DiskFaults} from './disk-faults.ts'
import type {Survival} from './inode.ts'
import {MemoryDisk} from './memory-disk.ts'

export const SESSION_MS = 1000
const ARENA = allocateArena({windows: 1, windowBytes: 65_536, indexEntries: 1})
const NO_BROKER = {brokers: 1, hostsABroker: 1}

/** What all changes up to some offset come to, here: how many, and a sum that depends on each and on their order. */
const EMPTY: MetadataSnapshot = {brokers: [], topics: [], nextRow: 0, nextProducerId: 0}

function applied(image: MetadataSnapshot, id: number): MetadataSnapshot {
  return {...image, nextRow: image.nextRow + 1, nextProducerId: (image.nextProducerId * 31 + id) % 1_000_003}
}

/** One coordinator: its disk, which outlives it, and while it runs the ensemble's part. */
class Member {
  readonly id: number
  disk = new MemoryDisk()
  ensemble: Ensemble | undefined
  log: MetadataLog | undefined
  incarnation = 0
  /** Whether its log holds all that it ever acknowledged, as far as is known. */
  isIntact = true
  /** It does nothing before. */
  stalledUntil = 0
  /** Its disk has forgotten what was not synced, the record of how far the log was synced among it, since it ran last. */
  lostPower = false
  image = EMPTY
  inbox: Letter[] = []
  /** Changes that its log has ever stored: epoch and offset. */
  readonly stored = new Set<string>()

  constructor(id: number) {
    this.id = id
  }

  get dir() {
    return {id: this.id, storage: this.disk, path: '/coordinator'}
  }
}

/** What the letters of a run may meet with: one in so many is lost, comes twice, or waits. */
export interface Weather {
  readonly lost: number
  readonly twice: number
}

/** An ensemble in one thread, and a ledger of what it agreed on. */
export class EnsembleBed {
  readonly members: readonly Member[]
  readonly majority: number
  map: ClusterMap
  nowMs = 1
  weather: Weather | undefined
  snapshotChanges = 12
  letterChanges = 4096
  readonly #chance: Chance
  #clusterId = ''
  #letters: Letter[] = []
  #nextId = 1
  /** Every change that was ever committed, in order, and what they come to after each. */
  readonly ledger: {readonly offset: number; readonly epoch: number; readonly id: number}[] = []
  readonly #images: MetadataSnapshot[] = [EMPTY]
  readonly #holders = new Map<number, string>()
  proposed = 0

  constructor(count: number, chance: Chance) {
    this.#chance = chance
    this.members = Array.from({length: count}, (_, i) => new Member(i + 1))
    this.majority = (count + 1) / 2
    this.map = ClusterMap.allocate({coordinators: count, ...NO_BROKER})
    this.prepare()
  }

  get running(): Member[] {
    return this.members.filter(member => member.ensemble !== undefined)
  }

  get awake(): Member[] {
    return this.running.filter(member => member.stalledUntil <= this.nowMs)
  }

  get holder(): Member | undefined {
    return this.awake.find(member => member.ensemble!.isHolder)
  }

  /** The process starts: nothing is shared but what is on the disks. */
  prepare(): void {
    this.map = ClusterMap.allocate({coordinators: this.members.length, ...NO_BROKER})
    this.#holders.clear()
    for (const member of this.members) member.incarnation = 0
    this.#clusterId = prepareCoordinators(
      this.members.map(member => member.dir),
      'id-of-the-cluster',
    )
  }

  start(member: Member): void {
    const line = this.map.coordinator(member.id)
    const incarnation = line.startAnew(this.nowMs)
    member.incarnation = incarnation
    member.inbox = []
    member.image = EMPTY
    try {
      ensureNamed(member.dir, this.#clusterId)
      const world = {storage: member.disk, dir: member.dir.path, crc32c, arena: ARENA, timeOfDayMs: () => this.nowMs}
      member.log = MetadataLog.open({...world, durability: 'synced'})
    } catch (error) {
      if ((error as {code?: string}).code === undefined) throw error
      this.kill(member)
      return
    }
    const send = (to: string, body: unknown) => this.#post({from: `coordinator-${member.id}`, to, body})
    const mailbox = {address: `coordinator-${member.id}`, send, receive: () => member.inbox.shift()}
    member.lostPower = false
    member.isIntact = member.log.quorum.intact
    member.ensemble = new Ensemble({
      id: member.id,
      incarnation,
      map: this.map,
      mailbox,
      log: member.log,
      sessionTimeoutMs: SESSION_MS,
      takeSnapshot: () => member.image,
      snapshotChanges: this.snapshotChanges,
      letterChanges: this.letterChanges,
    })
  }

  kill(member: Member): void {
    member.ensemble = undefined
    member.log = undefined
    member.inbox = []
    member.stalledUntil = 0
    member.disk.intercept = undefined
    member.disk.endProcess()
    this.map.coordinator(member.id).publishEnded(member.incarnation)
  }

  /** A thread dies, and the disk forgets what it likes of what was not synced. */
  losePower(member: Member): void {
    this.kill(member)
    member.lostPower = true
    member.disk.losePower(this.#survival())
  }

  loseAllPower(): void {
    for (const member of this.members) this.losePower(member)
    this.#letters = []
    this.prepare()
  }

  /** The dir is gone. Only of a coordinator that does not run. */
  wipe(member: Member): void {
    member.isIntact = false
    member.disk = new MemoryDisk()
  }

  /** Turns a byte of the log. Whether that is damage or a torn tail is not known where a power cut took the record of it as well. */
  damage(member: Member): void {
    if (member.lostPower) return
    const logs = [...member.disk.contents()].filter(([path, bytes]) => path.endsWith('.log') && bytes.length > 0)
    if (logs.length === 0) return
    const [path, bytes] = this.#chance.pick(logs)
    bytes[this.#chance.below(bytes.length)]! ^= 0x55
    member.disk.put(path, bytes)
    member.isIntact = false
  }

  failDisk(member: Member): void {
    const nth = 1 + this.#chance.below(20)
    const fails = this.#chance.pick(['EIO', 'ENOSPC'])
    const times = this.#chance.pick([1, 1, 5])
    member.disk.intercept = new DiskFaults({kind: 'any', nth, fails, times}).intercept
  }

  propose(member: Member, count: number): void {
    const ids = Array.from({length: count}, () => this.#nextId++)
    this.proposed += count
    member.ensemble!.propose(ids.map(nextProducerId => ({type: 'producerIdsTaken', nextProducerId})))
  }

  /** One round of a coordinator. */
  run(member: Member): number {
    const ensemble = member.ensemble!
    const work = ensemble.tick(this.nowMs)
    this.#learn(member)
    if (ensemble.hasFailed) this.kill(member)
    return work
  }

  /** Hands over the oldest letter that came for it. */
  read(member: Member): boolean {
    const letter = member.inbox.shift()
    if (letter === undefined) return false
    assert.ok(member.ensemble!.handle(letter, this.nowMs))
    this.#learn(member)
    return true
  }

  /** Everything there is to do is done, until nothing is left or some time has passed. */
  settle(): void {
    for (let rounds = 0; rounds < 50; rounds++) {
      let work = 0
      for (const member of this.awake) {
        while (member.ensemble !== undefined && this.read(member)) work++
        if (member.ensemble !== undefined) work += this.run(member)
      }
      if (work === 0) return
    }
  }

  #post(letter: Letter): void {
    const {weather} = this
    const times =
      weather === undefined ? 1 : this.#chance.oneIn(weather.lost) ? 0 : this.#chance.oneIn(weather.twice) ? 2 : 1
    const member = this.members[Number(letter.to.slice('coordinator-'.length)) - 1]!
    for (let i = 0; i < times; i++) {
      if (weather !== undefined && i === 1) this.#letters.push(letter)
      else member.inbox.push(letter)
    }
    // a letter that comes twice comes late
    if (this.#letters.length > 0 && this.#chance.oneIn(3)) {
      const late = this.#letters.shift()!
      this.members[Number(late.to.slice('coordinator-'.length)) - 1]!.inbox.push(late)
    }
  }

  /** Takes what the coordinator says was agreed, and holds it against what was agreed before. */
  #learn(member: Member): void {
    const ensemble = member.ensemble!
    this.#noteStored(member)
    member.isIntact = ensemble.isIntact
    for (const committed of ensemble.takeCommitted()) {
      if (committed.type === 'snapshot') {
        const count = this.ledger.filter(({offset}) => offset < committed.endOffset).length
        assert.deepEqual(committed.snapshot, this.#images[count], 'a snapshot is what was committed below its end')
        member.image = committed.snapshot
        continue
      }
      const {offset, epoch, change} = committed
      if (change.type === 'epochStarted') continue
      assert.ok(change.type === 'producerIdsTaken')
      const id = change.nextProducerId
      const index = member.image.nextRow
      if (index === this.ledger.length) this.#commit({offset, epoch, id})
      assert.deepEqual({offset, epoch, id}, this.ledger[index], 'everybody learns the same, in the same order')
      member.image = applied(member.image, id)
    }
    if (ensemble.isHolder) {
      const name = `${member.id}.${member.incarnation}`
      assert.equal(this.#holders.get(ensemble.epoch) ?? name, name, 'an epoch has one holder')
      this.#holders.set(ensemble.epoch, name)
    }
  }

  #noteStored(member: Member): void {
    const log = member.log!
    for (const {epoch, base, end, changes} of log.batchesBehind(log.start, Number.POSITIVE_INFINITY)) {
      if (end > log.storedEnd) return
      for (let i = 0; i < changes.length; i++) member.stored.add(`${epoch}:${base + i}`)
    }
  }

  #commit(change: {offset: number; epoch: number; id: number}): void {
    assert.ok(change.offset > (this.ledger.at(-1)?.offset ?? -1), 'offsets ascend')
    const key = `${change.epoch}:${change.offset}`
    const count = this.members.filter(member => member.stored.has(key)).length
    assert.ok(count >= this.majority, `what is committed is stored on a majority: ${count} of ${this.members.length}`)
    this.ledger.push(change)
    this.#images.push(applied(this.#images.at(-1)!, change.id))
  }

  #survival(): Survival {
    const chance = this.#chance
    // as often as not nothing survives that was not synced
    if (chance.oneIn(2)) return {changes: () => 0, bytes: () => 0}
    return {changes: count => chance.below(count + 1), bytes: count => chance.below(count + 1)}
  }
}
