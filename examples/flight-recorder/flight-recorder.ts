import type {Log, LogOptions} from 'odradek'
import {type DestinationStream, symbols} from 'pino'

const SEGMENTS = 8

/** Options of a log that keeps the newest lines: about `bytes` of them, and what a second brings. */
export function keepLast(bytes: number): LogOptions {
  return {
    durability: 'written',
    retentionMs: -1,
    retentionBytes: bytes,
    retentionCheckMs: 1000,
    segmentBytes: Math.ceil(bytes / SEGMENTS),
  }
}

/** pino's number for errors. */
const ERROR = 50

/**
 * What pino writes its lines to: `pino({}, new FlightRecorder(log))`. A line is a record. It is on its way when the call that logged it
 * returns, and in the file a moment later; an error's line, and all before it, are there when its call returns.
 */
export class FlightRecorder implements DestinationStream {
  /** Asks pino for the level of each line, which it then leaves in `lastLevel`. */
  readonly [symbols.needsMetadataGsym] = true
  lastLevel = 0
  lastTime = ''
  lastMsg = ''
  lastObj = {}
  declare lastLogger: never
  /** Lines that the log did not take. A program does not end because nobody can hear it. */
  dropped = 0
  readonly #log: Log

  constructor(log: Log) {
    this.#log = log
    // process.exit and uncaught errors await nothing
    const flush = (): void => this.flushSync()
    process.once('exit', flush)
    const closed = (): unknown => process.removeListener('exit', flush)
    log.closed.then(closed, closed)
  }

  /** pino calls it with a line. */
  write(line: string): void {
    this.add(line.slice(0, -1))
    if (this.lastLevel >= ERROR) this.flushSync()
  }

  /** False where the log is behind, as `append` has it. */
  add(line: string): boolean {
    try {
      return this.#log.append(line)
    } catch {
      this.dropped++
      return true
    }
  }

  /** pino calls it for `logger.flush`. */
  flush(done: (error?: Error) => void): void {
    this.#log.flush().then(() => done(), done)
  }

  /** pino calls it after `logger.fatal`. */
  flushSync(): void {
    try {
      this.#log.flushSync()
    } catch {
      this.dropped++
    }
  }
}
