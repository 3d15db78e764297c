import type {ReplicaLine} from '../engine/cluster/replica-line.ts'
import {OdradekError} from '../engine/errors.ts'
import {type ReadGroupRecord, readGroupRecord} from '../engine/group/group-records.ts'
import {LogReader, type LogSource} from '../engine/log/log-reader.ts'
import {ATTRIBUTES, BATCH, batchSize} from '../engine/record/record-batch.ts'
import {RecordWalker} from '../engine/record/record-walker.ts'

/** Reads what a partition of `__consumer_offsets` holds when its leader begins to coordinate, a piece at a time: other groups are not to wait for it. */
export class OffsetsLoader {
  readonly #line: ReplicaLine
  readonly #reader: LogReader
  /** Everything that was there when this leader began: all of it has to be visible, and is read. */
  readonly #end: number
  #position: number

  constructor(line: ReplicaLine, source: LogSource) {
    this.#line = line
    this.#reader = new LogReader(source)
    this.#end = line.writtenEnd
    this.#position = line.logStartOffset
  }

  get isDone(): boolean {
    return this.#position >= this.#end
  }

  /** Whether the followers have what this leader found in its log. */
  get isVisible(): boolean {
    return this.#line.highWatermark >= this.#end
  }

  /** Offset from which on it goes on reading. */
  get position(): number {
    return this.#position
  }

  /** Hands over the records of the next piece. Throws CORRUPT_MESSAGE where the log is damaged. */
  read(take: (record: ReadGroupRecord) => void): void {
    const reader = this.#reader
    this.#position = Math.max(this.#position, this.#line.logStartOffset)
    if (this.isDone) return
    if (!reader.read(this.#position, this.#end)) {
      // a gap up to the end
      this.#position = this.#end
      return
    }
    const walker = new RecordWalker(reader.bytes)
    for (let at = reader.start; at < reader.end; at += batchSize(reader.view, at)) {
      // nobody compresses what is written here
      if ((reader.view.getInt16(at + BATCH.attributes) & ATTRIBUTES.codec) !== 0) continue
      walker.enter(at)
      while (walker.next()) {
        if (walker.offset < this.#position || walker.keyLength < 0) continue
        const record = readGroupRecord(
          reader.bytes.subarray(walker.keyStart, walker.keyStart + walker.keyLength),
          walker.valueLength < 0
            ? null
            : reader.bytes.subarray(walker.valueStart, walker.valueStart + walker.valueLength),
        )
        if (record !== undefined) take(record)
      }
      if (walker.problem !== undefined) throw new OdradekError('CORRUPT_MESSAGE', walker.problem)
    }
    this.#position = reader.nextOffset
  }

  close(): void {
    this.#reader.close()
  }
}
