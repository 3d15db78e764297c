import {EXIT} from '../failure.ts'
import {Output} from '../output.ts'
import {type Paint, paintFor} from '../paint.ts'
import {tableLines} from '../table.ts'
import {withAdmin} from '../target/on-target.ts'
import type {TargetOptions} from '../target/open-target.ts'
import type {Terminal} from '../terminal.ts'
import {countText, harmless} from '../text.ts'
import {healthLines} from './health.ts'
import {type ClusterLook, lookAtCluster} from './look.ts'

export interface StatusOptions extends TargetOptions {
  readonly json?: boolean
}

/** `odradek cluster status`. Returns the exit code. */
export async function status(options: StatusOptions, terminal: Terminal): Promise<number> {
  return withAdmin(options, async admin => {
    const look = await lookAtCluster(admin)
    const out = new Output(terminal.stdout)
    if (options.json) out.object(look)
    else for (const line of statusLines(look, paintFor(terminal.stdout))) out.line(line)
    await out.flush()
    return EXIT.fine
  })
}

function* statusLines(look: ClusterLook, paint: Paint): Generator<string> {
  const {clusterId, brokers, topics, partitions} = look
  const counts = [
    countText(brokers.length, 'broker'),
    countText(topics, 'topic'),
    countText(partitions, 'partition'),
  ].join(', ')
  yield `${paint.bold(harmless(clusterId))}  ${counts}`
  const rows = brokers.map(({broker, host, port, leads, replicas}) => [
    String(broker),
    // a broker that was opened in a dir has no port
    port > 0 ? `${harmless(host)}:${port}` : harmless(host),
    String(leads),
    String(replicas),
  ])
  yield* tableLines(['BROKER', 'ADDRESS', 'LEADS', 'REPLICAS'], rows, paint)
  for (const line of healthLines(look.problems, paint)) yield `  ${line}`
}
