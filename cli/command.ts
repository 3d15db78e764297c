import type {Command} from 'commander'
import type {Terminal} from './terminal.ts'

/** Runs what a command does, and keeps its exit code. */
export type Run = (command: (terminal: Terminal) => Promise<number>) => Promise<void>

export const JSON_HELP = 'one JSON object a line on stdout'

/** A room of commands: `odradek log`, `odradek topic` … */
export function room(root: Command, name: string, help: string, codes: string): Command {
  return root
    .command(name)
    .addHelpText('after', `\n${help.trim()}\n\nExit codes: ${codes}`)
    .showHelpAfterError(`(odradek ${name} --help tells what there is)`)
}

export function command(parent: Command, name: string, help: string, codes: string): Command {
  const path = parent.parent === null ? parent.name() : `${parent.parent.name()} ${parent.name()}`
  return parent
    .command(name)
    .addHelpText('after', `\n${help.trim()}\n\nExit codes: ${codes}`)
    .showHelpAfterError(`(${path} ${name.split(' ')[0]} --help tells what there is)`)
}

/** For an option that may be given several times. */
export function collect(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text]
}
