interface Closable {
  close(): void
}

/**
 * The readers of a log that are not closed, so that the end of the log can end them. A reader that its program simply
 * drops is not kept for that: once it is collected, its files are closed.
 */
export class OpenReaders {
  readonly #readers = new Map<Closable, WeakRef<Closable>>()
  readonly #dropped = new FinalizationRegistry<Closable>(files => {
    this.#readers.delete(files)
    files.close()
  })

  /** `files` is what the reader holds open; it must not hold the reader. */
  add(reader: Closable, files: Closable): void {
    this.#readers.set(files, new WeakRef(reader))
    this.#dropped.register(reader, files, files)
  }

  delete(files: Closable): void {
    this.#readers.delete(files)
    this.#dropped.unregister(files)
  }

  closeAll(): void {
    for (const [files, reader] of [...this.#readers]) {
      reader.deref()?.close()
      files.close()
      this.delete(files)
    }
  }
}
