// An order book as a log: append as you go, wait where it matters, read it back after a restart.
//   node dist/examples/append-and-read.js [DIR]
import {openLog} from 'odradek'

const dir = process.argv[2] ?? './data/orders'
const log = await openLog(dir)
console.log(`${dir} has ${log.logEndOffset - log.logStartOffset} records`)

// returns at once; the record is on its way when this turn of the event loop ends
log.append('a line of text')
log.append({key: 'order-7', value: JSON.stringify({item: 'spool', count: 3}), headers: {source: 'shop'}})

// resolves when the record survives power loss, and tells its offset
const {baseOffset, durability} = await log.send({key: 'order-7', value: JSON.stringify({paid: true})})
console.log(`the payment has offset ${baseOffset} and is ${durability}`)

// many records, as fast as they are taken: `append` says false when it is time to wait, like a stream
for (let i = 0; i < 100_000; i++) if (!log.append({key: `sensor-${i % 8}`, value: String(i)})) await log.drained()
await log.flush() // everything appended so far survives power loss now
await log.close()

// another day
const again = await openLog(dir)
for await (const record of again.reader({from: baseOffset - 1})) {
  if (record.key?.toString() !== 'order-7') break
  console.log(record.offset, record.json(), String(record.headers['source'] ?? 'no source'))
}

// the fastest way through many records: no object a record
let bytes = 0
const count = again.reader().poll(record => {
  bytes += record.valueLength
})
console.log(`read ${count} records, ${bytes} bytes of values`)
await again.close()
