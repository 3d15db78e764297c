import type {Crc32c} from '../../engine/bytes/crc32c.ts'
import {loadCrc32c} from '../../workers/checksum.ts'
import {expectSame} from '../harness/check.ts'
import {type Payload, valueIndex} from './payload.ts'

const crc32c: Crc32c = await loadCrc32c()

/** Values put one behind the other under one checksum: what a subject gives back, against what it was given. */
export class Contents {
  readonly bytes: Buffer = Buffer.allocUnsafeSlow(1 << 20)
  count = 0
  #at = 0
  #crc = 0

  /** Makes room for the next value, which the caller copies to `bytes` at the position returned. */
  next(length: number): number {
    if (this.#at + length > this.bytes.length) this.#fold()
    const at = this.#at
    this.#at += length
    this.count++
    return at
  }

  get crc(): number {
    this.#fold()
    return this.#crc
  }

  /** Throws unless these are the payload's values `first` to `first + count - 1`. */
  expect(subject: string, payload: Payload, {first, count}: {first: number; count: number}): void {
    expectSame(`${subject}, records read back`, this.count, count)
    expectSame(`${subject}, checksum of what was read back`, this.crc, expectedCrc(payload, first, count))
  }

  #fold(): void {
    this.#crc = crc32c(this.bytes.subarray(0, this.#at), this.#crc)
    this.#at = 0
  }
}

/** The same in every round, so it is made once. */
const known = new Map<string, number>()

function expectedCrc({name, buffers}: Payload, first: number, count: number): number {
  const key = `${name}: ${first} ${count}`
  if (!known.has(key)) {
    const contents = new Contents()
    for (let i = first; i < first + count; i++) {
      const value = buffers[valueIndex(i)]!
      value.copy(contents.bytes, contents.next(value.length))
    }
    known.set(key, contents.crc)
  }
  return known.get(key)!
}
