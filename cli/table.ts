import type {Paint} from './paint.ts'

const NUMBER = /^-?\d+$/
/** Where there is nothing to say. */
const NONE = '-'

/** Rows below their headings, each column as wide as it must be; columns of numbers stand to the right. */
export function tableLines(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  paint: Paint,
): readonly string[] {
  const columns = headings.map((heading, i) => ({
    width: Math.max(heading.length, ...rows.map(row => row[i]!.length)),
    isNumber: rows.some(row => row[i] !== NONE) && rows.every(row => NUMBER.test(row[i]!) || row[i] === NONE),
  }))
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => {
        const {width, isNumber} = columns[i]!
        return isNumber ? cell.padStart(width) : cell.padEnd(width)
      })
      .join('  ')
      .trimEnd()
  return [paint.dim(line(headings)), ...rows.map(line)].map(text => `  ${text}`)
}
