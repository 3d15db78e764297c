/** Colours and a picture that changes for a person at a terminal; plain lines for a file, a pipe, a build, or whoever sets NO_COLOR. */
const {TERM, CI, NO_COLOR} = process.env
export const isLive = process.stdout.isTTY === true && TERM !== 'dumb' && !CI && !NO_COLOR

const wrap = (on: number, off: number) => (text: string) => (isLive ? `\u001b[${on}m${text}\u001b[${off}m` : text)

export const paint = {
  bold: wrap(1, 22),
  dim: wrap(2, 22),
  red: wrap(31, 39),
  green: wrap(32, 39),
  yellow: wrap(33, 39),
} as const
