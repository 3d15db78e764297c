/** Small enough for the pool that Buffers are cut from: most files are. */
const PAGE_BYTES = 1024

/** The bytes of a file. Pages nobody wrote to take no memory and read as zeros, so that a file of 2 GiB costs nothing. */
export class Pages {
  size = 0
  readonly #pages = new Map<number, Uint8Array>()

  read(target: Uint8Array, at: number, length: number, position: number): number {
    const count = Math.max(0, Math.min(length, this.size - position))
    for (let done = 0; done < count; ) {
      const {page, from, bytes} = place(position + done, count - done)
      const source = this.#pages.get(page)
      if (source === undefined) target.fill(0, at + done, at + done + bytes)
      else target.set(source.subarray(from, from + bytes), at + done)
      done += bytes
    }
    return count
  }

  write(source: Uint8Array, position: number): void {
    for (let done = 0; done < source.length; ) {
      const {page, from, bytes} = place(position + done, source.length - done)
      this.#page(page).set(source.subarray(done, done + bytes), from)
      done += bytes
    }
    this.size = Math.max(this.size, position + source.length)
  }

  truncate(size: number): void {
    for (const [page, bytes] of this.#pages) {
      if (page * PAGE_BYTES >= size) this.#pages.delete(page)
      else if ((page + 1) * PAGE_BYTES > size) bytes.fill(0, size - page * PAGE_BYTES)
    }
    this.size = size
  }

  copy(): Pages {
    const copy = new Pages()
    copy.size = this.size
    for (const [page, bytes] of this.#pages) copy.#pages.set(page, Buffer.from(bytes))
    return copy
  }

  #page(page: number): Uint8Array {
    let bytes = this.#pages.get(page)
    if (bytes === undefined) {
      bytes = Buffer.allocUnsafe(PAGE_BYTES).fill(0)
      this.#pages.set(page, bytes)
    }
    return bytes
  }
}

/** The page of a position, and how many of `length` bytes lie in it from there on. */
function place(position: number, length: number): {page: number; from: number; bytes: number} {
  const from = position % PAGE_BYTES
  return {page: (position - from) / PAGE_BYTES, from, bytes: Math.min(length, PAGE_BYTES - from)}
}
