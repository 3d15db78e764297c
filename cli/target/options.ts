import type {Command} from 'commander'
import {JSON_HELP} from '../command.ts'

/** Options of every command that works on a cluster. */
export function onCluster(tool: Command): Command {
  return tool
    .option('--dir <dir>', 'the cluster in this directory, opened for as long as the command runs')
    .option(
      '-b, --bootstrap-server <address>',
      'brokers to ask, HOST:PORT, several with commas (default: KAFKA_BROKERS)',
    )
    .option('--json', JSON_HELP)
}
