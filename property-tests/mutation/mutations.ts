/** Small faults that can be put into a compiled module: an operator, a condition, a constant or a statement that is another one or none. */
import {blank, lineAt} from '../runner/blank.ts'

export interface Mutation {
  /** Where in the text, and what stands there instead. */
  readonly start: number
  readonly end: number
  readonly replacement: string
  readonly line: number
  /** As people read it: the line's text, before and after. */
  readonly before: string
  readonly after: string
}

interface Rule {
  readonly pattern: RegExp
  /** What one match becomes; undefined leaves it as it is. */
  readonly become: (text: string) => string | undefined
}

const OPERATORS: Readonly<Record<string, string>> = {
  '<': '<=',
  '<=': '<',
  '>': '>=',
  '>=': '>',
  '===': '!==',
  '!==': '===',
  '&&': '||',
  '||': '&&',
  '??': '&&',
  '+': '-',
  '-': '+',
  '*': '/',
  '%': '*',
  '+=': '-=',
  '-=': '+=',
  '&': '|',
  '|': '&',
  '>>': '<<',
  '<<': '>>',
}

const RULES: readonly Rule[] = [
  // an operator stands between blanks in what the compiler writes
  {pattern: /(?<= )(?:[<>]=?|[!=]==|&&|\|\||\?\?|[-+*%&|]|[-+]=|>>|<<)(?= )/g, become: text => OPERATORS[text]},
  {pattern: /(?<![\w.$#])\d+(?![\w.])/g, become: text => String(Number(text) + 1)},
  {pattern: /(?<![\w.$#])(?:true|false)(?!\w)/g, become: text => (text === 'true' ? 'false' : 'true')},
  {pattern: /\bMath\.(?:min|max)\b/g, become: text => (text === 'Math.min' ? 'Math.max' : 'Math.min')},
  {pattern: /(?<=[(\s])!(?=[\w(])/g, become: () => ''},
  {pattern: /\+\+|--/g, become: text => (text === '++' ? '--' : '++')},
  // a call for its effect, on a line of its own
  {pattern: /(?<=\n\s+)(?!return|throw|const|let|super|await)[\w.#$?]+\([^;\n]*\);(?=\n)/g, become: () => ';'},
]

/** Nothing in these lines is the module's own behaviour: imports, messages of assertions, source maps. */
const PASSED_OVER = /^\s*(?:import|export \{|assert\()/

/** Every mutation of a compiled module, in the order of its text. */
export function mutationsOf(source: string): Mutation[] {
  const {code} = blank(source)
  const found = RULES.flatMap(({pattern, become}) =>
    [...code.matchAll(pattern)].flatMap(match => {
      const replacement = become(match[0])
      return replacement === undefined
        ? []
        : [mutation(source, match.index, match.index + match[0].length, replacement)]
    }),
  )
  return found.filter(({before}) => !PASSED_OVER.test(before)).sort((a, b) => a.start - b.start)
}

export function mutated(source: string, {start, end, replacement}: Mutation): string {
  return source.slice(0, start) + replacement + source.slice(end)
}

function mutation(source: string, start: number, end: number, replacement: string): Mutation {
  const from = source.lastIndexOf('\n', start - 1) + 1
  const to = source.indexOf('\n', end)
  const before = source.slice(from, to)
  const after = source.slice(from, start) + replacement + source.slice(end, to)
  return {start, end, replacement, line: lineAt(source, start), before: before.trim(), after: after.trim()}
}
