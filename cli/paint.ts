import type {WriteStream} from 'node:tty'

export interface Paint {
  bold(text: string): string
  dim(text: string): string
  red(text: string): string
  green(text: string): string
  yellow(text: string): string
}

/** Colours for a person at a terminal; plain text for a file, a pipe, or whoever sets NO_COLOR. */
export function paintFor(out: WriteStream): Paint {
  const coloured = out.isTTY && out.hasColors()
  const wrap = (on: number, off: number) => (text: string) => (coloured ? `\u001b[${on}m${text}\u001b[${off}m` : text)
  return {bold: wrap(1, 22), dim: wrap(2, 22), red: wrap(31, 39), green: wrap(32, 39), yellow: wrap(33, 39)}
}
