import assert from 'node:assert/strict'
import {RecordWalker} from '../../../engine/record/record-walker.ts'
import type {StoredBatch} from '../partition.ts'
import {decodePayload} from './payload.ts'
import type {SentBatch} from './sim-client.ts'

/** A record that was acknowledged, and what its ack rests on. */
interface Acked {
  readonly id: string
  readonly acks: number
  readonly synced: boolean
  /** Broker that led when it was acknowledged. */
  readonly broker: number
}

/** What has been promised and seen of one partition. */
export class PartitionLedger {
  readonly topicId: string
  readonly topic: string
  readonly partition: number
  /** Batches below the greatest high watermark that was ever shown, byte for byte. */
  readonly batches: StoredBatch[] = []
  readonly ids: string[] = []
  readonly #acked = new Map<number, Acked>()
  readonly #lastSequence = new Map<string, number>()
  /** Below it everything is synced by all who are in sync. */
  #syncedEnd = 0

  /** Only the last record of each key must be there, below what was ever visible. */
  readonly isCompacted: boolean
  readonly #keys: string[] = []

  constructor(topicId: string, topic: string, partition: number, isCompacted: boolean) {
    this.isCompacted = isCompacted
    this.topicId = topicId
    this.topic = topic
    this.partition = partition
  }

  get name(): string {
    return `${this.topic}-${this.partition}`
  }

  get visibleEnd(): number {
    return this.batches.at(-1)?.nextOffset ?? 0
  }

  get ackedCount(): number {
    return this.#acked.size
  }

  /** Batches have come below the high watermark. */
  show(batches: readonly StoredBatch[]): void {
    for (const batch of batches) {
      // what is seen again after power was lost may have been compacted before
      if (this.isCompacted) assert.ok(batch.baseOffset >= this.visibleEnd, `${this.name}: offsets ascend`)
      else assert.equal(batch.baseOffset, this.visibleEnd, `${this.name}: offsets are contiguous`)
      const walker = new RecordWalker(batch.bytes)
      walker.enter(0)
      while (walker.next()) this.#showRecord(walker)
      assert.equal(walker.problem, undefined)
      if (this.isCompacted) this.ids.length = batch.nextOffset
      assert.equal(this.ids.length, batch.nextOffset, `${this.name}: a batch has as many records as it says`)
      this.batches.push(batch)
    }
  }

  #showRecord(walker: RecordWalker): void {
    const {offset, bytes, valueStart, valueLength} = walker
    if (!this.isCompacted) assert.equal(offset, this.ids.length, `${this.name}: records have the offsets that follow`)
    const payload = decodePayload(bytes.subarray(valueStart, valueStart + valueLength))
    assert.equal(
      `${payload.topicId}-${payload.partition}`,
      `${this.topicId}-${this.partition}`,
      'a record of this partition',
    )
    const {producer, sequence} = payload
    const last = this.#lastSequence.get(producer) ?? -1
    assert.ok(
      sequence > last,
      `${this.name}: ${producer} is in order, once each: ${sequence} after ${last} at ${offset}`,
    )
    this.#lastSequence.set(producer, sequence)
    this.ids[offset] = `${producer} ${sequence}`
    this.#keys[offset] = keyOf(walker)
    this.#checkAcked(offset)
  }

  acked(batch: SentBatch, storedAt: number, broker: number): void {
    const {records, acks, durability} = batch
    const baseOffset = storedAt < 0 ? this.#offsetOf(batch) : storedAt
    if (baseOffset < 0) return
    records.forEach(({producer, sequence}, i) => {
      const offset = baseOffset + i
      const id = `${producer} ${sequence}`
      const before = this.#acked.get(offset)
      assert.ok(
        before === undefined || before.id === id,
        `${this.name}: ${offset} acknowledged as ${before?.id} and ${id}`,
      )
      const synced = durability === 'synced' || before?.synced === true
      this.#acked.set(offset, {id, acks: Math.min(acks, before?.acks ?? 1), synced, broker})
      if (acks === -1)
        assert.ok(offset < this.visibleEnd, `${this.name}: ${id} is acknowledged by all at ${offset}, and not visible`)
      this.#checkAcked(offset)
    })
    if (durability === 'synced' && acks === -1) this.#syncedEnd = Math.max(this.#syncedEnd, baseOffset + records.length)
  }

  /** Where it is visible, for a duplicate of which the leader knows no more than that it is stored; -1 where it is not visible yet. */
  #offsetOf({records: [first]}: SentBatch): number {
    return first === undefined ? -1 : this.ids.indexOf(`${first.producer} ${first.sequence}`)
  }

  synced(end: number): void {
    this.#syncedEnd = Math.max(this.#syncedEnd, end)
  }

  #checkAcked(offset: number): void {
    const acked = this.#acked.get(offset)
    if (acked === undefined || offset >= this.ids.length) return
    if (this.isCompacted && this.ids[offset] === undefined) return
    assert.equal(
      this.ids[offset],
      acked.id,
      `${this.name}: what was acknowledged at ${offset} is there (acks ${acked.acks})`,
    )
  }

  read(offset: number, value: Uint8Array): void {
    assert.ok(
      offset < this.visibleEnd,
      `${this.name}: a reader sees ${offset}, the high watermark was ${this.visibleEnd} at most`,
    )
    const {producer, sequence} = decodePayload(value)
    if (this.isCompacted && this.ids[offset] === undefined) return
    assert.equal(`${producer} ${sequence}`, this.ids[offset], `${this.name}: a reader sees what is there at ${offset}`)
  }

  /** What somebody in sync has from `from` on of a log that is compacted: nothing that was not visible, and the last record of each key. */
  checkCompacted(found: readonly StoredBatch[], from: number, where: string): void {
    const there = new Set<number>()
    for (const {bytes} of found) {
      const walker = new RecordWalker(bytes)
      walker.enter(0)
      while (walker.next()) {
        const {offset, valueStart, valueLength} = walker
        there.add(offset)
        const {producer, sequence} = decodePayload(bytes.subarray(valueStart, valueStart + valueLength))
        const id = this.ids[offset]
        assert.ok(id === undefined || id === `${producer} ${sequence}`, `${where} has another record at ${offset}`)
      }
    }
    const last = new Map<string, number>()
    for (const [offset, key] of this.#keys.entries()) if (key !== undefined) last.set(key, offset)
    for (const [key, offset] of last)
      assert.ok(
        offset < from || offset >= this.visibleEnd || there.has(offset),
        `${where} lacks the last record of ${key}, at ${offset}`,
      )
  }

  /** Every record that was acknowledged is visible. */
  checkAll(): void {
    for (const [offset, {id, acks}] of this.#acked)
      assert.ok(
        offset < this.visibleEnd,
        `${this.name}: ${id}, acknowledged (acks ${acks}) at ${offset}, is gone; the end is ${this.visibleEnd}`,
      )
  }

  /** Power is lost: what was not synced may be gone, seen or not. */
  losePower(): void {
    const survives = this.#survivingEnd()
    while (this.visibleEnd > survives) this.batches.pop()
    this.ids.length = this.visibleEnd
    this.#keys.length = Math.min(this.#keys.length, this.visibleEnd)
    this.#lastSequence.clear()
    for (const id of this.ids) {
      if (id === undefined) continue
      const [producer, sequence] = id.split(' ')
      this.#lastSequence.set(producer!, Number(sequence))
    }
    for (const [offset] of this.#acked) if (offset >= survives) this.#acked.delete(offset)
  }

  /** A broker has lost its dir, or cannot use it: what it alone had promised may be gone. */
  loseDir(broker: number): void {
    for (const [offset, acked] of this.#acked) {
      if (acked.broker !== broker || acked.acks === -1) continue
      if (offset >= this.visibleEnd) this.#acked.delete(offset)
      else this.#acked.set(offset, {...acked, synced: false})
    }
  }

  /**
   * The process ends. What one replica alone has, as acks=1 promises no more, comes back with that replica, if it led, or with who had taken
   * it over: `keeper`, -1 where a new leader had not come to that yet.
   */
  endProcess(keeper: number, leader: number): void {
    for (const [offset, acked] of this.#acked) {
      if (offset < this.visibleEnd) continue
      if (keeper >= 0) this.#acked.set(offset, {...acked, broker: keeper})
      else if (acked.broker !== leader) this.#acked.delete(offset)
    }
  }

  /** A leader was chosen without those who did not come back in time. */
  doWithout(isThere: (broker: number) => boolean): void {
    for (const [offset, {broker}] of this.#acked)
      if (offset >= this.visibleEnd && !isThere(broker)) this.#acked.delete(offset)
  }

  /** What survives a power cut: what is synced by all, and what its leader has synced. */
  #survivingEnd(): number {
    let end = this.#syncedEnd
    for (const [offset, {synced}] of this.#acked) if (synced) end = Math.max(end, offset + 1)
    return end
  }
}

function keyOf({bytes, keyStart, keyLength}: RecordWalker): string {
  return Buffer.from(bytes.subarray(keyStart, keyStart + Math.max(0, keyLength))).toString()
}
