import {inspect} from 'node:util'
import {OdradekError} from '../engine/errors.ts'

/** Characters of an object that a message shows. */
const SHOWN_MAX = 200

/** A value as a message shows it: its kind and, where that is short, itself. */
export function describe(value: unknown): string {
  if (value === null || value === undefined || typeof value === 'boolean') return String(value)
  if (typeof value === 'object') return describeObject(value)
  if (typeof value === 'function') return 'a function'
  return `the ${typeof value} ${inspect(value, {maxStringLength: 100})}`
}

function describeObject(value: object): string {
  if (value instanceof URL) return `the URL ${value.href}`
  if (value instanceof Error) return `the error ${value}`
  const kind = Array.isArray(value) ? 'array' : 'object'
  const shown = inspect(value, {depth: 0, breakLength: Infinity})
  // an empty pair of brackets says nothing
  if (shown === '{}' || shown === '[]' || shown === '[Object: null prototype] {}') return `an empty ${kind}`
  return `an ${kind} (${shown.length > SHOWN_MAX ? `${shown.slice(0, SHOWN_MAX)}…` : shown})`
}

/** Refuses what is not an object of options, and names that are none of `known`: a misspelt option must not be passed over. */
export function checkOptions(what: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new OdradekError('INVALID_ARGUMENT', `the options of ${what} are an object, not ${describe(options)}`)
  const stranger = Object.keys(options).find(name => !known.includes(name))
  if (stranger !== undefined)
    throw new OdradekError('INVALID_ARGUMENT', `${what} has no option ${stranger}; it has ${known.join(', ')}`)
}

export function checkTimestamp(timestamp: unknown): void {
  if (!Number.isSafeInteger(timestamp))
    throw new OdradekError('INVALID_ARGUMENT', `timestamp is a whole number of ms, not ${describe(timestamp)}`)
}

/** Below what offset records are given up: -1 stands for the high watermark. */
export function checkDeletion(offset: unknown): void {
  if (!Number.isSafeInteger(offset) || (offset as number) < -1)
    throw new OdradekError('INVALID_ARGUMENT', `offset is a whole number from 0, or -1, not ${describe(offset)}`)
}

export function checkDurability(durability: unknown): void {
  if (durability !== 'written' && durability !== 'synced')
    throw new OdradekError('INVALID_ARGUMENT', `durability is 'written' or 'synced', not ${describe(durability)}`)
}

export function checkSignal(signal: unknown): void {
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw new OdradekError('INVALID_ARGUMENT', `signal is an AbortSignal, not ${describe(signal)}`)
}
