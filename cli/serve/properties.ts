/** One line of a `.properties` file: a name, a value, and where it stands. */
export interface Property {
  readonly name: string
  readonly value: string
  /** For messages: `server.properties:12`, or `-o`. */
  readonly where: string
}

const COMMENT = /^[ \t\f]*[#!]/
/** A backslash before the line's end that is not itself behind one. */
const GOES_ON = /(?<!\\)(?:\\\\)*\\$/
/** The name ends at the first blank, = or : without a backslash before it. */
const ENTRY = /^((?:\\.|[^\\\s=:])*)(?:[ \t\f]*[=:]|[ \t\f])?[ \t\f]*(.*)$/s

/** What Java reads from a `.properties` file: comments, lines that go on in the next, escapes. */
export function parseProperties(text: string, file: string): Property[] {
  const properties: Property[] = []
  const lines = text.split(/\r\n|\r|\n/)
  for (let i = 0; i < lines.length; i++) {
    const where = `${file}:${i + 1}`
    let line = lines[i]!.replace(/^[ \t\f]+/, '')
    if (line === '' || COMMENT.test(line)) continue
    while (GOES_ON.test(line) && i + 1 < lines.length) line = line.slice(0, -1) + lines[++i]!.replace(/^[ \t\f]+/, '')
    const [, name, value] = ENTRY.exec(line)!
    properties.push({name: unescaped(name!), value: unescaped(value!).trimEnd(), where})
  }
  return properties
}

const ESCAPES: Readonly<Record<string, string>> = {n: '\n', r: '\r', t: '\t', f: '\f'}

function unescaped(text: string): string {
  return text.replace(/\\(?:u([\da-f]{4})|(.?))/gis, (_, hex: string | undefined, escaped: string | undefined) =>
    hex === undefined ? (ESCAPES[escaped ?? ''] ?? escaped ?? '') : String.fromCharCode(Number.parseInt(hex, 16)),
  )
}
