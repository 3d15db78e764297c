import {inspect} from 'node:util'
import {OdradekError} from '../engine/errors.ts'

/** A value as a message shows it: its kind and, where that is short, itself. */
export function describe(value: unknown): string {
  if (value === null || value === undefined || typeof value === 'boolean') return String(value)
  if (typeof value === 'object') return `an object (${inspect(value, {depth: 0, breakLength: Infinity})})`
  if (typeof value === 'function') return 'a function'
  return `the ${typeof value} ${inspect(value, {maxStringLength: 100})}`
}

/** Refuses what is not an object of options, and names that are none of `known`: a misspelt option must not be passed over. */
export function checkOptions(what: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new OdradekError('INVALID_ARGUMENT', `the options of ${what} are an object, not ${describe(options)}`)
  const stranger = Object.keys(options).find(name => !known.includes(name))
  if (stranger !== undefined)
    throw new OdradekError('INVALID_ARGUMENT', `${what} has no option ${stranger}; it has ${known.join(', ')}`)
}

export function checkSignal(signal: unknown): void {
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw new OdradekError('INVALID_ARGUMENT', `signal is an AbortSignal, not ${describe(signal)}`)
}
