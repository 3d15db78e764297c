import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import {DirLock} from '../workers/dir-lock.ts'
import {LOCK_FILE} from '../workers/lock-file.ts'

const PREFIX = 'odradek-temporary-'

/** A directory for a cluster that has none of its own. */
export function makeTemporaryHome(parent: string = os.tmpdir()): string {
  return fs.mkdtempSync(path.join(parent, PREFIX))
}

/**
 * Removes temporary directories whose process was ended by a signal, which leaves it no time to do so. One that nobody has locked yet is
 * being made. Whatever keeps one from being removed, it stays.
 */
export async function removeDesertedHomes(parent: string = os.tmpdir()): Promise<void> {
  for (const entry of fs.readdirSync(parent, {withFileTypes: true})) {
    const home = path.join(parent, entry.name)
    if (!entry.name.startsWith(PREFIX) || !entry.isDirectory() || !fs.existsSync(`${home}/${LOCK_FILE}`)) continue
    try {
      const lock = await DirLock.take(home)
      await fs.promises.rm(home, {recursive: true, force: true})
      lock.release()
    } catch {
      // it is in use, or somebody else's
    }
  }
}
