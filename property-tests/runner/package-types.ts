import fs from 'node:fs'
import path from 'node:path'

const NAMED = /(?:from |import |import\()'(\.[^']*)'/g

/**
 * The declarations that those of `doors` speak of, and the doors' own: all that a program needs to be checked against the package. `dist` is
 * where tsc put them, `doors` are names in there. Returns the text of each by its name.
 */
export function packageTypes(dist: string, doors: readonly string[]): Record<string, string> {
  const types: Record<string, string> = {}
  const reached = doors.map(path.normalize)
  for (let name = reached.pop(); name !== undefined; name = reached.pop()) {
    if (Object.hasOwn(types, name)) continue
    const text = fs.readFileSync(path.join(dist, name), 'utf8')
    types[name] = text
    for (const [, from] of text.matchAll(NAMED)) reached.push(path.join(path.dirname(name), declared(from!)))
  }
  return types
}

function declared(module: string): string {
  return module.replace(/\.[jt]s$/, '.d.ts')
}
