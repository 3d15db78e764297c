/** The imports of a file: static, `export … from`, for their effect only, and dynamic ones with a literal name. */
import {posix} from 'node:path'
import {blank, lineAt} from './blank.ts'

export interface Import {
  /** As written: `./log.ts`, `node:fs`, `uvu/assert`. */
  readonly name: string
  readonly line: number
}

/** Over blanked code, where a quoted name is spaces: `from` before a quote is never anything but an import's. */
const IMPORT = /(?:\bfrom|\bimport|\bimport\s*\()\s*(['"`]) *\1/g

export function importsOf(source: string): Import[] {
  return [...blank(source).code.matchAll(IMPORT)].map(match => {
    const end = match.index + match[0].length - 1
    const start = source.lastIndexOf(match[1] as string, end - 1) + 1
    return {name: source.slice(start, end), line: lineAt(source, start)}
  })
}

/** The path a relative import names, from the tree's root; undefined for a package or a module of Node's. */
export function resolveImport(from: string, name: string): string | undefined {
  return name.startsWith('.') ? posix.join(posix.dirname(from), name) : undefined
}

/** Imports in a circle, one for each file that closes one: `a.ts → b.ts → a.ts`. */
export function cyclesOf(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const cycles: string[] = []
  const done = new Set<string>()
  const path: string[] = []
  const visit = (file: string) => {
    if (path.includes(file)) {
      cycles.push([...path.slice(path.indexOf(file)), file].join(' → '))
      return
    }
    if (done.has(file)) return
    path.push(file)
    for (const next of graph.get(file) ?? []) visit(next)
    path.pop()
    done.add(file)
  }
  for (const file of graph.keys()) visit(file)
  return cycles
}
