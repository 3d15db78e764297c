/**
 * A step of a build, after tsc: removes what an earlier build left in dist/ and no source makes any more.
 * tsc never deletes, so without this a renamed test would go on running from its old compiled file. Wiping
 * dist/ first would do as well, but it pulls the files out from under a bench that runs while someone builds.
 */
import {existsSync, readdirSync, rmdirSync, rmSync} from 'node:fs'
import {join, relative} from 'node:path'
import {fileURLToPath} from 'node:url'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const dist = join(root, 'dist')
const COMPILED = /(\.js|\.d\.ts)(\.map)?$/

/** Returns whether the folder is empty afterwards. */
function sweep(folder: string): boolean {
  let kept = 0
  for (const entry of readdirSync(folder, {withFileTypes: true})) {
    const path = join(folder, entry.name)
    const source = join(root, relative(dist, path).replace(COMPILED, '.ts'))
    // has a step of its own, `bundle.ts`
    if (path === join(dist, 'package')) kept++
    else if (entry.isDirectory()) {
      if (sweep(path)) rmdirSync(path)
      else kept++
    } else if (COMPILED.test(entry.name) && !existsSync(source)) rmSync(path, {force: true})
    else kept++
  }
  return kept === 0
}

sweep(dist)
