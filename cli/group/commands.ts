import type {Command} from 'commander'
import {startArgument} from '../arguments.ts'
import {command, type Run, room} from '../command.ts'
import {onCluster} from '../target/options.ts'
import type {DeleteOptions} from './delete.ts'
import type {DescribeOptions} from './describe.ts'
import type {ListOptions} from './list.ts'
import type {SeekOptions} from './seek.ts'

/** `odradek group …` */
export function groupCommands(root: Command, run: Run): void {
  const group = room(root, 'group', GROUP_HELP, CODES).description(
    'Look at consumer groups, their lag, move their offsets.',
  )
  list(group, run)
  describe(group, run)
  seek(group, run)
  deletion(group, run)
}

const CODES = '0 fine, 1 failure, 2 wrong usage, 130 cut short by Ctrl-C.'

const GROUP_HELP = `
Examples:
  odradek group list -b 127.0.0.1:9092
  odradek group describe billing -b 127.0.0.1:9092
  odradek group seek billing orders --to beginning --dir ./data`

function list(parent: Command, run: Run): void {
  onCluster(command(parent, 'list', LIST_HELP, CODES).alias('ls').description('List the groups.')).action(
    (options: ListOptions) => run(async terminal => (await import('./list.ts')).listGroups(options, terminal)),
  )
}

const LIST_HELP = `
Examples:
  odradek group list --dir ./data

With --json: {group, state, members} for each.`

function describe(parent: Command, run: Run): void {
  onCluster(
    command(parent, 'describe', DESCRIBE_HELP, CODES).description(
      'Tell what groups have read, and what is still before them.',
    ),
  )
    .argument('<group...>', 'their ids')
    .action((groups: string[], options: DescribeOptions) =>
      run(async terminal => (await import('./describe.ts')).describeGroups(groups, options, terminal)),
    )
}

const DESCRIBE_HELP = `
COMMITTED is the offset a group goes on from, END the one behind the last record; LAG is what lies between them, all there is
where nothing was committed.

Examples:
  odradek group describe billing --dir ./data
  odradek group describe billing --json -b 127.0.0.1:9092 | jq .lag

With --json: {group, state, protocol, lag, members: [{member, client, host}], partitions: [{topic, partition, committed, end,
lag, member}]} for each; committed is null where nothing was, member where nobody has it.`

function seek(parent: Command, run: Run): void {
  onCluster(command(parent, 'seek', SEEK_HELP, CODES).description('Set the offsets that a group goes on from.'))
    .argument('<group>', 'its id; it must have no members meanwhile')
    .argument('[topic...]', 'TOPIC, or TOPIC:PARTITION (default: all that it has committed)')
    .requiredOption(
      '--to <position>',
      'beginning, end, OFFSET, -N (the last N of each partition) or s@TIME (ms since 1970, or ISO 8601)',
      startArgument,
    )
    .option('-n, --dry-run', 'only tell what would be done')
    .action((group: string, topics: string[], options: SeekOptions) =>
      run(async terminal => (await import('./seek.ts')).seekGroup(group, topics, options, terminal)),
    )
}

const SEEK_HELP = `
An offset outside of a partition becomes its nearer end. A group that is not there is made.

Examples:
  odradek group seek billing orders --to beginning --dir ./data
  odradek group seek billing orders:0 --to 120 -b 127.0.0.1:9092
  odradek group seek billing --to s@2026-01-31T08:00:00Z --dry-run -b 127.0.0.1:9092

With --json: {group, topic, partition, from, to} for each partition; from is null where nothing was committed.`

function deletion(parent: Command, run: Run): void {
  onCluster(
    command(parent, 'delete', DELETE_HELP, CODES).alias('rm').description('Delete groups with what they committed.'),
  )
    .argument('<group...>', 'their ids; they must have no members')
    .action((groups: string[], options: DeleteOptions) =>
      run(async terminal => (await import('./delete.ts')).deleteGroups(groups, options, terminal)),
    )
}

const DELETE_HELP = `
Examples:
  odradek group delete billing --dir ./data

With --json: {group, deleted} for each.`
