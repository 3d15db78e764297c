/** `node talkative.js COLUMNS LINES`: says so many lines of such a length, on a stdout that does not block. */
import {say} from './say.ts'

const [columns, lines] = process.argv.slice(2).map(Number)
// Node opens stdout here, and from then on a pipe does not block
process.stdout.once('error', () => {})
for (let i = 0; i < lines!; i++) say(`${i} `.padEnd(columns!, '.'))
