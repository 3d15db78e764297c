/**
 * Makes generators of a module's functions: each comes to a stop *before* every touch of shared memory, and goes on when
 * it is granted its turn. What a touch does, and to which memory, is for the runtime (`$`) to say.
 */
import {type FunctionSpan, functionAround, skipSpacesBack} from './functions.ts'
import type {ModuleText, Use} from './module-text.ts'
import type {TurningNames} from './turning-names.ts'

/** One place in the code that touches shared memory. */
export interface Site {
  readonly number: number
  readonly module: string
  readonly line: number
  /** The operation of `Atomics`, or `read`, `write` and `copy` for what is not atomic. */
  readonly op: string
  readonly text: string
}

interface FoundSite extends Use {
  /** For an atomic its call, else the name of the view and what comes before it. */
  readonly start: number
  readonly end: number
  readonly op: string
}

/** Views of shared memory go by these names, in the rooms where shared memory is touched at all. */
const VIEWS = /#?\b(?:ints|longs|words|index|halves)\b(?=\[|\.set\(|\.subarray\()/g
/** The counters of a replica's line are for people: nobody decides by them. */
const COUNTERS = /#words(?=\[LINE\.at\[name\]\])/
const COPIES = /\btarget(?=\.fill\()/g
const ATOMICS = /(?<!\.)\bAtomics\.(\w+)\s*\(/g
const ROOMS = /\/(?:engine\/(?:memory|cluster)|interleavings\/scenarios)\//

const ARGUMENTS: Readonly<Record<string, number>> = {
  load: 2,
  store: 3,
  add: 3,
  or: 3,
  exchange: 3,
  compareExchange: 4,
  notify: 2,
  wait: 4,
  waitAsync: 3,
}

/** A getter has a method of this name beside it, which is the generator. */
const GETTER = '$get_'

export function sitesOf(text: ModuleText): FoundSite[] {
  const {code, pairs, functions} = text
  const found: FoundSite[] = []
  for (const match of code.matchAll(ATOMICS)) {
    const open = match.index + match[0].length - 1
    const end = pairs.get(open)! + 1
    const op = match[1]!
    if (countArguments(text, open) !== ARGUMENTS[op])
      throw new Error(`${text.path}: the scheduler knows Atomics.${op} with ${ARGUMENTS[op] ?? 'no'} arguments only`)
    found.push(site(functions, op, match.index, end))
  }
  if (!ROOMS.test(text.path)) return found
  for (const match of code.matchAll(VIEWS)) {
    const end = match.index + match[0].length
    if (COUNTERS.test(code.slice(match.index, end + 20))) continue
    found.push(site(functions, accessAt(text, end), chainStart(text, match.index), end))
  }
  for (const match of code.matchAll(COPIES))
    found.push(site(functions, 'copy', match.index, match.index + match[0].length))
  return found.sort((a, b) => a.start - b.start)
}

/** The module's body as a function's: what it exports is returned, what it imports comes in as `$imports`. */
export function withTurns(text: ModuleText, found: readonly FoundSite[], names: TurningNames, sites: Site[]): string {
  const edits = new Edits(text.source)
  for (const span of text.functions) if (names.functions.has(span) && !span.opaque) toGenerator(edits, text, span)
  for (const place of found) {
    const number = sites.length
    sites.push(describe(text, place, number))
    touch(edits, place, number, canTurn(place.inside))
  }
  for (const use of text.calls())
    if (names.calls.has(use.name)) follow(edits, text, use, callEnd(text, use.at), names.sure.has(use.name))
  for (const use of text.reads()) {
    if (!names.getters.has(use.name)) continue
    const end = use.at + /^#?[\w$]+/.exec(text.code.slice(use.at))![0].length
    const sure = names.sure.has(use.name) && text.code[use.at - 2] !== '?'
    if (sure) edits.replace(use.at, end, `${GETTER}${use.name}()`)
    follow(edits, text, use, end, sure)
  }
  for (const [i, {start, end, names: bound, whole}] of text.imports.entries()) {
    const targets = [...bound.map(([theirs, ours]) => `${JSON.stringify(theirs)}: ${ours}`)]
    edits.replace(
      start,
      end,
      `const {${targets.join(', ')}} = $imports[${i}]; ${whole === undefined ? '' : `const ${whole} = $whole($imports[${i}])`}`,
    )
  }
  for (const match of text.code.matchAll(/^export\s+(?=class|function|const|let)/gm))
    edits.replace(match.index, match.index + match[0].length, '')
  return `'use strict';${edits.apply()}\nreturn {${text.exports.join(', ')}}`
}

function site(functions: readonly FunctionSpan[], op: string, start: number, end: number): FoundSite {
  return {name: op, at: start, inside: functionAround(functions, start), start, end, op}
}

function canTurn(inside: FunctionSpan | undefined): boolean {
  return inside !== undefined && inside.kind !== 'constructor' && !inside.opaque
}

function describe(text: ModuleText, place: FoundSite, number: number): Site {
  const line = text.source.slice(0, place.start).split('\n').length
  return {
    number,
    module: text.path.replace(/^.*\/dist\//, '').replace(/\.js$/, '.ts'),
    line,
    op: place.op,
    text: `${place.inside?.name ?? ''}: ${text.source.split('\n')[line - 1]!.trim()}`,
  }
}

function touch(edits: Edits, place: FoundSite, number: number, turns: boolean): void {
  const {start, end, op} = place
  const turn = turns ? `yield ${number}, ` : ''
  if (op === 'read' || op === 'write' || op === 'copy') {
    const target = op === 'read' ? ['', ''] : ['$.write(', ')']
    edits.wrap(start, end, `(${turn}${target[0]}`, `${target[1]})`)
    return
  }
  // the place comes last, and with it the turn: when all arguments are there
  edits.replace(start, start + 'Atomics'.length, '$')
  if (op === 'wait' && turns) edits.wrap(start, end, '(yield* ', ')')
  edits.insert(end - 1, op === 'wait' || !turns ? `, ${number}` : `, (${turn}${number})`)
}

/** A call of something that may come to a turn: it is followed through all of its turns. */
function follow(edits: Edits, text: ModuleText, use: Use, end: number, sure: boolean): void {
  const start = chainStart(text, use.at)
  // behind `?.` there may be nothing to call
  sure &&= !text.code.slice(start, use.at).includes('?.')
  if (canTurn(use.inside)) edits.wrap(start, end, sure ? '(yield* ' : '(yield* $.follow(', sure ? ')' : '))')
  else if (use.inside === undefined || use.inside.kind === 'constructor') edits.wrap(start, end, '$.finish(', ')')
}

function toGenerator(edits: Edits, text: ModuleText, span: FunctionSpan): void {
  const {kind, name, head, params, body, end} = span
  if (kind === 'method') edits.insert(head, '*')
  else if (kind === 'function') edits.insert(text.code.indexOf('function', head - 10) + 'function'.length, '*')
  else if (kind === 'getter')
    edits.replace(head, params, `${name}() { return this.${GETTER}${name}() } *${GETTER}${name}`)
  else if (kind === 'arrow') {
    const bracket = text.code[params] === '('
    const arrow = text.code.lastIndexOf('=>', body)
    edits.wrap(params, end, `(function* ${bracket ? '' : '('}`, `${span.block ? '' : ') }'}).bind(this)`)
    edits.replace(arrow, arrow + 2, `${bracket ? '' : ')'}${span.block ? '' : '{ return ('}`)
  }
}

function countArguments({code, pairs}: ModuleText, open: number): number {
  let count = 1
  for (let i = open + 1; i < pairs.get(open)!; i++) {
    if ('([{'.includes(code[i]!)) i = pairs.get(i)!
    else if (code[i] === ',') count++
  }
  return count
}

/** What is done to the view that ends at `end`. */
function accessAt({code, pairs}: ModuleText, end: number): string {
  if (code.startsWith('.set(', end)) return 'write'
  if (code[end] !== '[') return 'read'
  return /^\s*(?:[-+*|&]?=(?!=)|\+\+|--)/.test(code.slice(pairs.get(end)! + 1)) ? 'write' : 'read'
}

function callEnd({code, pairs}: ModuleText, at: number): number {
  return pairs.get(code.indexOf('(', at))! + 1
}

/** Where the expression begins that `at` is the last member of: `this.#memory.ints` from `this`. */
function chainStart({code, pairs}: ModuleText, at: number): number {
  let start = at
  for (;;) {
    let before = skipSpacesBack(code, start - 1)
    if (code[before] !== '.' || code[before - 1] === '.') break
    before = skipSpacesBack(code, code[before - 1] === '?' ? before - 2 : before - 1)
    start = before + 1
    while (code[before] === ')' || code[before] === ']') {
      start = pairs.get(before)!
      before = start - 1
    }
    start -= /[\w$#]*$/.exec(code.slice(0, start))![0].length
  }
  const made = /\bnew\s+$/.exec(code.slice(Math.max(0, start - 8), start))
  return made === null ? start : start - made[0].length
}

/** Insertions and replacements by place; where several fall on one place, what wraps more stands further out. */
class Edits {
  readonly #source: string
  readonly #edits: {at: number; end: number; text: string; order: number}[] = []

  constructor(source: string) {
    this.#source = source
  }

  /** Within what is wrapped there. */
  insert(at: number, text: string): void {
    this.#edits.push({at, end: at, text, order: 0})
  }

  /** `open` goes before `start`, outside of shorter wraps that begin there; `close` behind `end`, outside of those that end there. */
  wrap(start: number, end: number, open: string, close: string): void {
    this.#edits.push({at: start, end: start, text: open, order: 1e6 - (end - start)})
    this.#edits.push({at: end, end, text: close, order: -1e6 + (end - start)})
  }

  replace(at: number, end: number, text: string): void {
    this.#edits.push({at, end, text, order: 2e6})
  }

  apply(): string {
    let text = ''
    let from = 0
    for (const edit of this.#edits.sort((a, b) => a.at - b.at || a.order - b.order)) {
      text += this.#source.slice(from, edit.at) + edit.text
      from = Math.max(from, edit.end)
    }
    return text + this.#source.slice(from)
  }
}
