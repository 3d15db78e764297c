/** What a thread asks of its disk, as a fault names it. */
export const DISK_CALLS = ['open', 'read', 'write', 'sync', 'truncate', 'rename', 'remove', 'makeDirectory'] as const

export type DiskCall = (typeof DISK_CALLS)[number]

/** What the disk of a broker shall do instead of what it is asked, or before it. */
export interface DiskFault {
  /** Which calls it is about; all where it is missing. */
  readonly call?: DiskCall
  /** The system's error, as `EIO` or `ENOSPC`; where it is missing the call succeeds, only later. */
  readonly error?: string
  /** How likely a call is hit, 1 where it is missing. */
  readonly probability?: number
  /** How many calls it hits at most, in each thread of the broker. */
  readonly count?: number
  /** How long a call that is hit takes before anything else. */
  readonly latencyMs?: number
}

/** The faults of a broker's disk as they shall be from now on; none where the list is empty. */
export interface DiskFaultOrder {
  readonly faults: readonly DiskFault[]
  /** Where chance begins. */
  readonly seed: number
}
