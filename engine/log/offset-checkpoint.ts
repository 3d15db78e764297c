import {readText, replaceFile} from './files.ts'
import type {Storage} from './storage.ts'

/** Names of Kafka's checkpoints in a broker's dir. */
export const CHECKPOINT = {
  recoveryPoint: 'recovery-point-offset-checkpoint',
  logStart: 'log-start-offset-checkpoint',
  highWatermark: 'replication-offset-checkpoint',
  /** Kafka's own: how far its cleaner has compacted. */
  cleaned: 'cleaner-offset-checkpoint',
} as const

/** Offsets by `topic partition`, as Kafka's `OffsetCheckpointFile` keeps them: version, count, a line each. */
export type OffsetCheckpoint = Map<string, number>

export function checkpointKey(topic: string, partition: number): string {
  return `${topic} ${partition}`
}

/** Reads a checkpoint. One that is missing or unreadable counts as empty: everything in it can be found out again from the logs. */
export function readCheckpoint(storage: Storage, path: string): OffsetCheckpoint {
  const lines = (readText(storage, path) ?? '').split('\n')
  const offsets: OffsetCheckpoint = new Map()
  if (lines[0] !== '0') return offsets
  const count = Number(lines[1])
  for (const line of lines.slice(2, 2 + count)) {
    const match = /^(\S+ \d+) (\d+)$/.exec(line)
    const offset = Number(match?.[2])
    if (match === null || !Number.isSafeInteger(offset)) return new Map()
    offsets.set(match[1]!, offset)
  }
  return offsets.size === count ? offsets : new Map()
}

export function writeCheckpoint(storage: Storage, path: string, offsets: OffsetCheckpoint): void {
  const lines = [...offsets].map(([partition, offset]) => `${partition} ${offset}\n`)
  replaceFile(storage, path, `0\n${offsets.size}\n${lines.join('')}`)
}
