/**
 * Big-endian int64 as numbers. `DataView.getBigInt64` is some twenty times slower than two 32-bit halves, so offsets
 * and timestamps are put together from halves; a value that a number cannot hold exactly is refused, never rounded.
 */

const TWO_32 = 0x100000000

/** The int64 at `at`, or NaN where a number cannot hold it exactly. */
export function readInt64(view: DataView, at: number): number {
  const value = view.getInt32(at) * TWO_32 + view.getUint32(at + 4)
  return Number.isSafeInteger(value) ? value : Number.NaN
}

export function writeInt64(view: DataView, at: number, value: number): void {
  view.setInt32(at, Math.floor(value / TWO_32))
  view.setUint32(at + 4, value >>> 0)
}
