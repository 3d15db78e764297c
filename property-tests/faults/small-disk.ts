/** A real file system of a few MiB, in a file, for as long as this process lives. */
import {spawnSync} from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import {tempDir} from '../door/temp-dir.ts'

const run = (command: string, ...args: string[]): boolean =>
  spawnSync(command, args, {stdio: 'ignore', env: {...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin`}})
    .status === 0

/** Where it is mounted; undefined where that is not to be had: it takes root, mkfs.ext4 and a loop device. */
export function mountSmallDisk(bytes: number): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return undefined
  const home = tempDir()
  const [image, mount] = [path.join(home, 'image'), path.join(home, 'mount')]
  fs.mkdirSync(mount)
  fs.writeFileSync(image, '')
  fs.truncateSync(image, bytes)
  // nothing is kept back for root: full is full
  if (!run('mkfs.ext4', '-q', '-m', '0', image) || !run('mount', '-o', 'loop', image, mount)) return undefined
  // before the directory goes, which was asked for first
  process.prependOnceListener('exit', () => run('umount', '-l', mount))
  return mount
}
