import assert from 'node:assert/strict'
import {crc32c} from '../../../engine/bytes/crc32c.ts'
import {decodeLeadership, type Leadership, slotsOf, VERSION_LAPS} from '../../../engine/cluster/leadership.ts'
import {STATE} from '../../../engine/cluster/replica-line.ts'
import type {TopicImage} from '../../../engine/ensemble/metadata.ts'
import {LogReader} from '../../../engine/log/log-reader.ts'
import {partitionDirectory} from '../../../engine/log/segment-files.ts'
import {type StoredBatch, shown} from '../partition.ts'
import type {Reached} from '../reached.ts'
import type {ReachedName} from './named-events.ts'
import {PartitionLedger} from './partition-ledger.ts'
import type {SimDisk} from './sim-disk.ts'
import {BROKER_DIRS, type SimProcess} from './sim-process.ts'

/** One row of the map, in one life of the process. */
interface Row {
  readonly number: number
  readonly ledger: PartitionLedger
  slots: readonly number[]
  word: bigint
  /** Slot of the last leader: readers stay with it while there is none. */
  lastLeader: number
  /** The greatest high watermark that the leader of each epoch has shown. */
  epoch: number
  highWatermark: number
}

/**
 * The promises of a cluster (charter, I1 to I6 and the rules of replication), looked at after every step: what stands in the map is
 * held against what stood there before, and every record that comes below a high watermark is read from the files of all
 * who are in sync.
 */
export class Ledger {
  readonly partitions = new Map<string, PartitionLedger>()
  readonly #disk: SimDisk
  #process: SimProcess | undefined
  #rows: Row[] = []
  #applied = -1

  readonly #reached: Reached<ReachedName>
  readonly #trace: (line: string) => void
  #holder = 0

  constructor(disk: SimDisk, reached: Reached<ReachedName>, trace: (line: string) => void) {
    this.#disk = disk
    this.#reached = reached
    this.#trace = trace
  }

  /** Brokers that may lack what they are in sync with, until they follow again: their dir was wiped, or power was lost. */
  readonly lacking = new Set<number>()

  /** The process is about to end. */
  endProcess(): void {
    this.check()
    this.lacking.clear()
    for (const {number, ledger} of this.#rows) {
      const {leader, leaderEpoch, deleted} = this.#process!.map.row(number).leadership
      if (deleted) continue
      const broker = this.leaderOf(number)
      const leads = leader >= 0 && this.#process!.map.row(number).replica(leader).followedEpoch === leaderEpoch
      ledger.endProcess(leads ? broker : -1, broker)
    }
  }

  /** What was not synced may be gone, of each broker something else. */
  losePower(): void {
    for (const ledger of this.partitions.values()) ledger.losePower()
  }

  /** A new life of the process: the map is blank. */
  begin(process: SimProcess): void {
    this.#process = process
    this.#rows = []
    this.#applied = -1
    this.topics = []
  }

  /** Whether anything is known of this life of the process: until then there seem to be no rows. */
  get hasLearned(): boolean {
    return this.#applied >= 0
  }

  get rows(): readonly Row[] {
    return this.#rows
  }

  of(topicId: string, partition: number): PartitionLedger | undefined {
    return this.partitions.get(`${topicId}/${partition}`)
  }

  /** Topics as the most advanced coordinator knows them. */
  topics: readonly TopicImage[] = []

  check(): void {
    this.#learnRows()
    const {holder} = this.#process!.map.lease.read()
    if (holder !== this.#holder && this.#holder > 0 && holder > 0)
      this.#reached.add('another coordinator holds the lease')
    this.#holder = holder
    for (const row of this.#rows) this.#checkRow(row)
  }

  /** Broker of the leader of a row. */
  leaderOf(number: number): number {
    const {map} = this.#process!
    const row = map.row(number)
    const {leader} = row.leadership
    return leader < 0 ? -1 : map.brokerOf(row.replica(leader).host)
  }

  /** All that was ever visible, and every ack, is in the files of every replica in sync. */
  checkAll(): void {
    this.check()
    for (const row of this.#rows) {
      const {ledger} = row
      const {leader, isr, deleted} = decodeLeadership(row.word)
      if (deleted) continue
      ledger.checkAll()
      if (leader < 0) continue
      for (const slot of membersOf(row, isr)) {
        const found = this.#read(row, slot, 0, ledger.visibleEnd)
        this.#same(row, slot, found, ledger.batches, 0)
      }
    }
  }

  #learnRows(): void {
    const process = this.#process!
    for (const [id, {coordinator}] of process.coordinators) {
      const {applied} = process.map.coordinator(id)
      if (applied <= this.#applied || coordinator.image.startId !== process.config.startId) continue
      this.#applied = applied
      this.topics = coordinator.image.topics
      for (const topic of this.topics)
        for (const [index, partition] of topic.partitions.entries()) this.#learn(topic, index, partition)
      for (const row of this.#rows) {
        const present = coordinator.image.partitionAt(row.number)
        if (present === undefined) this.partitions.delete(`${row.ledger.topicId}/${row.ledger.partition}`)
      }
    }
  }

  #learn(
    {topicId, name, config}: TopicImage,
    index: number,
    {row, slots}: {row: number; slots: readonly number[]},
  ): void {
    const known = this.#rows.find(({number}) => number === row)
    if (known !== undefined) {
      known.slots = slots
      return
    }
    const key = `${topicId}/${index}`
    const ledger =
      this.partitions.get(key) ?? new PartitionLedger(topicId, name, index, config['cleanup.policy'] === 'compact')
    this.partitions.set(key, ledger)
    this.#rows.push({number: row, ledger, slots, word: 0n, lastLeader: -1, epoch: -1, highWatermark: 0})
  }

  #checkRow(row: Row): void {
    const {map} = this.#process!
    const {word} = map.row(row.number)
    if (word !== row.word) this.#checkChange(row, word)
    const {leader, leaderEpoch, isr, deleted} = map.row(row.number).leadership
    if (leader >= 0) row.lastLeader = leader
    if (deleted || row.lastLeader < 0) return
    const line = map.row(row.number).replica(row.lastLeader)
    if (leader < 0 || line.followedEpoch !== leaderEpoch) {
      // it does not serve yet, and readers see what it knows to have been visible; after a power cut that may end within a batch
      this.#show(row, row.lastLeader, line.highWatermark)
      return
    }
    if (row.epoch !== leaderEpoch) {
      row.epoch = leaderEpoch
      row.highWatermark = 0
    }
    const {highWatermark} = line
    if (highWatermark === row.highWatermark) return
    assert.ok(highWatermark > row.highWatermark, `${row.ledger.name}: the high watermark of a leader never moves back`)
    row.highWatermark = highWatermark
    const {visibleEnd} = row.ledger
    const found = this.#show(row, leader, highWatermark)
    if (found.length > 0) {
      assert.equal(found.at(-1)?.nextOffset, highWatermark, `${row.ledger.name}: the leader has all that it shows`)
      for (const slot of membersOf(row, isr)) {
        const isGone = this.lacking.has(row.slots[slot]!) && !this.#follows(row, slot)
        if (!isGone) this.#same(row, slot, this.#read(row, slot, visibleEnd, highWatermark), found, visibleEnd)
      }
    }
    for (const slot of slotsOf(isr)) {
      const member = map.row(row.number).replica(slot)
      if (member.followedEpoch === leaderEpoch)
        assert.ok(
          member.writtenEnd >= highWatermark,
          `${row.ledger.name}: slot ${slot} is in sync and has ${member.writtenEnd} of ${highWatermark}`,
        )
    }
    row.ledger.synced(Math.min(line.syncedWatermark, row.ledger.visibleEnd))
  }

  /** What a leader shows that was never visible before is from now on. Returns it. */
  #show(row: Row, leader: number, highWatermark: number): readonly StoredBatch[] {
    const {visibleEnd} = row.ledger
    if (highWatermark <= visibleEnd) return []
    const found = this.#read(row, leader, visibleEnd, highWatermark)
    row.ledger.show(found)
    return found
  }

  #checkChange(row: Row, word: bigint): void {
    const before = decodeLeadership(row.word)
    const after = decodeLeadership(word)
    const {name} = row.ledger
    this.#trace(`${name} row ${row.number} slots ${row.slots}: ${JSON.stringify(after)}`)
    row.word = word
    this.#count(before, after)
    if (row.epoch < 0 && before.leader < 0 && after.leader >= 0)
      row.ledger.doWithout(broker => {
        const slot = row.slots.indexOf(broker)
        return slot >= 0 && this.#process!.map.row(row.number).replica(slot).state === STATE.running
      })
    assert.ok(after.leaderEpoch >= before.leaderEpoch, `${name}: epochs only grow`)
    if (after.leaderEpoch === before.leaderEpoch && before.version !== after.version) {
      const ahead = (after.version - before.version + VERSION_LAPS) % VERSION_LAPS
      assert.ok(ahead < VERSION_LAPS / 2, `${name}: versions only grow`)
      assert.ok(
        after.leader === before.leader || before.leader < 0,
        `${name}: an epoch has one leader, not ${before.leader} and ${after.leader}`,
      )
    }
  }

  #count(before: Leadership, after: Leadership): void {
    if (after.deleted) this.#reached.add('a topic is deleted')
    else if (after.leader < 0) this.#reached.add('nobody leads')
    else if (before.leader >= 0 && after.leaderEpoch !== before.leaderEpoch)
      this.#reached.add(after.leader === before.leader ? 'a leader in its own place again' : 'another leader')
    if (before.leader < 0 || after.leader < 0) return
    if ((before.isr & ~after.isr) !== 0) this.#reached.add('a replica leaves the ISR')
    if ((after.isr & ~before.isr) !== 0) this.#reached.add('a replica enters the ISR')
  }

  /** Whether the replica runs, and follows the leader there is. */
  #follows(row: Row, slot: number): boolean {
    const {map} = this.#process!
    const {host, followedEpoch} = map.row(row.number).replica(slot)
    return host >= 0 && !map.host(host).hasEnded && followedEpoch === map.row(row.number).leadership.leaderEpoch
  }

  #same(row: Row, slot: number, found: readonly StoredBatch[], expected: readonly StoredBatch[], from: number): void {
    if (row.ledger.isCompacted) {
      row.ledger.checkCompacted(found, from, `${row.ledger.name}: broker ${row.slots[slot]}`)
      return
    }
    const same = found.length === expected.length && found.every((batch, i) => batch.bytes.equals(expected[i]!.bytes))
    if (same) return
    const offsets = (batches: readonly StoredBatch[]) => batches.map(({baseOffset}) => baseOffset).join()
    assert.fail(
      `${row.ledger.name}: broker ${row.slots[slot]} is in sync and has other bytes: batches ${offsets(found)}, not ${offsets(expected)}`,
    )
  }

  #read(row: Row, slot: number, from: number, limit: number): StoredBatch[] {
    const dir = `${BROKER_DIRS[row.slots[slot]!]}/${partitionDirectory(row.ledger.topic, row.ledger.partition)}`
    return this.#disk.unwatched(() => {
      const source = {storage: this.#disk, dir, arena: undefined, crc32c, logStartOffset: () => 0}
      const reader = new LogReader(source, 4096)
      const batches: StoredBatch[] = []
      try {
        for (let offset = from; offset < limit && reader.read(offset, limit); offset = reader.nextOffset)
          batches.push(...shown(reader))
      } catch (error) {
        assert.fail(
          `${row.ledger.name}: broker ${row.slots[slot]} is in sync and cannot be read from ${from} to ${limit}: ${error}`,
        )
      } finally {
        reader.close()
      }
      return batches
    })
  }
}

/** Slots of an ISR that have files to look into: one that was given up by a change the lease holder has yet to apply stands in the word, and has no broker any more. */
function membersOf({slots}: Row, isr: number): number[] {
  return slotsOf(isr).filter(slot => slots[slot]! >= 0)
}
