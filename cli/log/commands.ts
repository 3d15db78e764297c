import type {Command} from 'commander'
import {offsetArgument, positionArgument, wholeArgument} from '../arguments.ts'
import {command, JSON_HELP, type Run, room} from '../command.ts'
import type {DumpOptions} from './dump.ts'
import type {ExportOptions} from './export.ts'
import type {ImportOptions} from './import.ts'
import type {StatsOptions} from './stats.ts'
import type {TailOptions} from './tail.ts'
import type {VerifyOptions} from './verify.ts'

/** `odradek log …`: tools for the files of one log. */
export function logCommands(root: Command, run: Run): void {
  const log = room(root, 'log', LOG_HELP, CODES).description('Look at a log, follow it, copy it.')
  verify(log, run)
  dump(log, run)
  tail(log, run)
  stats(log, run)
  exporting(log, run)
  importing(log, run)
}

const CODES =
  '0 fine, 1 damage or failure found, or nothing where it was asked for, 2 wrong usage, 130 cut short by Ctrl-C, which is how tail -f ends: 0.'
const DIR = 'the directory that openLog was given, or a partition in it'
const POSITION = 'earliest, latest, OFFSET, -N (the last N) or @TIME (ms since 1970, or ISO 8601)'

const LOG_HELP = `
All of them but import only read: they take no lock and write nothing, so DIR may be open in another process.

Examples:
  odradek log stats ./data/events
  odradek log tail -f ./data/events
  odradek log verify ./data/events && echo intact
  odradek log export ./data/events | odradek log import ./data/copy`

/** Options of every command that reads a dir. */
function reading(tool: Command): Command {
  return tool.option('--topic <name>', 'which log, where DIR holds several').option('--json', JSON_HELP)
}

function verify(parent: Command, run: Run): void {
  reading(command(parent, 'verify', VERIFY_HELP, CODES).description('Read everything and tell what is damaged.'))
    .argument('<dir>', DIR)
    .action((dir: string, options: VerifyOptions) =>
      run(async terminal => (await import('./verify.ts')).verify(dir, options, terminal)),
    )
}

const VERIFY_HELP = `
Checks every batch (length, CRC, order of offsets, leader epoch) and every index entry. Half a write behind the end of the
log is no damage: its writer completes it, or the next opening cuts it off.

Examples:
  odradek log verify ./data/events
  odradek log verify --json ./data/events | jq 'select(.ok == false)'

With --json: {type: "segment", baseOffset, endOffset, bytes, batches, records, ok, damaged: [{position, length, offset,
nextOffset, why}], problems: [text]} for each segment, {type: "deleted", baseOffset} for one that retention took meanwhile, and at
the end {type: "log", ok, segments, records, bytes, logStartOffset, logEndOffset, syncedEnd, torn, problems, owner}.`

function dump(parent: Command, run: Run): void {
  reading(command(parent, 'dump', DUMP_HELP, CODES).description("Print batches, as Kafka's kafka-dump-log.sh does."))
    .argument('<path>', `${DIR}, or a .log, .index or .timeindex file`)
    .option('--records', 'print the records of each batch, with keys and values')
    .option('--from <offset>', 'begin with the batch that holds this offset', offsetArgument)
    .option('--to <offset>', 'end before this offset', offsetArgument)
    .option('--index', 'print the offset indexes instead of the logs')
    .option('--timeindex', 'print the time indexes instead of the logs')
    .action((path: string, options: DumpOptions) =>
      run(async terminal => (await import('./dump.ts')).dump(path, options, terminal)),
    )
}

const DUMP_HELP = `
Examples:
  odradek log dump ./data/events
  odradek log dump --records --from 1000 --to 1010 ./data/events
  odradek log dump ./data/events/log-0/00000000000000000000.timeindex

With --json: {type: "batch", segment, position, size, baseOffset, lastOffset, count, ...}, {type: "record", offset, timestamp,
key, value, headers, ...} (keys and values as export has them), {type: "indexEntry", segment, offset, position},
{type: "timeIndexEntry", segment, timestamp, offset}, {type: "damage", ...} and {type: "gap", why, from, to}.`

function tail(parent: Command, run: Run): void {
  reading(
    command(parent, 'tail', TAIL_HELP, CODES).description('Print the last records, and follow what is still to come.'),
  )
    .argument('<dir>', DIR)
    .option(
      '-n, --records <number>',
      'the last so many records (default: 10); with --from, at most so many from there',
      wholeArgument,
    )
    .option('--from <position>', `where to begin: ${POSITION}`, positionArgument)
    .option('-f, --follow', 'go on with new records until Ctrl-C')
    .action((dir: string, options: TailOptions) =>
      run(async terminal => (await import('./tail.ts')).tail(dir, options, terminal)),
    )
}

const TAIL_HELP = `
A record is a line: offset, time, key, value, headers. What is not text is printed as base64, control characters as \\u and four digits.

Examples:
  odradek log tail ./data/events
  odradek log tail -f -n 0 ./data/events
  odradek log tail --from @2026-01-31T08:00:00Z ./data/events
  odradek log tail -f --json ./data/events | jq .value

With --json: a record as export prints it.`

function stats(parent: Command, run: Run): void {
  reading(
    command(parent, 'stats', STATS_HELP, CODES).description('Tell how much is in a log, of what, and who has it open.'),
  )
    .argument('<dir>', DIR)
    .action((dir: string, options: StatsOptions) =>
      run(async terminal => (await import('./stats.ts')).stats(dir, options, terminal)),
    )
}

const STATS_HELP = `
Examples:
  odradek log stats ./data/events
  odradek log stats --json ./data/events | jq .logEndOffset

With --json: one object with the same facts; times are ms since 1970, sizes are bytes.`

function exporting(parent: Command, run: Run): void {
  command(parent, 'export', EXPORT_HELP, CODES)
    .description('Print all records, to keep them or to import them elsewhere.')
    .argument('<dir>', DIR)
    .option('--topic <name>', 'which log, where DIR holds several')
    .option('--json', 'JSON lines; this is the default')
    .option('--values', 'only the values, each followed by a line feed; null as an empty line')
    .option('--from <position>', `where to begin: ${POSITION}`, positionArgument)
    .option('--to <offset>', 'end before this offset', offsetArgument)
    .action((dir: string, options: ExportOptions) =>
      run(async terminal => (await import('./export.ts')).exportLog(dir, options, terminal)),
    )
}

const EXPORT_HELP = `
A line: {"offset":7,"timestamp":1767225600000,"key":"order-7","value":"paid","headers":[["source","shop"]]}
Keys and values are text, null, or {"base64":"..."} where the bytes are not UTF-8. Headers are [name, value] pairs in their order; a
record without any has no "headers". What is appended while it runs is not exported.

Examples:
  odradek log export ./data/events > events.jsonl
  odradek log export --values --from -100 ./data/events`

function importing(parent: Command, run: Run): void {
  command(parent, 'import', IMPORT_HELP, CODES)
    .description('Append lines to a log, which is made where there is none.')
    .argument('<dir>', 'the directory for openLog; no other process may have it open')
    .argument('[file]', 'the lines; - or none for stdin')
    .option('--topic <name>', "the log's topic (default: log)")
    .option('--lines', 'each line is a value, without its line feed or CR LF (default: lines as export prints them)')
    .option('--key-field <name>', 'with --lines of JSON objects: the field that becomes the key')
    .option('--timestamp-field <name>', 'with --lines of JSON objects: the field with the time, in ms or ISO 8601')
    .option('--durability <level>', 'synced or written (default: synced)')
    .option('--segment-bytes <number>', "size of the log's segments (default: 1 GiB)", wholeArgument)
    .option('--max-message-bytes <number>', 'greatest record (default: 1048588)', wholeArgument)
    .option('--json', JSON_HELP)
    .action((dir: string, file: string | undefined, options: ImportOptions) =>
      run(async terminal => (await import('./import.ts')).importLog(dir, file, options, terminal)),
    )
}

const IMPORT_HELP = `
Records keep their key, value, headers and timestamp, and get the offsets that follow in the log. Nothing is deleted for its age while
it runs; the program that opens the log afterwards should set retentionMs, which is 7 days where it does not. A line ends in a line
feed or in CR LF, and a byte order mark before the first one is no part of it.

Examples:
  odradek log import ./data/copy events.jsonl
  journalctl -o json | odradek log import --lines --key-field _SYSTEMD_UNIT ./data/journal

With --json: {records, bytes, baseOffset, lastOffset, ms}.`
