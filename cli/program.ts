import {Command} from 'commander'
import {clusterCommands} from './cluster/commands.ts'
import type {Run} from './command.ts'
import {consumeCommand} from './consume/commands.ts'
import {groupCommands} from './group/commands.ts'
import {logCommands} from './log/commands.ts'
import {produceCommand} from './produce/commands.ts'
import {serveCommand} from './serve/commands.ts'
import type {Terminal} from './terminal.ts'
import {topicCommands} from './topic/commands.ts'
import {packageVersion} from './version.ts'

/** The commands with their arguments, options and help. A command's code is loaded when it runs. */
export function program(terminal: Terminal, end: (exitCode: number) => void): Command {
  const root = new Command('odradek')
    .configureOutput({
      writeOut: text => terminal.stdout.write(text),
      writeErr: text => terminal.stderr.write(text),
    })
    .description("Apache Kafka's architecture in one process: topics, records and groups from the command line.")
    .version(packageVersion(), '-V, --version')
    .addHelpText('after', HELP)
    .exitOverride()
    .showHelpAfterError('(--help tells what there is)')
  const run: Run = async command => end(await command(terminal))
  serveCommand(root, run)
  topicCommands(root, run)
  produceCommand(root, run)
  consumeCommand(root, run)
  groupCommands(root, run)
  clusterCommands(root, run)
  logCommands(root, run)
  return root
}

const HELP = `
Where: --dir DIR opens the cluster in a directory, while no other process has it open; -b HOST:PORT asks brokers, ours or
Apache Kafka's, which takes the package kafkajs. Without either, -b is what KAFKA_BROKERS says in the environment.

Examples:
  echo hello | odradek produce greetings --dir ./data
  odradek consume greetings --dir ./data -e
  odradek serve --dir ./data
  odradek topic list -b 127.0.0.1:9092

Exit codes: 0 fine, 1 failure, 2 wrong usage, 130 cut short by Ctrl-C.
odradek topic --help and so on tell more.`
