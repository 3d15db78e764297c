import type {Crc32c} from '../engine/bytes/crc32c.ts'

/** What a broker needs beside the rest to coordinate groups. */
export interface GroupSurroundings {
  readonly crc32c: Crc32c
  /** The arena of each host, by number. */
  readonly arenas: readonly SharedArrayBuffer[]
  /** The time of day, in ms. */
  readonly wallMs: () => number
  /** Claims a place among the cluster's threads, whose doorbell hosts ring from then on; -1 where none is free. */
  readonly claimPlace: () => number
  readonly allocateInbox: (slots: number) => SharedArrayBuffer
  /** Whether a thread of this process, by the system's id of it, still runs. */
  readonly threadIsAlive: (thread: number) => boolean
}
