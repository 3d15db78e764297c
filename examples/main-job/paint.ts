/** Colours for a person at a terminal; plain text for a file, a pipe, or whoever sets NO_COLOR. */
const coloured = process.stdout.isTTY && process.stdout.hasColors()

const wrap = (on: number, off: number) => (text: string) => (coloured ? `\u001b[${on}m${text}\u001b[${off}m` : text)

export const paint = {bold: wrap(1, 22), dim: wrap(2, 22), red: wrap(31, 39), green: wrap(32, 39)} as const
