import {CommanderError} from 'commander'
import {OdradekError} from '../engine/errors.ts'

/** What the process ends with. */
export const EXIT = {fine: 0, failed: 1, usage: 2} as const

/** The command was asked for something it does not do. The message says what to do. */
export class UsageError extends Error {}

/** Tells of an error that ended the command, unless it has been told, and what the process is to end with. */
export function exitCodeOf(error: unknown, tell: (line: string) => void): number {
  // the library has printed what it has to say: help, the version, or what is wrong with the arguments
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.fine : EXIT.usage
  tell(`odradek: ${failureText(error)}\n`)
  return error instanceof UsageError ? EXIT.usage : EXIT.failed
}

/** A line for people. What is no expected failure shows where it came from. */
export function failureText(error: unknown): string {
  if (error instanceof OdradekError || error instanceof UsageError) return error.message
  const {code, message, stack} = error as {code?: string; message?: string; stack?: string}
  if (code === 'EACCES' || code === 'EPERM') return `${message}; run as the user who owns it`
  return code === undefined ? (stack ?? String(error)) : (message ?? code)
}
