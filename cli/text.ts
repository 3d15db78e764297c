import {isUtf8} from 'node:buffer'

/** Texts for people: what is printed where no program reads along. */

export function sizeText(bytes: number): string {
  if (bytes < 1000) return `${Math.round(bytes)} B`
  let unit = 0
  let size = bytes
  while (size >= 999.5 && unit < UNITS.length - 1) {
    size /= 1000
    unit++
  }
  return `${size.toPrecision(3)} ${UNITS[unit]}`
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']

export function countText(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}

/** ISO 8601, or the bare number where it is not a date. */
export function timeText(timestamp: number): string {
  const date = new Date(timestamp)
  return timestamp < 0 || Number.isNaN(date.getTime()) ? String(timestamp) : date.toISOString()
}

/** Bytes on one line. Control characters are spelled out: what a record holds must not command a terminal. */
export function bytesText(bytes: Buffer | null): string {
  if (bytes === null) return 'null'
  return isUtf8(bytes) ? harmless(bytes.toString()) : `base64:${bytes.toString('base64')}`
}

/** A path in a sentence: in quotes where one could not tell where it begins and ends. */
export function pathText(path: string): string {
  return PLAIN_PATH.test(path) ? path : `'${harmless(path)}'`
}

const PLAIN_PATH = /^[\p{L}\p{N}_./\\:~@%+=-]+$/u

export function harmless(text: string): string {
  return text.replace(CONTROLS, character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** The same for text of several lines, which tabs may stand in. */
export function harmlessLines(text: string): string {
  return text.replace(CONTROLS, character => (/[\n\t]/.test(character) ? character : harmless(character)))
}

// control characters, also those of the upper half, and what turns the direction of writing
const CONTROLS = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu
