import {EXIT} from '../failure.ts'
import {Output} from '../output.ts'
import {type Paint, paintFor} from '../paint.ts'
import {withAdmin} from '../target/on-target.ts'
import type {TargetOptions} from '../target/open-target.ts'
import type {Terminal} from '../terminal.ts'
import {harmless} from '../text.ts'
import {lookAtCluster} from './look.ts'

export interface HealthOptions extends TargetOptions {
  readonly json?: boolean
}

/** `odradek cluster health`. Returns the exit code: 1 where something is wrong. */
export async function health(options: HealthOptions, terminal: Terminal): Promise<number> {
  return withAdmin(options, async admin => {
    const {problems} = await lookAtCluster(admin)
    const healthy = problems.length === 0
    const out = new Output(terminal.stdout)
    if (options.json) out.object({healthy, problems})
    else for (const line of healthLines(problems, paintFor(terminal.stdout))) out.line(line)
    await out.flush()
    return healthy ? EXIT.fine : EXIT.failed
  })
}

export function healthLines(problems: readonly string[], paint: Paint): string[] {
  if (problems.length === 0) return [paint.green('healthy: every partition has its leader, every replica is in sync')]
  return problems.map(problem => paint.red(harmless(problem)))
}
