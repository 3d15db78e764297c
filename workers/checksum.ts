import {type Crc32c, crc32c} from '../engine/bytes/crc32c.ts'
import {optionalPackage} from './optional-package.ts'

let found: Crc32c | undefined

/** CRC-32C by the native package where it is installed and loads on this platform, else our own; they are tested to be equal. */
export function loadCrc32c(): Crc32c {
  // looking for a package costs far more than the sum of a batch
  found ??= (optionalPackage<typeof import('@node-rs/crc32')>('@node-rs/crc32')?.crc32c as Crc32c | undefined) ?? crc32c
  return found
}
