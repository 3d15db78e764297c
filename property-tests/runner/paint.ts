/** Colours for a person at a terminal; plain text for a file, a pipe, or whoever sets NO_COLOR. */
const {FORCE_COLOR, NO_COLOR} = process.env
const forced = FORCE_COLOR !== undefined && FORCE_COLOR !== '0' && FORCE_COLOR !== 'false'
const colours = !NO_COLOR && (forced || process.stdout.isTTY === true)

const wrap = (code: number) => (text: string) => (colours ? `\u001b[${code}m${text}\u001b[39m` : text)

export const paint = {red: wrap(31), green: wrap(32), yellow: wrap(33)} as const
