// A log is a history: go to a time, to an offset, to the last few records; forget what is too old.
//   node dist/examples/time-travel.js [DIR]
import {openLog} from 'odradek'

const HOUR_MS = 3600_000
const noon = Date.UTC(2024, 5, 1, 12)

const log = await openLog(process.argv[2] ?? './data/history', {
  topic: 'weather',
  retentionMs: -1, // keep everything: Kafka's default forgets after 7 days
})
if (log.logEndOffset === 0) {
  // a record may bring the time it speaks of
  await log.send(
    Array.from({length: 48}, (_, hour) => ({
      key: 'berlin',
      value: JSON.stringify({degrees: 15 + Math.round(8 * Math.sin(hour / 4))}),
      timestamp: noon + hour * HOUR_MS,
    })),
  )
}

const evening = log.offsetForTimestamp(noon + 6.5 * HOUR_MS)
console.log('first record from half past six on:', evening)

const reader = log.reader({from: {timestamp: noon + 24 * HOUR_MS}})
reader.poll(record => console.log('a day later:', record.offset, record.json()), 1)

console.log('the last three:')
for await (const record of log.reader({from: {last: 3}})) console.log(' ', record.offset, record.text())

reader.seek('earliest') // the same reader, back to the start
reader.poll(record => console.log('the first:', record.offset, new Date(record.timestamp).toISOString()), 1)

console.log('nothing in the future:', log.offsetForTimestamp(Date.UTC(2100, 0)))

await log.deleteRecordsBefore(24)
console.log('the history now starts at', log.logStartOffset)
await log.close()
