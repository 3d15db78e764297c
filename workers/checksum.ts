import {type Crc32c, crc32c} from '../engine/bytes/crc32c.ts'

/** CRC-32C by the native package where it loads on this platform, else our own; they are tested to be equal. */
export async function loadCrc32c(): Promise<Crc32c> {
  try {
    const native = await import('@node-rs/crc32')
    return native.crc32c as Crc32c
  } catch {
    return crc32c
  }
}
