import assert from 'node:assert/strict'
import {crc32c} from '../../engine/bytes/crc32c.ts'
import type {CleanJob, CleanResult} from '../../engine/log/clean-job.ts'
import {cleanSegments} from '../../engine/log/clean-segments.ts'
import {readEpochs} from '../../engine/log/leader-epoch-checkpoint.ts'
import {LogReader, type LogSource} from '../../engine/log/log-reader.ts'
import {offsetForTimestamp} from '../../engine/log/timestamp-lookup.ts'
import {verifySegment} from '../../engine/log/verify-segment.ts'
import {BatchBuilder} from '../../engine/record/batch-builder.ts'
import {batchSize, lastOffset, stampProducer} from '../../engine/record/record-batch.ts'
import {RecordWalker} from '../../engine/record/record-walker.ts'
import {BatchCursor} from '../../engine/view/batch-cursor.ts'
import {MemoryDisk} from './memory-disk.ts'
import {DIR, loadPartition, type Partition, type PartitionOptions, viewOf} from './partition.ts'

/** A record as it was appended, or as it was read. */
export interface KeyedRecord {
  readonly offset: number
  readonly key: string
  /** Null deletes the key. */
  readonly value: string | null
  readonly timestamp: number
}

export type NewRecord = Omit<KeyedRecord, 'offset'>

/** What was appended to a log that is compacted, and what may have become of it by now. */
export class CompactedModel {
  records: KeyedRecord[] = []
  logStartOffset = 0
  nowMs = 1000
  /** What a job has ever looked at; nothing above may be touched. */
  touchedEnd = 0
  /** When a job first came by each record without a value. */
  readonly firstSeenMs = new Map<number, number>()
  /** The last batch of each producer: its sequence, and its last offset. */
  readonly producers = new Map<
    number,
    {readonly sequence: number; readonly records: number; readonly lastOffset: number}
  >()

  get end(): number {
    return this.records.length
  }

  /** A job has begun. */
  touch(endOffset: number): void {
    this.touchedEnd = Math.max(this.touchedEnd, endOffset)
    for (const {offset, value} of this.records)
      if (value === null && offset < endOffset && !this.firstSeenMs.has(offset))
        this.firstSeenMs.set(offset, this.nowMs)
  }

  copy(): CompactedModel {
    const copy = new CompactedModel()
    copy.records = [...this.records]
    copy.logStartOffset = this.logStartOffset
    copy.nowMs = this.nowMs
    copy.touchedEnd = this.touchedEnd
    for (const [offset, ms] of this.firstSeenMs) copy.firstSeenMs.set(offset, ms)
    for (const [id, batch] of this.producers) copy.producers.set(id, batch)
    return copy
  }

  cut(end: number): void {
    this.records.length = Math.min(this.records.length, end)
    this.touchedEnd = Math.min(this.touchedEnd, end)
    for (const offset of this.firstSeenMs.keys()) if (offset >= end) this.firstSeenMs.delete(offset)
  }

  /** What was read from `from` on is what may be there: order, bytes, the last value of each key, and deletions for as long as they must last. */
  check(found: readonly KeyedRecord[], from: number, deleteRetentionMs: number, where: string): void {
    let before = -1
    for (const record of found) {
      assert.ok(record.offset > before, `${where}: offsets ascend`)
      before = record.offset
      assert.deepEqual(record, this.records[record.offset], `${where}: record ${record.offset} is what was appended`)
    }
    const there = new Set(found.map(({offset}) => offset))
    const last = new Map<string, KeyedRecord>()
    for (const record of this.records) if (record.offset < this.end) last.set(record.key, record)
    for (const {offset} of this.records.slice(Math.max(from, this.touchedEnd)))
      assert.ok(there.has(offset), `${where}: record ${offset} is above what was compacted, ${this.touchedEnd}`)
    for (const {key, offset, value} of last.values()) {
      if (offset < from || there.has(offset)) continue
      assert.equal(value, null, `${where}: ${key} lost its last value, at ${offset}`)
      const seenMs = this.firstSeenMs.get(offset)
      assert.ok(
        seenMs !== undefined && this.nowMs >= seenMs + deleteRetentionMs,
        `${where}: the deletion of ${key} at ${offset} lives at least ${deleteRetentionMs} ms after ${seenMs}, now is ${this.nowMs}`,
      )
      assert.ok(
        found.every(record => record.key !== key),
        `${where}: ${key} was deleted at ${offset}, and is back`,
      )
    }
  }
}

export function keyedBatch(records: readonly NewRecord[]): Uint8Array {
  const builder = new BatchBuilder(
    61 + records.reduce((sum, {key, value}) => sum + 60 + key.length + (value?.length ?? 0), 0),
  )
  for (const {key, value, timestamp} of records) assert.ok(builder.add(key, value, timestamp))
  return new Uint8Array(builder.finish())
}

/** A log that is compacted, on a disk in memory. */
export class CompactionBed {
  readonly disk: MemoryDisk
  readonly model: CompactedModel
  readonly #options: PartitionOptions
  readonly #mapBytes: number
  partition: Partition
  #readers: {readonly reader: LogReader; offset: number; seen: KeyedRecord[]}[] = []
  /** From the checkpoint, as the owner would have it. */
  cleanedEnd: number

  constructor(
    options: PartitionOptions,
    mapBytes: number,
    disk = new MemoryDisk(),
    left = {model: new CompactedModel(), cleanedEnd: 0},
  ) {
    this.#options = options
    this.#mapBytes = mapBytes
    this.disk = disk
    this.model = left.model
    this.cleanedEnd = left.cleanedEnd
    this.partition = this.#load()
  }

  get log() {
    return this.partition.log
  }

  get deleteRetentionMs(): number {
    return this.partition.config.deleteRetentionMs
  }

  #load(): Partition {
    const {cleanedEnd, model} = this
    const request = {cleanedEnd, logStartOffset: model.logStartOffset, exactProducers: true}
    return loadPartition(this.disk, {...this.#options, request})
  }

  append(records: readonly NewRecord[], producerId: number): void {
    const batch = keyedBatch(records)
    const before = this.model.producers.get(producerId)
    const sequence = before === undefined ? 0 : before.sequence + before.records
    if (producerId >= 0) stampProducer(viewOf(batch), 0, {producerId, producerEpoch: 0, baseSequence: sequence})
    const base = this.log.append(batch, this.model.nowMs)
    this.log.commit()
    for (const [i, record] of records.entries()) this.model.records.push({...record, offset: base + i})
    if (producerId >= 0)
      this.model.producers.set(producerId, {sequence, records: records.length, lastOffset: this.model.end - 1})
  }

  /** Begins a job, where there is something to do. */
  begin(highWatermark: number): CleanJob | undefined {
    const job = this.log.beginCleaning(highWatermark, this.model.nowMs)
    if (job !== undefined) this.model.touch(job.endOffset)
    return job
  }

  /** As the pool does it. */
  run(job: CleanJob): CleanResult {
    const codecs = {decompress: () => undefined, compress: () => undefined}
    return cleanSegments({storage: this.disk, crc32c, codecs, offsetMapBytes: this.#mapBytes, pause() {}}, job)
  }

  end(job: CleanJob, result: CleanResult): boolean {
    const isDone = this.log.endCleaning(job, result)
    this.cleanedEnd = this.log.cleanedEnd
    return isDone
  }

  /** The process ends; with `survival` the machine does. */
  crash(losesPower: boolean, keeps = 0): void {
    this.disk.intercept = undefined
    this.#readers = []
    if (losesPower)
      this.disk.losePower({changes: count => Math.floor(count * keeps), bytes: count => Math.floor(count * keeps)})
    else this.disk.endProcess()
  }

  reload(): void {
    this.#readers = []
    this.partition = this.#load()
  }

  close(): void {
    for (const {reader} of this.#readers) reader.close()
    this.#readers = []
    this.log.close()
    this.reload()
  }

  /** A reader that goes on from where it was with each look. */
  addReader(offset: number, usesArena: boolean): void {
    if (this.#readers.length > 3) this.#readers.shift()?.reader.close()
    const source = usesArena ? this.partition.source : this.partition.filesOnly
    this.#readers.push({reader: new LogReader(source, 200), offset, seen: []})
  }

  /** Each reader takes a step or, to the end, all there are: it meets no error, and passes over nothing that it had to see. */
  readOn(limit: number, steps = 1): void {
    for (const each of this.#readers) {
      for (let step = 0; step < steps && each.reader.read(each.offset, limit); step++) {
        const found = recordsOf(each.reader.bytes, each.reader.start, each.reader.end).filter(
          ({offset}) => offset >= each.offset,
        )
        const passed = this.model.records.slice(each.offset, each.reader.nextOffset)
        const there = new Set(found.map(({offset}) => offset))
        for (const record of passed) {
          if (there.has(record.offset)) continue
          const isLast = !this.model.records.slice(record.offset + 1).some(({key}) => key === record.key)
          assert.ok(record.offset < this.model.touchedEnd, `a reader passed over ${record.offset}`)
          assert.ok(!isLast || record.value === null, `a reader passed over the last value of ${record.key}`)
        }
        each.offset = each.reader.nextOffset
      }
    }
  }

  /** Everything that is there now, read by all there is that reads. */
  check(): void {
    const {model, log, partition} = this
    assert.equal(log.logEndOffset, model.end, 'log end')
    for (const [where, source] of [
      ['in the files', partition.filesOnly],
      ['through the arena', partition.source],
    ] as const)
      model.check(
        readRecords(source, model.logStartOffset, model.end),
        model.logStartOffset,
        this.deleteRetentionMs,
        where,
      )
    for (const [i, {baseOffset}] of log.segments.entries()) {
      const next = log.segments[i + 1]?.baseOffset
      const verdict = verifySegment(
        this.disk,
        {
          dir: DIR,
          baseOffset,
          endOffset: next ?? model.end,
          indexIntervalBytes: partition.config.indexIntervalBytes,
          epochs: readEpochs(this.disk, DIR),
          isCompacted: true,
          isClosed: next !== undefined,
        },
        crc32c,
      )
      assert.deepEqual([verdict.damaged, verdict.problems], [[], []], `segment ${baseOffset}`)
      assert.equal(this.disk.stat(`${DIR}/${String(baseOffset).padStart(20, '0')}.log`)?.size, log.segments[i]!.size)
    }
    this.#checkProducers()
  }

  #checkProducers(): void {
    for (const [producerId, {sequence, records, lastOffset}] of this.model.producers) {
      const batch = keyedBatch(Array.from({length: records}, () => ({key: 'x', value: '', timestamp: 0})))
      stampProducer(viewOf(batch), 0, {producerId, producerEpoch: 0, baseSequence: sequence})
      assert.equal(
        this.log.duplicateOf(batch)?.lastOffset,
        lastOffset,
        `the last batch of producer ${producerId} is known`,
      )
    }
  }

  /** What looks at the log from outside, as another process would. */
  cursor(): BatchCursor {
    const source = {storage: this.disk, dir: DIR, crc32c, syncedEnd: () => this.log.syncedEnd}
    return new BatchCursor(source, this.model.logStartOffset)
  }

  /** A cursor goes on by a batch, never back, and meets nothing but batches; false at the end. */
  stepOn(cursor: BatchCursor, seen: KeyedRecord[]): boolean {
    const step = cursor.next()
    if (step.kind === 'end') return false
    assert.equal(step.kind, 'batch', `seen from outside: ${JSON.stringify(step)}`)
    const found = recordsOf(cursor.bytes, cursor.at, cursor.at + batchSize(cursor.view, cursor.at))
    const last = seen.at(-1)?.offset ?? -1
    for (const {offset} of found) assert.ok(offset > last, `seen from outside: ${offset} after ${last}`)
    seen.push(...found)
    return true
  }

  /** Look-ups by time find the first record that is there and not older; seen from outside there is what readers see. */
  checkLookUps(timestamp: number): void {
    const {model, partition} = this
    const found = readRecords(partition.filesOnly, model.logStartOffset, model.end)
    const expected = found.find(record => record.timestamp >= timestamp)?.offset
    assert.equal(
      offsetForTimestamp(partition.filesOnly, timestamp, model.end),
      expected,
      `first record of ${timestamp}`,
    )
    const cursor = this.cursor()
    const seen: KeyedRecord[] = []
    while (this.stepOn(cursor, seen));
    cursor.close()
    assert.deepEqual(
      seen.filter(({offset}) => offset >= model.logStartOffset),
      found,
    )
  }

  /** After a job that had memory for all keys nothing below its end is there twice. */
  checkUnique(endOffset: number): void {
    const keys = readRecords(this.partition.filesOnly, this.log.firstBaseOffset, endOffset)
      .filter(({offset}) => offset < endOffset)
      .map(({key}) => key)
    assert.equal(new Set(keys).size, keys.length, `each key once below ${endOffset}: ${keys}`)
  }

  readNow(): KeyedRecord[] {
    return readRecords(this.partition.filesOnly, this.model.logStartOffset, this.model.end)
  }

  /** Whether the last record of some key has deleted it, and is gone. */
  hasLostDeletion(): boolean {
    const there = new Set(this.readNow().map(({offset}) => offset))
    return [...this.model.firstSeenMs.keys()].some(
      offset =>
        !there.has(offset) &&
        !this.model.records.slice(offset + 1).some(({key}) => key === this.model.records[offset]!.key),
    )
  }

  /** The log was cut, and ends at `end`. */
  cutTo(end: number): void {
    this.model.cut(end)
    this.cleanedEnd = Math.min(this.cleanedEnd, end)
    this.model.producers.clear()
    this.#readers = this.#readers.filter(({offset}) => offset <= end)
  }

  /** The same once more, on a disk of its own; this one's process has ended. */
  copy(): CompactionBed {
    const {cleanedEnd} = this
    return new CompactionBed(this.#options, this.#mapBytes, this.disk.copy(), {model: this.model.copy(), cleanedEnd})
  }

  /** No file is left of a job, or of a swap. */
  checkTidy(): void {
    const left = [...this.disk.contents().keys()].filter(path => /\.(cleaned|swap|deleted)$/.test(path))
    assert.deepEqual(left, [])
  }
}

/** All records from `from` on below `limit`. */
export function readRecords(source: LogSource, from: number, limit: number): KeyedRecord[] {
  const reader = new LogReader(source, 300)
  const records: KeyedRecord[] = []
  try {
    for (let offset = from; reader.read(offset, limit); offset = reader.nextOffset)
      records.push(...recordsOf(reader.bytes, reader.start, reader.end))
    return records.filter(({offset}) => offset >= from)
  } finally {
    reader.close()
  }
}

function recordsOf(bytes: Uint8Array, start: number, end: number): KeyedRecord[] {
  const records: KeyedRecord[] = []
  const view = viewOf(bytes)
  const text = (at: number, length: number) => Buffer.from(bytes.subarray(at, at + length)).toString()
  for (let at = start; at < end; at += batchSize(view, at)) {
    const walker = new RecordWalker(bytes)
    walker.enter(at)
    while (walker.next()) {
      const {offset, timestamp, keyStart, keyLength, valueStart, valueLength} = walker
      assert.ok(offset <= lastOffset(view, at))
      records.push({
        offset,
        key: text(keyStart, keyLength),
        value: valueLength < 0 ? null : text(valueStart, valueLength),
        timestamp,
      })
    }
    assert.equal(walker.problem, undefined)
  }
  return records
}
