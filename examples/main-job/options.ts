import {parseArgs} from 'node:util'
import type {Durability} from 'odradek'
import {FLIGHTS} from './flights.ts'

export const HELP = `\
Streams ${FLIGHTS} flights through a cluster of three brokers and three
coordinators from two threads while a third reads along; kills a broker and
a coordinator midway; then reopens the cluster, reads everything back and
checks it.

Usage: npm start -- [options]

  --dir DIR            keep the cluster in DIR, which must be new or empty
                       (default: a temporary directory, removed at the end)
  --durability LEVEL   written: survives the end of the process
                       synced: survives power loss (default)
  --rate N             N records/s all the time, for the latency under that load
                       (default: half at full speed, the rest at 20000 a second)
  --records N          only the first N flights, 1000 or more (default: all)
  --help               this text

A picture of the cluster is drawn while it runs; plain lines come where the
output is no terminal, or where NO_COLOR or CI is set.

The exit code is 0 only if every check held.
`

export interface Options {
  readonly dir: string | undefined
  readonly durability: Durability
  readonly perSecond: number | undefined
  readonly records: number
}

const RECORDS_MIN = 1000
const PER_SECOND_MAX = 1_000_000

/** The job was asked for something it does not do. */
export class UsageError extends Error {}

/** Undefined where help is wanted. Throws a UsageError. */
export function parseOptions(args: readonly string[]): Options | undefined {
  const {dir, durability, rate, records, help} = parse(args)
  if (help) return undefined
  if (dir === '') throw new UsageError('--dir is the path of a directory')
  if (durability !== 'written' && durability !== 'synced')
    throw new UsageError(`--durability is written or synced, not ${durability}`)
  return {
    dir,
    durability,
    perSecond: rate === undefined ? undefined : whole('--rate', rate, 1, PER_SECOND_MAX),
    records: whole('--records', records, RECORDS_MIN, FLIGHTS),
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        dir: {type: 'string'},
        durability: {type: 'string', default: 'synced'},
        rate: {type: 'string'},
        records: {type: 'string', default: String(FLIGHTS)},
        help: {type: 'boolean', short: 'h', default: false},
      },
    }).values
  } catch (error) {
    throw new UsageError(`${(error as Error).message}; try --help`, {cause: error})
  }
}

function whole(name: string, text: string, least: number, most: number): number {
  const number = Number(text)
  if (!/^\d+$/.test(text) || number < least || number > most)
    throw new UsageError(`${name} is a whole number from ${least} to ${most}, not ${text}`)
  return number
}
