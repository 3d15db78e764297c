import {constants} from 'node:os'
import {OdradekError} from '../engine/errors.ts'
import type {Interrupt} from './interrupt.ts'

/** What the process ends with. Work that a signal cuts short ends as the shell tells of a signal: 128 and its number. */
export const EXIT = {
  fine: 0,
  failed: 1,
  usage: 2,
  cutShort: (signal: Interrupt) => 128 + constants.signals[signal],
} as const

/** The command was asked for something it does not do. The message says what to do. */
export class UsageError extends Error {}

/** A line for people. What is no expected failure shows where it came from. */
export function failureText(error: unknown): string {
  if (error instanceof OdradekError || error instanceof UsageError) return error.message
  const {code, message, stack} = error as {code?: string; message?: string; stack?: string}
  if (code === 'EACCES' || code === 'EPERM') return `${message}; run as the user who owns it`
  return code === undefined ? (stack ?? String(error)) : (message ?? code)
}
