// Follows a growing text file into a log, as `tail -f` would, each line a record, none twice and none missing after a restart:
// where a line ends in the file is stored with the line.
//   node dist/examples/tail-file.js [FILE] [DIR]
import fs from 'node:fs'
import {setTimeout} from 'node:timers/promises'
import {openLog} from 'odradek'

const file = process.argv[2] ?? './app.txt'
const log = await openLog(process.argv[3] ?? './data/lines')

// stands for the program that writes the file
fs.appendFileSync(file, 'started\nworking\nhalf a li')
setTimeout(50).then(() => fs.appendFileSync(file, 'ne\nstopped\n'))

/** Where the last line that is stored ends. */
let end = 0
log.reader({from: {last: 1}}).poll(record => {
  end = Number(String(record.headers['end'] ?? 0))
})

const until = Date.now() + 500
while (Date.now() < until) {
  const text = fs.readFileSync(file).subarray(end).toString()
  // what is behind the last line feed is still being written
  for (const line of text.split('\n').slice(0, -1)) {
    end += Buffer.byteLength(line) + 1
    log.append({value: line, headers: {end: String(end)}})
  }
  await log.flush()
  await setTimeout(20)
}
const lines: (string | null)[] = []
for await (const record of log.reader()) lines.push(record.text())
console.log(`${lines.length} lines:`, lines.join(' | '))
await log.close()
