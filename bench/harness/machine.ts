import {execFileSync} from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import {fileURLToPath} from 'node:url'

/** The tree's root: a compiled file lies deeper than its source does. */
export const ROOT = new URL('.', import.meta.resolve('odradek/package.json'))

const GIB = 1024 ** 3
/** Magic numbers of Linux' statfs. */
const FILE_SYSTEMS: Readonly<Record<number, string>> = {
  61267: 'ext4',
  1481003842: 'xfs',
  2435016766: 'btrfs',
  16914836: 'tmpfs: in memory, no disk at all',
  2035054128: 'overlayfs',
  801189825: 'zfs',
}

/** What results depend on, as [what, which]; without names or paths of this machine. */
export function describeMachine(dir: string): [string, string][] {
  return [
    ['Processor', `${os.cpus()[0]?.model ?? 'unknown'}, ${os.availableParallelism()} cores`],
    ['Memory', `${Math.round(os.totalmem() / GIB)} GiB`],
    ['System', `${os.type()} ${os.release()}, ${os.arch()}`],
    ['File system', FILE_SYSTEMS[fs.statfsSync(dir).type] ?? 'unknown'],
    ['Node', `${process.version}, V8 ${process.versions.v8}`],
    ['Packages', packages().join(', ')],
    ['Commit', commit()],
  ]
}

function packages(): string[] {
  return ['', 'node_modules/@node-rs/crc32/', 'bench/peers/node_modules/lmdb/', 'node_modules/tinybench/'].flatMap(
    place => {
      const file = new URL(`${place}package.json`, ROOT)
      if (!fs.existsSync(file)) return []
      const {name, version} = JSON.parse(fs.readFileSync(file, 'utf8')) as {name: string; version: string}
      return [`${name} ${version}`]
    },
  )
}

function commit(): string {
  try {
    const changed = git('status', '--porcelain', '--', '.', ':!BENCHMARKS.md') !== ''
    return `${git('rev-parse', '--short=12', 'HEAD')}${changed ? ' with changes' : ''}`
  } catch {
    return 'unknown: this is no git repository'
  }
}

function git(...args: readonly string[]): string {
  return execFileSync('git', args, {
    cwd: fileURLToPath(ROOT),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim()
}
