import os from 'node:os'
import {parseArgs} from 'node:util'
import type {Case} from './case.ts'
import type {ScaleName} from './scale.ts'

/** What the caller wants, checked. */
export interface Command {
  readonly cases: readonly Case[]
  readonly scale: ScaleName
  readonly json: boolean
  readonly write: boolean
  readonly help: boolean
  readonly dir: string
}

/** The caller wants something there is not. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

const OPTIONS = {
  quick: {type: 'boolean'},
  tiny: {type: 'boolean'},
  json: {type: 'boolean'},
  write: {type: 'boolean'},
  help: {type: 'boolean'},
  dir: {type: 'string'},
} as const

export function parseCommand(args: readonly string[], known: readonly Case[]): Command {
  const {values, positionals} = parse(args)
  const {quick = false, tiny = false, json = false, write = false, help = false, dir = os.tmpdir()} = values
  const names = known.map(({name}) => name)
  const unknown = positionals.filter(name => !names.includes(name))
  if (unknown.length > 0) throw new UsageError(`there is no case ${unknown.join(', ')}; there are ${names.join(', ')}`)
  if (write && (positionals.length > 0 || json))
    throw new UsageError('--write runs every case and writes BENCHMARKS.md: it takes no names and no --json')
  if (dir === '') throw new UsageError('--dir takes the path of a directory')
  return {
    cases: positionals.length === 0 ? known : known.filter(({name}) => positionals.includes(name)),
    scale: tiny ? 'tiny' : quick ? 'quick' : 'full',
    json,
    write,
    help,
    dir,
  }
}

export function usage(known: readonly Case[]): string {
  const columns = Math.max(...known.map(({name}) => name.length))
  return `npm run bench -- [NAME…] [--quick] [--json] [--write] [--dir DIR]

Cases (all of them where none is named):
${known.map(({name, question}) => `  ${name.padEnd(columns)}  ${question}`).join('\n')}

  --quick    3 short rounds in place of 5 long ones; everything ends within 45 s
  --tiny     hardly anything, to see that it runs: the numbers mean nothing
  --json     an object a line on stdout and nothing else there: case, subject, level, metric, value, spread, peer, ratio
  --write    run every case and write BENCHMARKS.md
  --dir DIR  where the files that are written go (default: the system's directory for temporary files)`
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({args: [...args], options: OPTIONS, allowPositionals: true})
  } catch (error) {
    // what follows is advice on names that begin with a hyphen, of which there are none
    throw new UsageError((error as Error).message.split('. ')[0]!)
  }
}
