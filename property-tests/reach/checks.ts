import * as assert from 'uvu/assert'
import {skip} from '../runner/skip.ts'
import {command} from './command.ts'
import type {Install} from './installs.ts'

/** Registers a test that needs an install, or skips it where the registry is out of reach. */
export function withInstall(
  test: {(name: string, run: () => Promise<void>): void; skip(name: string): void},
  name: string,
  install: Install,
  run: (folder: string) => Promise<void>,
): void {
  if ('folder' in install) test(name, () => run(install.folder))
  else if (install.excused) skip(test, name, install.missing)
  else test(name, async () => assert.unreachable(install.missing))
}

/** Runs Node and wants it to end well, having written nothing but these words. */
export async function prints(
  words: string,
  args: readonly string[],
  options: {cwd: string; node?: string},
): Promise<void> {
  const {code, output} = await command(options.node ?? process.execPath, args, {cwd: options.cwd})
  assert.is(output.trim(), words)
  assert.is(code, 0)
}

/** Runs Node and wants it to end well, whatever it writes; returns that. */
export async function succeeds(
  args: readonly string[],
  options: {cwd: string; node?: string; env?: Readonly<Record<string, string>>},
): Promise<string> {
  const {node, ...rest} = options
  const {code, output} = await command(node ?? process.execPath, args, rest)
  assert.is(code, 0, `${args.join(' ')}\n${output}`)
  return output
}
