import type {Case} from './case.ts'
import {type Line, linesOf} from './lines.ts'
import type {Result} from './measure.ts'
import type {Row} from './row.ts'
import {percentText, valueText} from './text.ts'

/** A case's results for a terminal. */
export function tableText({name, question}: Case, rows: readonly Row[]): string {
  const lines = linesOf(rows)
  const width = (column: keyof Omit<Line, 'beside'>) => Math.max(...lines.map(line => line[column].length))
  const [what, subject, value] = [width('what'), width('subject'), width('value')]
  const indent = ' '.repeat(2 + what + 2 + subject + 2 + value + 2 + SPREAD_COLUMNS + 2)
  const body = lines.map((line, i) => {
    const repeats = lines[i - 1]?.what === line.what
    const cells = [
      (repeats ? '' : line.what).padEnd(what),
      line.subject.padEnd(subject),
      line.value.padStart(value),
      line.spread.padStart(SPREAD_COLUMNS),
      line.beside.join(`\n${indent}`),
    ]
    return `  ${cells.join('  ')}`.trimEnd()
  })
  return `${name}: ${question}\n${body.join('\n')}\n`
}

const SPREAD_COLUMNS = 7

/** The limits that results are held against. */
export function yardsticksText(yardsticks: readonly Result[]): string {
  const parts = yardsticks.map(
    ({what, value, unit, spread}) => `${what} ${valueText(value, unit)} (${percentText(spread)})`,
  )
  return `Limits of this machine: ${parts.join(', ')}\n`
}
