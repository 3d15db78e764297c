#!/usr/bin/env node
import {CommanderError} from 'commander'
import {EXIT, failureText, UsageError} from './failure.ts'
import {program} from './program.ts'

/** The `odradek` command. What it does is in program.ts and log/; here is only how it ends. */
try {
  await program().parseAsync()
} catch (error) {
  process.exitCode = exitCodeOf(error)
}

function exitCodeOf(error: unknown): number {
  // the library has printed what it has to say: help, the version, or what is wrong with the arguments
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.fine : EXIT.usage
  process.stderr.write(`odradek: ${failureText(error)}\n`)
  return error instanceof UsageError ? EXIT.usage : EXIT.failed
}
