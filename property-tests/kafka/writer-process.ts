/** A process that opens a log, sends until it is killed, and prints the offset behind what was acknowledged. */
import {openLog} from '../../index.ts'

const [dir, options] = process.argv.slice(2) as [string, string]
const log = await openLog(dir, JSON.parse(options))
for (let i = log.logEndOffset; ; ) {
  const records = Array.from({length: 1 + (i % 7)}, (_, j) => ({key: `${i + j}`, value: 'x'.repeat((i * 13) % 300)}))
  const {lastOffset} = await log.send(records)
  i = lastOffset + 1
  process.stdout.write(`${i}\n`)
}
