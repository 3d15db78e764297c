import {type Command, Help, Option} from 'commander'
import {JSON_HELP} from '../command.ts'

const SHARED = [
  new Option('--dir <dir>', 'the cluster in this directory, opened for as long as the command runs'),
  new Option(
    '-b, --bootstrap-server <address>',
    'brokers to ask, HOST:PORT, several with commas (default: KAFKA_BROKERS)',
  ),
  new Option('--json', JSON_HELP),
]

/** Options of every command that works on a cluster. Help tells of them behind its own. */
export function onCluster(tool: Command): Command {
  for (const option of SHARED) tool.addOption(option)
  return tool.configureHelp({
    visibleOptions(command) {
      const all = Help.prototype.visibleOptions.call(this, command)
      return [...all.filter(option => !SHARED.includes(option)), ...all.filter(option => SHARED.includes(option))]
    },
  })
}
