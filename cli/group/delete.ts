import {EXIT} from '../failure.ts'
import {Output} from '../output.ts'
import {withAdmin} from '../target/on-target.ts'
import type {TargetOptions} from '../target/open-target.ts'
import type {Terminal} from '../terminal.ts'
import {harmless} from '../text.ts'

export interface DeleteOptions extends TargetOptions {
  readonly json?: boolean
}

/** `odradek group delete`. Returns the exit code. */
export async function deleteGroups(
  groups: readonly string[],
  options: DeleteOptions,
  terminal: Terminal,
): Promise<number> {
  return withAdmin(options, async admin => {
    await admin.deleteGroups([...groups])
    const out = new Output(terminal.stdout)
    for (const group of groups) {
      if (options.json) out.object({group, deleted: true})
      else out.line(`${harmless(group)} deleted`)
    }
    await out.flush()
    return EXIT.fine
  })
}
