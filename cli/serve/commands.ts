import type {Command} from 'commander'
import {wholeArgument} from '../arguments.ts'
import {collect, command, JSON_HELP, type Run} from '../command.ts'
import type {ServeOptions} from './serve.ts'

/** `odradek serve` */
export function serveCommand(root: Command, run: Run): void {
  command(root, 'serve', SERVE_HELP, CODES)
    .description('Serve a cluster to Kafka clients of any language, until Ctrl-C.')
    .option('--dir <dir>', 'where everything is kept (default: a temporary directory that goes when it ends)')
    .option('--brokers <number>', 'how many brokers (default: as many as DIR has, or 1)', wholeArgument)
    .option(
      '--coordinators <number>',
      'how many coordinators: 1, 3 or 5 (default: as many as DIR has, or 1)',
      wholeArgument,
    )
    .option(
      '--port <number>',
      'of the first broker, the next has the one after it; 0 takes free ones (default: 9092)',
      wholeArgument,
    )
    .option('--host <host>', 'where to listen (default: 127.0.0.1)')
    .option('--advertised-host <host>', 'what clients are told to connect to (default: --host)')
    .option(
      '--allow-remote',
      'lets --host be an address that others reach: there is no password, whoever reaches it may do everything',
    )
    .option('--run <command>', 'run this with KAFKA_BROKERS set, and end with it, by its exit code')
    .option('--metrics <port>', 'answer Prometheus at /metrics, and /healthz; 0 takes a free one', wholeArgument)
    .option(
      '-o, --config <key=value>',
      "a broker's property or a topic config by its name in Kafka; may be given several times",
      collect,
    )
    .option('--properties <file>', "a broker's .properties file; -o has the last word", collect)
    .option('--json', JSON_HELP)
    .action((options: ServeOptions) => run(async terminal => (await import('./serve.ts')).serve(options, terminal)))
}

const CODES = '0 fine, Ctrl-C included, 1 failure, 2 wrong usage; with --run that of the command.'

const SERVE_HELP = `
Properties that mean something here: num.partitions, default.replication.factor, auto.create.topics.enable, log.retention.*,
log.segment.bytes, log.roll.*, log.cleanup.policy, log.cleaner.*, log.flush.interval.*, message.max.bytes, min.insync.replicas,
replica.lag.time.max.ms, broker.session.timeout.ms, listeners (its port), log.dirs; and every topic config, for topics that
do not set it: -o retention.ms=-1 -o durability=written. Others are named in a warning and have no effect.

Examples:
  odradek serve --dir ./data
  odradek serve --dir ./data --brokers 3 --metrics 9308 -o retention.ms=-1
  odradek serve --port 0 --run "npm test"
  odradek serve --dir ./data --properties server.properties

With --json: {type: "serving", bootstrap, brokers: [{broker, host, port}], dir, metrics}, then {type: "broker.down", broker} and
the like as they come.`
