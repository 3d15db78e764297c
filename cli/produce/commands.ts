import type {Command} from 'commander'
import {wholeArgument} from '../arguments.ts'
import {collect, command, type Run} from '../command.ts'
import {onCluster} from '../target/options.ts'
import type {ProduceOptions} from './produce.ts'

/** `odradek produce` */
export function produceCommand(root: Command, run: Run): void {
  onCluster(command(root, 'produce', PRODUCE_HELP, CODES).description('Send lines as records.'))
    .argument('<topic>', 'the topic, which is made where it is missing and the cluster allows that')
    .argument('[file]', 'the lines; - or none for stdin')
    .option('-K, --key-delimiter <text>', 'what stands between key and value; a line without it is a value')
    .option('-k, --key <text>', 'the key of every record')
    .option('-p, --partition <number>', 'the partition of every record (default: by its key)', wholeArgument)
    .option('-H, --header <name=value>', 'a header of every record; may be given several times', collect)
    .option(
      '-J, --envelope',
      'lines of JSON with key, value, headers and more, as consume -J, consume --json and log export print them',
    )
    .option('-Z, --null', 'an empty key or value is null')
    .option('-z, --compress <codec>', 'none or gzip (default: none)')
    .option('-a, --acks <who>', 'who must have it: 0, 1 or all (default: all)')
    .action((topic: string, file: string | undefined, options: ProduceOptions) =>
      run(async terminal => (await import('./produce.ts')).produce(topic, file, options, terminal)),
    )
}

const CODES = '0 fine, 1 failure, 2 wrong usage, 130 cut short by Ctrl-C: what was read before it is sent.'

const PRODUCE_HELP = `
A line is a record, without its line feed. With --dir, the directory becomes a cluster of one broker where there is none.

Examples:
  echo hello | odradek produce greetings --dir ./data
  odradek produce orders -K : -b 127.0.0.1:9092 < orders.txt
  odradek consume orders -J -e -b 127.0.0.1:9092 | odradek produce copy -J --dir ./data

With --json: {topic, records, bytes, ms, partitions: [{partition, baseOffset}]}, the base offset that of the first record
sent there.`
