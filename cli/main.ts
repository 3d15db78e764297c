import {CommanderError} from 'commander'
import {EXIT, failureText, UsageError} from './failure.ts'
import {program} from './program.ts'
import type {Terminal} from './terminal.ts'

/** Runs one command line, and returns what the process is to end with. */
export async function main(args: readonly string[], terminal: Terminal): Promise<number> {
  let exit: number = EXIT.fine
  try {
    await program(terminal, code => {
      exit = code
    }).parseAsync([...args], {from: 'user'})
    return exit
  } catch (error) {
    // the library has printed what it has to say: help, the version, or what is wrong with the arguments
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.fine : EXIT.usage
    terminal.stderr.write(`odradek: ${failureText(error)}\n`)
    return error instanceof UsageError ? EXIT.usage : EXIT.failed
  }
}
