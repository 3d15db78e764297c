import {spawnSync} from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import {fileURLToPath} from 'node:url'
import {tempDir} from '../door/temp-dir.ts'

const CLI = fileURLToPath(new URL('../../cli/odradek.js', import.meta.url))

/** A command line of a document, and what the document says it prints. */
export interface Shown {
  readonly command: string
  readonly printed: string
}

/** The commands behind `$ ` in the console blocks of a document, each with the lines below it. */
export function commandsShown(text: string): Shown[] {
  return [...text.matchAll(/^```console\n([\s\S]*?)^```$/gm)].flatMap(([, block]) =>
    block!
      .split(/^\$ /m)
      .slice(1)
      .map(each => {
        const [command, ...lines] = each.split('\n')
        return {command: command!, printed: lines.join('\n')}
      }),
  )
}

/** A shell in a directory of its own, in which `odradek` is ours. Returns what a command prints. */
export function shell(): (command: string) => string {
  const dir = tempDir()
  const bin = `${dir}/bin`
  fs.mkdirSync(bin)
  fs.writeFileSync(`${bin}/odradek`, `#!/bin/sh\nexec "${process.execPath}" "${CLI}" "$@"\n`, {mode: 0o755})
  const {KAFKA_BROKERS: _, ...env} = process.env
  return command =>
    spawnSync('sh', ['-c', `{ ${command}\n} 2>&1`], {
      cwd: dir,
      env: {...env, PATH: `${bin}${path.delimiter}${env['PATH']}`},
      encoding: 'utf8',
      timeout: 60_000,
    }).stdout
}

/** What differs from one run to the next. */
export function steady(printed: string): string {
  return printed.replace(/\b\d+ ms\b/g, 'N ms').replace(/^[\w-]{22} {2}/gm, 'CLUSTER  ')
}
