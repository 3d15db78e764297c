import {storageError} from '../errors.ts'
import {LogReader, type LogSource} from '../log/log-reader.ts'
import {ATTRIBUTES, BATCH, batchSize, lastOffset} from '../record/record-batch.ts'
import {AnswerLease, AnswerMemory} from './answer-memory.ts'
import {ownLine, type ServedPartition} from './served-partition.ts'

/** Whole batches for an answer, a piece a read; they are the answer's alone until its lease ends. */
export interface ReadBatches {
  readonly pieces: readonly Uint8Array[]
  readonly bytes: number
  /** Offset behind the last of them. */
  readonly nextOffset: number
}

interface OpenReader {
  readonly name: string
  readonly reader: LogReader
  usedMs: number
}

/** Memory in which it is measured how much there is. */
const MEASURE_BYTES = 256 * 1024
/** A read takes as much, though less is asked for: what is before the batch that is wanted comes with it. */
const READ_MIN = 8 * 1024
/** Partitions whose files are open. */
const READERS_MAX = 64
/** Files that nobody has read for so long are closed: they may have been deleted. */
const IDLE_MS = 10_000
const LOOK_MS = 1000

/**
 * What clients fetch of the partitions that this broker leads: whole batches, copied once, from the arena or the file into the answer. Those from the arena are not
 * checked again: they were when they came, and clients check what they get. Those of a file are, so that a leader whose disk has gone bad is found out and steps aside.
 */
export class PartitionReads {
  readonly #sourceOf: (partition: ServedPartition) => LogSource
  readonly #readers = new Map<number, OpenReader>()
  readonly #memory = new AnswerMemory()
  #lookMs = 0

  constructor(sourceOf: (partition: ServedPartition) => LogSource) {
    this.#sourceOf = sourceOf
  }

  get openReaders(): number {
    return this.#readers.size
  }

  /** For one answer, which is read with it. */
  lease(): AnswerLease {
    return new AnswerLease(this.#memory)
  }

  /**
   * Batches from the one that holds `offset` on, all below `limit`, up to `bytesMax` but for a first one that is larger by itself: that is given where `orOne`. Throws
   * OFFSET_OUT_OF_RANGE below the log start, CORRUPT_MESSAGE at bytes that fail their check.
   */
  read(
    partition: ServedPartition,
    {offset, limit, bytesMax, orOne}: {offset: number; limit: number; bytesMax: number; orOne: boolean},
    {lease, nowMs}: {lease: AnswerLease; nowMs: number},
  ): ReadBatches {
    const pieces: Uint8Array[] = []
    let bytes = 0
    let nextOffset = offset
    const {reader} = this.#open(partition, nowMs)
    try {
      // what is left at the end is not worth a read: that would leave the reader behind where the next fetch begins
      while (nextOffset < limit && (bytes < bytesMax / 2 || (orOne && bytes === 0))) {
        const wanted = {offset: nextOffset, limit, bytesMax: bytesMax - bytes, orOne: orOne && bytes === 0}
        const piece = this.#readPiece(reader, wanted, lease)
        if (piece === undefined) break
        pieces.push(piece.bytes)
        bytes += piece.bytes.length
        nextOffset = piece.nextOffset
      }
    } catch (error) {
      // what was read before is handed out; the next read comes upon the same
      if (bytes === 0) throw storageError(error, 'reading')
    } finally {
      reader.lend(NOTHING)
    }
    return {pieces, bytes, nextOffset}
  }

  /** How many bytes `read` would give from `offset` on, up to about `bytesMax`, and how far that goes. */
  measure(
    partition: ServedPartition,
    {offset, limit, bytesMax}: {offset: number; limit: number; bytesMax: number},
    nowMs: number,
  ): {bytes: number; nextOffset: number} {
    const {reader} = this.#open(partition, nowMs)
    let bytes = 0
    let nextOffset = offset
    this.#scratch ??= Buffer.alloc(MEASURE_BYTES)
    try {
      while (bytes < bytesMax && nextOffset < limit) {
        reader.lend(this.#scratch)
        if (!reader.read(nextOffset, limit)) break
        bytes += reader.end - reader.start
        nextOffset = reader.nextOffset
      }
    } catch (error) {
      if (bytes === 0) throw storageError(error, 'reading')
    } finally {
      reader.lend(NOTHING)
    }
    return {bytes, nextOffset}
  }
  #scratch: Buffer | undefined

  /** Closes what has not been used for long. */
  round(nowMs: number): void {
    if (this.#readers.size === 0 || nowMs < this.#lookMs) return
    this.#lookMs = nowMs + LOOK_MS
    for (const [row, {usedMs}] of this.#readers) if (nowMs - usedMs >= IDLE_MS) this.#close(row)
  }

  close(): void {
    for (const row of [...this.#readers.keys()]) this.#close(row)
  }

  #readPiece(
    reader: LogReader,
    {offset, limit, bytesMax, orOne}: {offset: number; limit: number; bytesMax: number; orOne: boolean},
    lease: AnswerLease,
  ): {bytes: Uint8Array; nextOffset: number} | undefined {
    const lent = this.#memory.room(Math.max(READ_MIN, bytesMax))
    reader.lend(lent)
    if (!reader.read(offset, limit)) return undefined
    const {bytes, view, start} = reader
    let {end, nextOffset} = reader
    if (end - start > bytesMax) {
      const size = batchSize(view, start)
      end = start
      nextOffset = offset
      for (let at = start; at < reader.end; at += batchSize(view, at)) {
        if (at + batchSize(view, at) - start > Math.max(bytesMax, orOne ? size : 0)) break
        end = at + batchSize(view, at)
        nextOffset = lastOffset(view, at) + 1
      }
      if (end === start) return undefined
    }
    // a batch that was larger than what was lent has bytes of its own
    if (bytes === lent) this.#memory.keep(end, lease)
    return {bytes: bytes.subarray(start, end), nextOffset}
  }

  /** The reader of a partition in this reign: each may have files of its own. */
  #open(partition: ServedPartition, nowMs: number): OpenReader {
    const {row, rowNumber} = partition
    const {host, hasArena} = ownLine(partition)
    const name = `${row.leadership.leaderEpoch} ${host} ${hasArena}`
    const known = this.#readers.get(rowNumber)
    // used last, it is the last to be closed
    this.#readers.delete(rowNumber)
    if (known !== undefined && known.name === name) {
      known.usedMs = nowMs
      this.#readers.set(rowNumber, known)
      return known
    }
    known?.reader.close()
    for (const oldest of this.#readers.keys()) {
      if (this.#readers.size < READERS_MAX) break
      this.#close(oldest)
    }
    const source: LogSource = {...this.#sourceOf(partition), trustsArena: true}
    const opened = {name, reader: new LogReader(source, 0), usedMs: nowMs}
    this.#readers.set(rowNumber, opened)
    return opened
  }

  #close(row: number): void {
    this.#readers.get(row)?.reader.close()
    this.#readers.delete(row)
  }
}

const NOTHING = Buffer.alloc(0)

/** Whether one of the batches is compressed by the codec of this number. */
export function hasCodec(pieces: readonly Uint8Array[], codec: number): boolean {
  return pieces.some(piece => {
    const view = new DataView(piece.buffer, piece.byteOffset, piece.length)
    for (let at = 0; at < piece.length; at += batchSize(view, at))
      if ((view.getInt16(at + BATCH.attributes) & ATTRIBUTES.codec) === codec) return true
    return false
  })
}
