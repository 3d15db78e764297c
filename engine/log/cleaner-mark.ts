import {crc32c} from '../bytes/crc32c.ts'
import {readText, replaceFile} from './files.ts'
import type {Storage} from './storage.ts'

/**
 * What our own cleaner has on record of a log, beside Kafka's checkpoint of it: a file `cleaned-end` in the partition's directory, which Kafka ignores. The checkpoint is
 * one for all partitions of a dir and follows later, so it cannot be lowered before a log is cut; and it does not tell who has compacted. That matters because ours leaves no
 * gap between segments, and Kafka's does: a segment that is missing shows only where none is to be expected.
 */
export interface CleanerMark {
  /** Nothing at or above counts as compacted, whatever the checkpoint says. */
  readonly cleanedEnd: number
  /** The greatest end that ours has come to: a checkpoint beyond it is Kafka's. */
  readonly ownEnd: number
  /** Up to there a segment may begin behind a gap that was there before ours came. */
  readonly gapsBelow: number
}

/** Undefined where there is none, or none that can be trusted. */
export function readCleanerMark(storage: Storage, dir: string): CleanerMark | undefined {
  const [, words, crc] = /^((?:\d+ ){3})([0-9a-f]{8})\n$/.exec(readText(storage, pathIn(dir)) ?? '') ?? []
  if (words === undefined || checksum(words) !== crc) return undefined
  const [cleanedEnd, ownEnd, gapsBelow] = words.split(' ').map(Number) as [number, number, number]
  return {cleanedEnd, ownEnd, gapsBelow}
}

/** On stable storage when this returns. */
export function writeCleanerMark(storage: Storage, dir: string, {cleanedEnd, ownEnd, gapsBelow}: CleanerMark): void {
  const words = `${cleanedEnd} ${ownEnd} ${gapsBelow} `
  replaceFile(storage, pathIn(dir), `${words}${checksum(words)}\n`)
}

/** What `mark` says of gaps between segments; undefined where Kafka's cleaner has been here since, or nobody kept a record. */
export function gapsOnRecord(mark: CleanerMark | undefined, checkpoint: number): number | undefined {
  return mark !== undefined && checkpoint <= mark.ownEnd ? mark.gapsBelow : undefined
}

export function isSameMark(one: CleanerMark, other: CleanerMark): boolean {
  return one.cleanedEnd === other.cleanedEnd && one.ownEnd === other.ownEnd && one.gapsBelow === other.gapsBelow
}

function pathIn(dir: string): string {
  return `${dir}/cleaned-end`
}

function checksum(words: string): string {
  return crc32c(new TextEncoder().encode(words)).toString(16).padStart(8, '0')
}
