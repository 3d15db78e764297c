/**
 * Where the functions of a compiled module stand: enough of JavaScript's grammar to make generators of them. It reads
 * blanked code (comments and quoted text are spaces), so every bracket is a bracket.
 */
export type FunctionKind = 'method' | 'getter' | 'setter' | 'constructor' | 'function' | 'arrow'

export interface FunctionSpan {
  readonly kind: FunctionKind
  /** Without the `#` of a private name; empty where it has none. */
  readonly name: string
  /** Where the name begins, or the parameters of a function without one. */
  readonly head: number
  /** Where the parameters begin: at their bracket, or at the name of an arrow's only one. */
  readonly params: number
  /** The body: from its brace, or from an arrow's expression, to behind its end. */
  readonly body: number
  readonly end: number
  /** Whether the body is a block. */
  readonly block: boolean
  /** Async functions and generators stay what they are. */
  readonly opaque: boolean
}

const CONTROL = new Set(['if', 'for', 'while', 'switch', 'catch', 'with', 'await'])
const OPENING = '([{'
const CLOSING = ')]}'

/** For each bracket the place of its other half. */
export function matchBrackets(code: string): Map<number, number> {
  const pairs = new Map<number, number>()
  const open: number[] = []
  for (let i = 0; i < code.length; i++) {
    const char = code[i]!
    if (OPENING.includes(char)) open.push(i)
    else if (CLOSING.includes(char)) {
      const start = open.pop()
      if (start === undefined || OPENING.indexOf(code[start]!) !== CLOSING.indexOf(char))
        throw new Error(`brackets do not match at ${code.slice(Math.max(0, i - 60), i + 1)}`)
      pairs.set(start, i).set(i, start)
    }
  }
  return pairs
}

export function findFunctions(code: string, pairs: ReadonlyMap<number, number>): FunctionSpan[] {
  const found: FunctionSpan[] = []
  for (let i = 0; i < code.length; i++) {
    if (code.startsWith('=>', i)) found.push(arrowAt(code, pairs, i))
    else if (code[i] === '{') {
      const close = skipSpacesBack(code, i - 1)
      if (code[close] !== ')') continue
      const named = namedFunction(code, pairs, pairs.get(close)!, i)
      if (named !== undefined) found.push(named)
    }
  }
  return found
}

/** The innermost function whose body holds `at`. */
export function functionAround(functions: readonly FunctionSpan[], at: number): FunctionSpan | undefined {
  let innermost: FunctionSpan | undefined
  for (const span of functions) {
    if (span.body <= at && at < span.end && (innermost === undefined || span.body > innermost.body)) innermost = span
  }
  return innermost
}

export function skipSpacesBack(code: string, at: number): number {
  while (at >= 0 && /\s/.test(code[at]!)) at--
  return at
}

function arrowAt(code: string, pairs: ReadonlyMap<number, number>, arrow: number): FunctionSpan {
  const last = skipSpacesBack(code, arrow - 1)
  const params = code[last] === ')' ? pairs.get(last)! : last + 1 - /[\w$]*$/.exec(code.slice(0, last + 1))![0].length
  const before = code.slice(Math.max(0, params - 100), params)
  const opaque = /\basync\s*$/.test(before)
  const name = /([\w$]+)\s*[=:]\s*(?:async\s*)?$/.exec(before)?.[1] ?? ''
  let body = arrow + 2
  while (/\s/.test(code[body]!)) body++
  const block = code[body] === '{'
  const end = block ? pairs.get(body)! + 1 : expressionEnd(code, pairs, body)
  return {kind: 'arrow', name, head: params, params, body, end, block, opaque}
}

function expressionEnd(code: string, pairs: ReadonlyMap<number, number>, start: number): number {
  for (let i = start; i < code.length; i++) {
    if (OPENING.includes(code[i]!)) i = pairs.get(i)!
    else if (',;)]}'.includes(code[i]!)) return i
  }
  return code.length
}

function namedFunction(
  code: string,
  pairs: ReadonlyMap<number, number>,
  params: number,
  body: number,
): FunctionSpan | undefined {
  const end = pairs.get(body)! + 1
  const text = code.slice(0, params).trimEnd()
  const name = /#?[\w$]+$/.exec(text)?.[0] ?? ''
  if (CONTROL.has(name)) return undefined
  const head = name === '' && text.endsWith(']') ? pairs.get(text.length - 1)! : text.length - name.length
  const before = text.slice(Math.max(0, head - 60), head)
  const opaque = /(?:\basync\s+(?:function\s*)?|\*\s*)$/.test(before)
  const span = {name: name.replace('#', ''), head, params, body, end, block: true, opaque}
  if (name === 'function') return {...span, name: '', kind: 'function'}
  if (/\bfunction\s*\*?\s*$/.test(before)) return {...span, kind: 'function'}
  if (name === 'constructor') return {...span, kind: 'constructor'}
  const accessor = /\b(get|set)\s+$/.exec(before)?.[1]
  return {...span, kind: accessor === 'get' ? 'getter' : accessor === 'set' ? 'setter' : 'method'}
}
