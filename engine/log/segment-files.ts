/** Names in a partition's directory (Kafka's `LogFileUtils`): the base offset in 20 digits and a suffix. */
export const SUFFIX = {
  log: '.log',
  index: '.index',
  timeIndex: '.timeindex',
  txnIndex: '.txnindex',
  snapshot: '.snapshot',
} as const

export type Suffix = (typeof SUFFIX)[keyof typeof SUFFIX]

export function segmentFile(dir: string, baseOffset: number, suffix: Suffix): string {
  return `${dir}/${String(baseOffset).padStart(20, '0')}${suffix}`
}

/** What compaction puts behind a name: in the making, complete and to take the place of others, on its way out. */
export const ENDING = {cleaned: '.cleaned', swap: '.swap', deleted: '.deleted'} as const

export type Ending = (typeof ENDING)[keyof typeof ENDING]

/** The offset a file is named after, or undefined where its name is not of that kind. */
export function offsetOfFile(name: string, suffix: Suffix): number | undefined {
  if (name.length !== 20 + suffix.length || !name.endsWith(suffix)) return undefined
  const digits = name.slice(0, 20)
  return /^\d{20}$/.test(digits) && Number.isSafeInteger(Number(digits)) ? Number(digits) : undefined
}

/** Base offsets of the segments among `names`, ascending. */
export function segmentBases(names: Iterable<string>): number[] {
  const bases: number[] = []
  for (const name of names) {
    const base = offsetOfFile(name, SUFFIX.log)
    if (base !== undefined) bases.push(base)
  }
  return bases.sort((a, b) => a - b)
}

/**
 * Segments among `names` that are about to take the place of others, which may be there still: their offsets may go beyond where the next segment
 * begins.
 */
export function swappingBases(names: Iterable<string>): Set<number> {
  const bases = new Set<number>()
  for (const name of names) {
    const base = name.endsWith(ENDING.swap) ? Number(name.slice(0, 20)) : Number.NaN
    if (Number.isSafeInteger(base)) bases.add(base)
  }
  return bases
}

/** Kafka's rule for topic names (`Topic.validate`). */
export function isTopicName(name: string): boolean {
  return /^[a-zA-Z0-9._-]{1,249}$/.test(name) && name !== '.' && name !== '..'
}

/** The directory of a partition: `topic-0`. */
export function partitionDirectory(topic: string, partition: number): string {
  return `${topic}-${partition}`
}

/** Whether Kafka's LogManager takes a directory of this name for a partition's; any other makes it refuse the whole dir. */
export function isPartitionDirectory(name: string): boolean {
  const match = /^(.+)-(\d+)(?:\.[0-9a-f]{32}-(?:delete|future|stray))?$/.exec(name)
  return match !== null && isTopicName(match[1]!)
}
