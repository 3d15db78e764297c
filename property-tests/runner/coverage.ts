/**
 * The coverage gate, over the report that c8 made (coverage/coverage-final.json). c8's own thresholds know only
 * all files or each file; ours differ by room. A branch is any block that may not run. V8 counts a function that never ran apart, without looking
 * for blocks in it; here it is one more branch that was not taken.
 */
import {readFileSync} from 'node:fs'
import {join, relative} from 'node:path'
import {fileURLToPath} from 'node:url'
import {paint} from './paint.ts'

interface FileReport {
  readonly path: string
  readonly statementMap: Readonly<Record<string, Span>>
  readonly s: Readonly<Record<string, number>>
  readonly branchMap: Readonly<Record<string, {readonly loc: Span}>>
  readonly b: Readonly<Record<string, readonly number[]>>
  readonly fnMap: Readonly<Record<string, {readonly loc: Span}>>
  readonly f: Readonly<Record<string, number>>
}
interface Span {
  readonly start: {readonly line: number}
  readonly end: {readonly line: number}
}
interface Part {
  readonly ran: boolean
  readonly span: Span
}
interface Covered {
  readonly file: string
  readonly lines: readonly Part[]
  readonly branches: readonly Part[]
}

/** In percent. The first rooms hold every byte that was ever acknowledged. */
const GATES = [
  {room: 'engine/log/', lines: 0, branches: 100},
  {room: 'engine/view/', lines: 0, branches: 100},
  {room: 'engine/record/', lines: 0, branches: 100},
  {room: 'engine/memory/', lines: 0, branches: 100},
  {room: '', lines: 90, branches: 90},
] as const

const WORST_FILES = 12

const root = fileURLToPath(new URL('../../../', import.meta.url))
const report: Record<string, FileReport> = JSON.parse(readFileSync(join(root, 'coverage/coverage-final.json'), 'utf8'))
const files = Object.values(report).map(covered).filter(hasCode)
const tooLow = GATES.filter(
  gate =>
    !passes(
      gate,
      files.filter(({file}) => file.startsWith(gate.room)),
    ),
)
process.exitCode = tooLow.length === 0 ? 0 : 1

function covered({path, statementMap, s, branchMap, b, fnMap, f}: FileReport): Covered {
  const blocks = Object.entries(branchMap).map(([id, {loc}]) => ({
    ran: (b[id] ?? []).every(count => count > 0),
    span: loc,
  }))
  const functions = Object.entries(fnMap).map(([id, {loc}]) => ({ran: (f[id] ?? 0) > 0, span: loc}))
  return {
    file: relative(root, path).replaceAll('\\', '/'),
    lines: Object.entries(statementMap).map(([id, span]) => ({ran: (s[id] ?? 0) > 0, span})),
    branches: [...blocks, ...functions],
  }
}

/** A file of types alone is never loaded, so it looks uncovered from first to last line. */
function hasCode({file, lines}: Covered): boolean {
  if (lines.some(({ran}) => ran)) return true
  const compiled = readFileSync(join(root, 'dist', file.replace(/\.ts$/, '.js')), 'utf8')
  return compiled.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '').trim() !== 'export {};'
}

function passes(gate: (typeof GATES)[number], inRoom: readonly Covered[]): boolean {
  const lines = percent(inRoom.flatMap(file => file.lines))
  const branches = percent(inRoom.flatMap(file => file.branches))
  // a room without files is a renamed room, whose gate would stand open for ever
  const ok = inRoom.length > 0 && lines >= gate.lines && branches >= gate.branches
  const numbers = `${inRoom.length} files, lines ${floor(lines)} %, branches ${floor(branches)} %`
  const floors = `floor: lines ${gate.lines} %, branches ${gate.branches} %`
  console.log(
    `${ok ? paint.green('ok  ') : paint.red('FAIL')}  ${(gate.room || 'overall').padEnd(16)} ${numbers}  (${floors})`,
  )
  if (gate.room !== '') for (const file of inRoom) listGaps(file)
  else if (!ok) listWorst(inRoom)
  return ok
}

function listGaps({file, lines, branches}: Covered): void {
  const gaps = new Set<string>()
  for (const {ran, span} of branches) if (!ran) gaps.add(placeOf(span))
  const missedLines = runs(lines.filter(({ran}) => !ran).map(({span}) => span.start.line))
  if (gaps.size > 0) console.log(`        ${file}  branches at lines ${[...gaps].join(', ')}`)
  if (missedLines !== '') console.log(`        ${file}  lines ${missedLines}`)
}

/** Where a test would gain the most. */
function listWorst(inRoom: readonly Covered[]): void {
  const missed = (file: Covered) => file.lines.filter(({ran}) => !ran).length
  for (const file of inRoom.toSorted((a, b) => missed(b) - missed(a)).slice(0, WORST_FILES)) {
    console.log(`        ${file.file}  ${missed(file)} of ${file.lines.length} lines`)
  }
}

function placeOf({start, end}: Span): string {
  return start.line === end.line ? `${start.line}` : `${start.line}-${end.line}`
}

/** 3, 4, 5, 9 → `3-5, 9` */
function runs(lines: readonly number[]): string {
  const spans: [number, number][] = []
  for (const line of lines) {
    const last = spans.at(-1)
    if (last !== undefined && last[1] === line - 1) last[1] = line
    else spans.push([line, line])
  }
  return spans.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(', ')
}

function percent(parts: readonly Part[]): number {
  return parts.length === 0 ? 100 : (100 * parts.filter(({ran}) => ran).length) / parts.length
}

/** Never rounded up: 99.96 % is not 100 %. */
function floor(percentage: number): string {
  return (Math.floor(percentage * 10) / 10).toFixed(1)
}
