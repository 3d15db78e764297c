/** Slots of a map at first; there are always twice as many as keys. */
const SLOTS_MIN = 1024
const KEYS_BYTES_MIN = 16 * 1024
/** What a key takes beside its bytes: an offset, a hash, where it lies, its length, and two to four slots. */
const BYTES_A_KEY = 8 + 4 + 8 + 4 + 16

/**
 * The last offset of each key in the part of a log that is looked at (Kafka's `OffsetMap`). Keys are kept and compared whole: two of them
 * that looked the same would cost one of them its value. An open table of numbers, because an object a key would take five times the memory.
 */
export class OffsetMap {
  readonly #bytesMax: number
  #slots = new Int32Array(SLOTS_MIN)
  #offsets = new Float64Array(SLOTS_MIN / 2)
  #hashes = new Int32Array(SLOTS_MIN / 2)
  #starts = new Float64Array(SLOTS_MIN / 2)
  #lengths = new Int32Array(SLOTS_MIN / 2)
  #keys = new Uint8Array(KEYS_BYTES_MIN)
  #keyBytes = 0
  #size = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  get size(): number {
    return this.#size
  }

  /** Whether no more keys should be put; those that are put all the same are taken. */
  get isFull(): boolean {
    return this.#size * BYTES_A_KEY + this.#keyBytes >= this.#bytesMax
  }

  /** Sets the offset of the key that lies in `bytes` at `start`. */
  put(bytes: Uint8Array, start: number, length: number, offset: number): void {
    const hash = hashOf(bytes, start, length)
    const slot = this.#slotOf(hash, bytes, start, length)
    const known = this.#slots[slot]! - 1
    if (known >= 0) {
      this.#offsets[known] = offset
      return
    }
    const entry = this.#size++
    this.#slots[slot] = entry + 1
    this.#offsets[entry] = offset
    this.#hashes[entry] = hash
    this.#starts[entry] = this.#keyBytes
    this.#lengths[entry] = length
    this.#addKey(bytes, start, length)
    if (this.#size === this.#offsets.length) this.#grow()
  }

  /** The last offset of a key, -1 where it is not known. */
  get(bytes: Uint8Array, start: number, length: number): number {
    const entry = this.#slots[this.#slotOf(hashOf(bytes, start, length), bytes, start, length)]! - 1
    return entry < 0 ? -1 : this.#offsets[entry]!
  }

  /** The slot of a key, or the free one that it would get. */
  #slotOf(hash: number, bytes: Uint8Array, start: number, length: number): number {
    const slots = this.#slots
    const mask = slots.length - 1
    let slot = hash & mask
    while (slots[slot] !== 0 && !this.#isKey(slots[slot]! - 1, hash, bytes, start, length)) slot = (slot + 1) & mask
    return slot
  }

  #isKey(entry: number, hash: number, bytes: Uint8Array, start: number, length: number): boolean {
    if (this.#hashes[entry] !== hash || this.#lengths[entry] !== length) return false
    const keys = this.#keys
    const from = this.#starts[entry]!
    for (let i = 0; i < length; i++) if (keys[from + i] !== bytes[start + i]) return false
    return true
  }

  #addKey(bytes: Uint8Array, start: number, length: number): void {
    const end = this.#keyBytes + length
    if (end > this.#keys.length) this.#keys = enlarged(this.#keys, new Uint8Array(Math.max(end, this.#keys.length * 2)))
    this.#keys.set(bytes.subarray(start, start + length), this.#keyBytes)
    this.#keyBytes = end
  }

  #grow(): void {
    const entries = this.#size * 2
    this.#offsets = enlarged(this.#offsets, new Float64Array(entries))
    this.#hashes = enlarged(this.#hashes, new Int32Array(entries))
    this.#starts = enlarged(this.#starts, new Float64Array(entries))
    this.#lengths = enlarged(this.#lengths, new Int32Array(entries))
    this.#slots = new Int32Array(entries * 2)
    const mask = this.#slots.length - 1
    for (let entry = 0; entry < this.#size; entry++) {
      let slot = this.#hashes[entry]! & mask
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask
      this.#slots[slot] = entry + 1
    }
  }
}

function enlarged<T extends {set(from: T): void}>(from: T, to: T): T {
  to.set(from)
  return to
}

/** FNV-1a, with its bits mixed once more: slots are told by the low ones. */
function hashOf(bytes: Uint8Array, start: number, length: number): number {
  let hash = 0x811c9dc5
  for (let i = start; i < start + length; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  return hash ^ (hash >>> 13)
}
