import {EXIT} from '../failure.ts'
import {Output} from '../output.ts'
import {paintFor} from '../paint.ts'
import {withAdmin} from '../target/on-target.ts'
import type {TargetOptions} from '../target/open-target.ts'
import type {Terminal} from '../terminal.ts'
import {countText, harmless} from '../text.ts'

export interface ListOptions extends TargetOptions {
  readonly json?: boolean
}

/** `odradek group list`. Returns the exit code. */
export async function listGroups(options: ListOptions, terminal: Terminal): Promise<number> {
  return withAdmin(options, async admin => {
    const names = (await admin.listGroups()).groups.map(({groupId}) => groupId).sort()
    const {groups} = names.length === 0 ? {groups: []} : await admin.describeGroups(names)
    const out = new Output(terminal.stdout)
    const paint = paintFor(terminal.stdout)
    const width = Math.max(0, ...names.map(name => name.length))
    for (const name of names) {
      const {state = 'Unknown', members = []} = groups.find(({groupId}) => groupId === name) ?? {}
      if (options.json) out.object({group: name, state, members: members.length})
      else
        out.line(
          `${paint.bold(harmless(name).padEnd(width))}  ${state.padEnd(8)}  ${countText(members.length, 'member')}`,
        )
    }
    await out.flush()
    if (names.length === 0 && !options.json) terminal.stderr.write('odradek: there are no groups yet\n')
    return EXIT.fine
  })
}
