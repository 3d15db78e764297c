import assert from 'node:assert/strict'
import {crc32c} from '../../engine/bytes/crc32c.ts'
import {readEpochs} from '../../engine/log/leader-epoch-checkpoint.ts'
import {LogReader} from '../../engine/log/log-reader.ts'
import type {SyncJob} from '../../engine/log/sync-state.ts'
import {verifySegment} from '../../engine/log/verify-segment.ts'
import {ArenaReader} from '../../engine/memory/arena.ts'
import type {DiskFault} from './disk-faults.ts'
import {DiskFaults} from './disk-faults.ts'
import type {Survival} from './inode.ts'
import type {LogModel} from './log-model.ts'
import {MemoryDisk} from './memory-disk.ts'
import {
  DIR,
  loadPartition,
  type Partition,
  type PartitionOptions,
  readAll,
  type StoredBatch,
  shown,
} from './partition.ts'

export interface Readers {
  readonly arena: LogReader
  readonly sameArena: LogReader
  readonly files: LogReader
}

/** A real log on a disk in memory, with readers that live as long as it does. */
export class LogBed {
  readonly disk = new MemoryDisk()
  readonly #options: PartitionOptions
  partition: Partition
  /** The sync under way. */
  job: SyncJob | undefined
  #readers: Readers

  constructor(options: PartitionOptions, start: number) {
    this.#options = options
    this.partition = this.#load({clean: false, recoveryPoint: 0, logStartOffset: start})
    this.#readers = this.#openReaders()
  }

  get log() {
    return this.partition.log
  }

  get windowBytes(): number {
    return this.#options.arena!.windowBytes
  }

  /** The lowest offset that the arena shows of the segment that is written. */
  firstInArena(): number | undefined {
    const arena = new ArenaReader(this.partition.source.arena!)
    const target = Buffer.alloc(61)
    const {baseOffset} = this.log.segments.at(-1)!
    for (let offset = baseOffset; offset < this.log.logEndOffset; offset++)
      if (arena.read(offset, target) > 0) return offset
    return undefined
  }

  /** Does something and tells whether it read a file. */
  readsFiles(run: () => void): boolean {
    let reads = 0
    this.disk.intercept = kind => {
      if (kind === 'read') reads++
      return undefined
    }
    run()
    this.disk.intercept = undefined
    return reads > 0
  }

  /** Syncs the files now; the log hears of it later. */
  beginSync(rolledOnly: boolean): void {
    this.job = this.log.beginSync({rolledOnly})
    for (const file of this.job.files) file.sync()
  }

  /** Ends the sync under way, if there is one. */
  endSync(model: LogModel): void {
    if (this.job === undefined) return
    const {end} = this.job
    this.log.endSync(this.job)
    this.job = undefined
    assert.ok(this.log.syncedEnd >= end, 'what a sync covered counts as synced')
    model.confirmSynced(this.log.syncedEnd)
  }

  closeReaders(): void {
    for (const reader of Object.values(this.#readers)) reader.close()
  }

  reader(kind: keyof Readers): LogReader {
    return this.#readers[kind]
  }

  reload(request: {clean: boolean; recoveryPoint: number; logStartOffset: number}): void {
    this.job = undefined
    this.partition = this.#load(request)
    this.#readers = this.#openReaders()
  }

  /** Ends the process, and cuts the power where it says what survives. */
  crash(survival: Survival | undefined): void {
    if (survival === undefined) this.disk.endProcess()
    else this.disk.losePower(survival)
  }

  /** Does something while a call to the disk fails; gives what was thrown, if that call came. */
  withFault(fault: DiskFault, run: () => void): {error: unknown; failed: DiskFaults['last']} {
    const faults = new DiskFaults(fault)
    this.disk.intercept = faults.intercept
    try {
      run()
      return {error: undefined, failed: faults.last}
    } catch (error) {
      return {error, failed: faults.last}
    } finally {
      this.disk.intercept = undefined
    }
  }

  /** The log is what the model says: its ends, and every byte of it from the files and through the arena. */
  check(model: LogModel): void {
    const {log, filesOnly, source} = this.partition
    assert.equal(log.logEndOffset, model.end, 'log end')
    assert.equal(log.stagedEnd, model.stagedEnd, 'staged end')
    assert.equal(log.logStartOffset, model.start, 'log start')
    assert.ok(log.syncedEnd <= model.end, 'what is synced is written')
    assert.equal(log.failure !== undefined, model.isFailed, 'failure')
    const {segments} = log
    assert.equal(
      log.bytes,
      segments.reduce((sum, segment) => sum + segment.size, 0),
      'bytes',
    )
    assert.ok(
      segments.every((segment, i) => i === 0 || segment.baseOffset > segments[i - 1]!.baseOffset),
      'segments ascend',
    )
    assert.ok(
      segments[0]!.baseOffset <= model.start && log.firstBaseOffset === segments[0]!.baseOffset,
      'first segment',
    )
    const expected = model.between(model.start, model.end)
    assertSame(readAll(filesOnly, model.start, model.end), expected, 'in the files')
    assertSame(readAll(source, model.start, model.end, 512), expected, 'through the arena')
  }

  /** Every segment stands up to a full check of its batches and indexes. */
  verify(model: LogModel): void {
    const {segments} = this.log
    for (const [i, {baseOffset}] of segments.entries()) {
      const next = segments[i + 1]?.baseOffset
      const {indexIntervalBytes} = this.partition.config
      const request = {
        dir: DIR,
        baseOffset,
        endOffset: next ?? model.end,
        indexIntervalBytes,
        isClosed: next !== undefined,
      }
      const verdict = verifySegment(this.disk, {...request, epochs: readEpochs(this.disk, DIR)}, crc32c)
      assert.deepEqual([verdict.damaged, verdict.problems], [[], []], `segment ${baseOffset}`)
    }
  }

  #load(request: {clean: boolean; recoveryPoint: number; logStartOffset: number}): Partition {
    assert.equal(this.disk.openFiles, 0, 'a log that ended leaves no file open')
    return loadPartition(this.disk, {...this.#options, request})
  }

  #openReaders(): Readers {
    const {source, filesOnly} = this.partition
    return {
      arena: new LogReader(source, 1024),
      sameArena: new LogReader(source, 500),
      files: new LogReader(filesOnly, 300),
    }
  }
}

/** One read of `reader` finds what it should: from the batch that holds `offset` on, as much as it likes. */
export function checkRead(reader: LogReader, model: LogModel, offset: number, limit: number): void {
  const expected = model.between(offset, limit)
  const found = reader.read(offset, limit)
  assert.equal(found, expected.length > 0, `something at ${offset} below ${limit}`)
  const batches = shown(reader)
  assert.ok(found === batches.length > 0, 'a read that finds something shows it')
  assertSame(batches, expected.slice(0, batches.length), `read at ${offset}`)
  if (found) assert.equal(reader.nextOffset, batches.at(-1)!.nextOffset)
}

export function assertSame(found: readonly StoredBatch[], expected: readonly StoredBatch[], where: string): void {
  const same = found.length === expected.length && found.every((batch, i) => batch.bytes.equals(expected[i]!.bytes))
  const offsets = (batches: readonly StoredBatch[]) => batches.map(batch => batch.baseOffset)
  assert.ok(same, `${where}: found ${offsets(found)}, expected ${offsets(expected)}`)
}
