/**
 * Separates code from prose. The rules of tidy.ts speak of code: a comment may explain why there is no clock, an
 * error text may say `process.`, and neither may trip them. TypeScript 7's scanner could do it, but is not stable yet.
 */
export interface Blanked {
  /** As long as the source, line for line: comments, and what stands inside quotes and patterns, are spaces. */
  readonly code: string
  readonly comments: readonly {readonly at: number; readonly text: string}[]
}

/** A slash after one of these begins a pattern; after anything else (a name, a number, a bracket's end) it divides. */
const BEFORE_PATTERN =
  /(?:^|[=(,:;[{}!&|?+\-*%<>~^]|=>|\b(?:return|typeof|case|in|of|do|else|void|throw|await|yield))\s*$/
const COMMENT = /\/\/.*|\/\*[\s\S]*?(?:\*\/|$)/y
const QUOTED = /'(?:\\[\s\S]|[^'\\\n])*'?|"(?:\\[\s\S]|[^"\\\n])*"?/y
const PATTERN = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/y
/** A template's text, up to its end or to the next `${`, where code begins. */
const TEMPLATE_TEXT = /(?:\\[\s\S]|\$(?!\{)|[^`\\$])*(?:`|\$\{|$)/y

export function blank(source: string): Blanked {
  const comments: {at: number; text: string}[] = []
  /** For each template we are inside of: how many braces its current `${` has open. */
  const templates: number[] = []
  let code = ''

  const take = (token: RegExp): string => {
    token.lastIndex = code.length
    return token.exec(source)?.[0] ?? ''
  }
  const takeTemplateText = (opening: string) => {
    code += opening
    const text = take(TEMPLATE_TEXT)
    const end = text.endsWith('${') ? '${' : text.endsWith('`') ? '`' : ''
    code += spaces(text.slice(0, text.length - end.length)) + end
    if (end === '${') templates.push(0)
  }

  while (code.length < source.length) {
    const char = source[code.length] as string
    const comment = char === '/' ? take(COMMENT) : ''
    const depth = templates.at(-1)
    if (comment !== '') {
      comments.push({at: code.length, text: comment})
      code += spaces(comment)
    } else if (char === "'" || char === '"') {
      const text = take(QUOTED)
      code += text.length < 2 ? spaces(text) : char + spaces(text.slice(1, -1)) + char
    } else if (char === '/' && BEFORE_PATTERN.test(code.slice(-20)) && take(PATTERN) !== '') {
      code += spaces(take(PATTERN))
    } else if (char === '`') {
      takeTemplateText('`')
    } else if (char === '}' && depth === 0) {
      templates.pop()
      takeTemplateText('}')
    } else {
      if (depth !== undefined && char === '{') templates[templates.length - 1] = depth + 1
      if (depth !== undefined && char === '}') templates[templates.length - 1] = depth - 1
      code += char
    }
  }
  return {code, comments}
}

/** Keeps line breaks, so that a place in the blanked code is the same line and column of the source. */
function spaces(text: string): string {
  return text.replace(/[^\n]/g, ' ')
}

export function lineAt(source: string, at: number): number {
  return source.slice(0, at).split('\n').length
}
