import {InvalidArgumentError} from 'commander'

/** Where to begin, as a person says it. */
export type Position =
  | 'earliest'
  | 'latest'
  | {readonly offset: number}
  | {readonly last: number}
  | {readonly timestamp: number}

export function wholeArgument(text: string): number {
  const number = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(number))
    throw new InvalidArgumentError('It is a whole number from 0.')
  return number
}

export const offsetArgument = wholeArgument

export function positionArgument(text: string): Position {
  if (text === 'earliest' || text === 'latest') return text
  if (/^\d+$/.test(text)) return {offset: wholeArgument(text)}
  if (/^-\d+$/.test(text)) return {last: wholeArgument(text.slice(1))}
  const timestamp = text.startsWith('@') ? timestampOf(text.slice(1)) : undefined
  if (timestamp === undefined)
    throw new InvalidArgumentError('It is earliest, latest, an offset, -N for the last N, or @TIME.')
  return {timestamp}
}

/** The same in kcat's words. */
export function startArgument(text: string): Position {
  if (text === 'beginning') return 'earliest'
  if (text === 'end') return 'latest'
  try {
    return positionArgument(text.startsWith('s@') ? text.slice(1) : text)
  } catch {
    throw new InvalidArgumentError('It is beginning, end, an offset, -N for the last N, or s@TIME.')
  }
}

/** Ms since 1970, given so or in ISO 8601; undefined for anything else. */
export function timestampOf(text: string): number | undefined {
  if (/^\d+$/.test(text)) return Number.isSafeInteger(Number(text)) ? Number(text) : undefined
  const ms = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(ms) || ms < 0 ? undefined : ms
}
