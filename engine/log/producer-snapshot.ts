import {crc32c} from '../bytes/crc32c.ts'

/** Version int16, CRC-32C uint32 over what follows, count int32. */
const HEADER_BYTES = 10
const VERSION = 1

/**
 * A `.snapshot` without producers (Kafka's `ProducerStateManager`). Kafka writes one at every roll and clean close even
 * where no producer has an id, and takes their absence beside a clean-shutdown marker for a log never scanned.
 */
export function emptyProducerSnapshot(): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES)
  const view = new DataView(bytes.buffer)
  view.setInt16(0, VERSION)
  view.setInt32(6, 0)
  view.setUint32(2, crc32c(bytes.subarray(6)))
  return bytes
}
