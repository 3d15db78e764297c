import type {Command} from 'commander'
import {startArgument, wholeArgument} from '../arguments.ts'
import {command, type Run} from '../command.ts'
import {onCluster} from '../target/options.ts'
import type {ConsumeOptions} from './consume.ts'

/** `odradek consume` */
export function consumeCommand(root: Command, run: Run): void {
  onCluster(
    command(root, 'consume', CONSUME_HELP, CODES).description('Print records, and go on with new ones until Ctrl-C.'),
  )
    .argument('<topic...>', 'the topics')
    .option('-o, --offset <position>', `where to begin: ${POSITION} (default: beginning)`, startArgument)
    .option('-e, --exit', 'end with the last record that is there now')
    .option('-c, --count <number>', 'end after so many records', wholeArgument)
    .option('-p, --partition <number>', 'only this partition', wholeArgument)
    .option('-K, --key-delimiter <text>', 'print the key, this, and the value')
    .option('-f, --format <text>', 'print this for each record: see below')
    .option('-J, --envelope', 'a line of JSON for each record, in the words of kcat')
    .option('-g, --group <id>', 'read as a member of this group, go on where it left off, and commit what was printed')
    .action((topics: string[], options: ConsumeOptions) =>
      run(async terminal => (await import('./consume.ts')).consume(topics, options, terminal)),
    )
}

const POSITION = 'beginning, end, OFFSET, -N (the last N of each partition) or s@TIME (ms since 1970, or ISO 8601)'

const CODES =
  '0 fine, also by Ctrl-C while it waits for more, 1 failure, 2 wrong usage, 130 cut short by Ctrl-C with -e or -c.'

const CONSUME_HELP = `
Prints the value of each record and a line feed, null as nothing. Order holds within a partition. On a terminal, control
characters are spelled out; a pipe or a file gets every byte as it is.

With --format: %s value, %S its length (-1 for null), %k key, %K its length, %t topic, %p partition, %o offset, %T time in ms
since 1970, %h headers as name=value with commas, %% a per cent sign; \\n \\r \\t \\\\ and \\x41 as usual. No line feed is added.

Examples:
  odradek consume orders -e --dir ./data
  odradek consume orders -o -10 -b 127.0.0.1:9092
  odradek consume orders -e -f '%p:%o %k=%s\\n' --dir ./data
  odradek consume orders --json -b 127.0.0.1:9092 | jq -r .value
  odradek consume orders --group billing -b 127.0.0.1:9092

With --json: {topic, partition, offset, timestamp, key, value, headers}, text as text and other bytes as {"base64": text}, as
log export prints them. With -J: {topic, partition, offset, ts, headers: [name, value, ...], key, payload}.`
