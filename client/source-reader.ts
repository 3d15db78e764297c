import {LogReader, type LogSource} from '../engine/log/log-reader.ts'

/** The files a reader has open: those of the log it reads now. A partition of a cluster is read where its leader is, and that changes. */
export class SourceReader {
  #source: LogSource
  #reader: LogReader

  constructor(source: LogSource) {
    this.#source = source
    this.#reader = new LogReader(source)
  }

  /** The reader of `source`: the one there is, where that has not changed. */
  on(source: LogSource): LogReader {
    if (source !== this.#source) {
      this.#reader.close()
      this.#source = source
      this.#reader = new LogReader(source)
    }
    return this.#reader
  }

  get reader(): LogReader {
    return this.#reader
  }

  close(): void {
    this.#reader.close()
  }
}
