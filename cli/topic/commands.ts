import type {Command} from 'commander'
import {wholeArgument} from '../arguments.ts'
import {collect, command, type Run, room} from '../command.ts'
import {onCluster} from '../target/options.ts'
import type {AlterOptions} from './alter.ts'
import type {CreateOptions} from './create.ts'
import type {DeleteOptions} from './delete.ts'
import type {DescribeOptions} from './describe.ts'
import type {ListOptions} from './list.ts'

/** `odradek topic …` */
export function topicCommands(root: Command, run: Run): void {
  const topic = room(root, 'topic', TOPIC_HELP, CODES).description('Make, look at, change and delete topics.')
  list(topic, run)
  create(topic, run)
  describe(topic, run)
  alter(topic, run)
  deletion(topic, run)
}

const CODES = '0 fine, 1 failure, 2 wrong usage, 130 cut short by Ctrl-C.'

const TOPIC_HELP = `
Examples:
  odradek topic create orders --partitions 4 --dir ./data
  odradek topic list --dir ./data
  odradek topic describe orders -b 127.0.0.1:9092`

function list(parent: Command, run: Run): void {
  onCluster(command(parent, 'list', LIST_HELP, CODES).alias('ls').description('List the topics.'))
    .option('--internal', 'also those that the cluster keeps for itself')
    .action((options: ListOptions) => run(async terminal => (await import('./list.ts')).listTopics(options, terminal)))
}

const LIST_HELP = `
Examples:
  odradek topic list --dir ./data
  odradek topic list --json -b 127.0.0.1:9092 | jq -r .topic

With --json: {topic, partitions, replicas, internal} for each.`

function create(parent: Command, run: Run): void {
  onCluster(command(parent, 'create', CREATE_HELP, CODES).description('Make topics.'))
    .argument('<topic...>', 'their names')
    .option(
      '-p, --partitions <number>',
      "how many partitions each has (default: the cluster's num.partitions)",
      wholeArgument,
    )
    .option('-r, --replication-factor <number>', "how many brokers have a copy (default: the cluster's)", wholeArgument)
    .option('-o, --config <key=value>', 'a topic config by its name in Kafka; may be given several times', collect)
    .option('--if-not-exists', 'fine where a topic is there already')
    .action((topics: string[], options: CreateOptions) =>
      run(async terminal => (await import('./create.ts')).createTopics(topics, options, terminal)),
    )
}

const CREATE_HELP = `
With --dir, the directory becomes a cluster of one broker where there is none.

Examples:
  odradek topic create orders --dir ./data
  odradek topic create orders -p 8 -r 3 -o retention.ms=-1 -o min.insync.replicas=2 -b 127.0.0.1:9092

With --json: {topic, created} for each; created is false where --if-not-exists found it.`

function describe(parent: Command, run: Run): void {
  onCluster(
    command(parent, 'describe', DESCRIBE_HELP, CODES).description('Tell of partitions, replicas, offsets and configs.'),
  )
    .argument('[topic...]', 'their names (default: all but internal ones)')
    .option('-a, --all-configs', 'all configs, not only those that were set for the topic')
    .action((topics: string[], options: DescribeOptions) =>
      run(async terminal => (await import('./describe.ts')).describeTopics(topics, options, terminal)),
    )
}

const DESCRIBE_HELP = `
The offsets [0, 7) are those that can be read: 0 is the first, 7 the next to come.

Examples:
  odradek topic describe orders --dir ./data
  odradek topic describe --json -b 127.0.0.1:9092 | jq '.topic, .partitions[].leader'

With --json: {topic, partitions: [{partition, leader, replicas, isr, low, high}], configs: {name: value}} for each.`

function alter(parent: Command, run: Run): void {
  onCluster(
    command(parent, 'alter', ALTER_HELP, CODES).description("Change a topic's configs, or give it more partitions."),
  )
    .argument('<topic>', 'its name')
    .option('-p, --partitions <number>', 'how many partitions it is to have: more than it has', wholeArgument)
    .option('-o, --config <key=value>', 'sets a config; may be given several times', collect)
    .option(
      '-d, --delete-config <key>',
      "takes a config back to the cluster's value; may be given several times",
      collect,
    )
    .action((topic: string, options: AlterOptions) =>
      run(async terminal => (await import('./alter.ts')).alterTopic(topic, options, terminal)),
    )
}

const ALTER_HELP = `
Configs that are not named stay. With more partitions, records of a key may go to another partition than before.

Examples:
  odradek topic alter orders -o retention.ms=86400000 --dir ./data
  odradek topic alter orders -p 16 -d retention.ms -b 127.0.0.1:9092

With --json: {topic, partitions, configs: {name: value}}, those that are set now.`

function deletion(parent: Command, run: Run): void {
  onCluster(
    command(parent, 'delete', DELETE_HELP, CODES)
      .alias('rm')
      .description('Delete topics with all their records, for good.'),
  )
    .argument('<topic...>', 'their names')
    .option('--if-exists', 'fine where a topic is not there')
    .action((topics: string[], options: DeleteOptions) =>
      run(async terminal => (await import('./delete.ts')).deleteTopics(topics, options, terminal)),
    )
}

const DELETE_HELP = `
Examples:
  odradek topic delete orders --dir ./data

With --json: {topic, deleted} for each; deleted is false where --if-exists found none.`
