import type {Command} from 'commander'
import {command, type Run, room} from '../command.ts'
import {onCluster} from '../target/options.ts'
import type {HealthOptions} from './health.ts'
import type {StatusOptions} from './status.ts'

/** `odradek cluster …` */
export function clusterCommands(root: Command, run: Run): void {
  const cluster = room(root, 'cluster', CLUSTER_HELP, CODES).description('Tell of brokers, and whether all is well.')
  status(cluster, run)
  health(cluster, run)
}

const CODES = '0 fine, 1 failure; of health also that something is wrong, 2 wrong usage, 130 cut short by Ctrl-C.'

const CLUSTER_HELP = `
Examples:
  odradek cluster status --dir ./data
  odradek cluster health -b 127.0.0.1:9092 && echo fine`

function status(parent: Command, run: Run): void {
  onCluster(
    command(parent, 'status', STATUS_HELP, CODES).description('Tell of brokers, topics and partitions.'),
  ).action((options: StatusOptions) => run(async terminal => (await import('./status.ts')).status(options, terminal)))
}

const STATUS_HELP = `
Examples:
  odradek cluster status -b 127.0.0.1:9092

With --json: {clusterId, controller, brokers: [{broker, host, port, leads, replicas}], topics, partitions, problems: [text]}.`

function health(parent: Command, run: Run): void {
  onCluster(
    command(parent, 'health', HEALTH_HELP, CODES).description('Say whether every partition is led and in sync.'),
  ).action((options: HealthOptions) => run(async terminal => (await import('./health.ts')).health(options, terminal)))
}

const HEALTH_HELP = `
Wrong are partitions without a leader, partitions with replicas that are not in sync, and brokers that are not there.

Examples:
  odradek cluster health -b 127.0.0.1:9092 || echo call somebody

With --json: {healthy, problems: [text]}.`
