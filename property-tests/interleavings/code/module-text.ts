/** A compiled module as the scheduler reads it: its text, its brackets, its functions, what it imports and exports. */
import {readFileSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {blank} from '../../runner/blank.ts'
import {type FunctionSpan, findFunctions, functionAround, matchBrackets} from './functions.ts'

/** A use of a name that may lead to a turn: `name(…)`, or `.name` of a getter. */
export interface Use {
  readonly name: string
  readonly at: number
  readonly inside: FunctionSpan | undefined
}

export interface Binding {
  readonly path: string
  /** Pairs of the exporter's name and ours; none where the import is for its effect. */
  readonly names: readonly (readonly [string, string])[]
  /** Name of the module as a whole: a default import, or `* as`. */
  readonly whole: string | undefined
  readonly start: number
  readonly end: number
}

const IMPORT = /^import\s+(?:([\w$]+)\s*,?\s*)?(?:\*\s*as\s+([\w$]+)\s+)?(?:\{([^}]*)\}\s*)?from\s*['"]/gm
const REEXPORT = /^export\s+(?:\*|\{[^}]*\})\s+from/m
const EXPORT = /^export\s+(?:class|function|const|let)\s+([\w$]+)/gm

export class ModuleText {
  readonly path: string
  readonly source: string
  /** As long as the source, without comments and quoted text. */
  readonly code: string
  readonly pairs: ReadonlyMap<number, number>
  readonly functions: readonly FunctionSpan[]
  readonly imports: readonly Binding[]
  readonly exports: readonly string[]

  constructor(path: string) {
    this.path = path
    this.source = readFileSync(path, 'utf8')
    this.code = blank(this.source).code
    if (REEXPORT.test(this.code)) throw new Error(`${path} exports from elsewhere, which the scheduler cannot follow`)
    this.pairs = matchBrackets(this.code)
    this.functions = findFunctions(this.code, this.pairs)
    this.imports = [...this.code.matchAll(IMPORT)].map(match => this.#binding(match))
    this.exports = [...this.code.matchAll(EXPORT)].map(match => match[1]!)
  }

  calls(): Use[] {
    const heads = new Set(this.functions.map(span => span.head))
    const found: Use[] = []
    for (const match of this.code.matchAll(/#?\b([A-Za-z_$][\w$]*)\s*(?=\()/g)) {
      if (
        heads.has(match.index) ||
        /\b(?:new\s+|Atomics\.)$/.test(this.code.slice(Math.max(0, match.index - 8), match.index))
      )
        continue
      found.push({name: match[1]!, at: match.index, inside: functionAround(this.functions, match.index)})
    }
    return found
  }

  /** Of `LINE.at.name` and `LINE.low.name` none is one: that is where a field lies, not what it holds. */
  reads(): Use[] {
    return [...this.code.matchAll(/(?<!\.(?:at|low))\.#?([A-Za-z_$][\w$]*)(?!\s*\(|[\w$]|\s*=(?!=))/g)].map(match => ({
      name: match[1]!,
      at: match.index + 1,
      inside: functionAround(this.functions, match.index),
    }))
  }

  /** What is called with an argument that begins at `at`: `this.#list.filter`. */
  callerOf(at: number): string {
    let open = -1
    for (const [one, other] of this.pairs) if (one < at && at < other && one > open) open = one
    return this.code[open] === '(' ? this.code.slice(Math.max(0, open - 60), open) : ''
  }

  /** Where a getter's name stands for something else: a field, a key, a parameter. */
  plainUses(getters: ReadonlySet<string>): {readonly name: string}[] {
    const heads = new Set(this.functions.map(span => span.head))
    return [...this.code.matchAll(/(?<![.\w$#])([A-Za-z_$][\w$]*)/g)]
      .filter(match => getters.has(match[1]!) && !heads.has(match.index))
      .map(match => ({name: match[1]!}))
  }

  #binding(match: RegExpMatchArray & {index?: number}): Binding {
    const start = match.index!
    const quote = start + match[0].length - 1
    const close = this.source.indexOf(this.source[quote]!, quote + 1)
    const specifier = this.source.slice(quote + 1, close)
    const names = (match[3] ?? '')
      .split(',')
      .map(name => name.trim().split(/\s+as\s+/))
      .filter(([name]) => name !== '')
      .map(([name, ours]) => [name!, ours ?? name!] as const)
    const path = specifier.startsWith('.') ? join(dirname(this.path), specifier) : specifier
    return {path, names, whole: match[1] ?? match[2], start, end: close + 1}
  }
}
