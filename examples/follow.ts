// One part of a program writes, another follows live, remembers how far it came, and goes on there after a restart.
//   node dist/examples/follow.js [DIR]
import {setTimeout} from 'node:timers/promises'
import {type Log, openLog} from 'odradek'

const log = await openLog(process.argv[2] ?? './data/follow')

/** Handles records from `position` on until told to stop; returns where the next one is to go on. */
async function follow(from: Log, position: number, signal: AbortSignal): Promise<number> {
  const reader = from.reader({from: position, follow: true, signal})
  try {
    // arrays of records, as they come; while we are busy with one nothing is lost and nothing piles up
    for await (const records of reader.batches()) {
      for (const record of records) console.log('handled', record.offset, record.text())
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
  return reader.position
}

const stop = new AbortController()
const start = log.logEndOffset
const following = follow(log, start, stop.signal)

for (const word of ['one', 'two', 'three']) {
  await log.send(word)
  await setTimeout(20)
}
stop.abort()
const position = await following
console.log('stopped behind', position - start)

// what comes while nobody follows is there when somebody does
log.append('four')
await log.flush()
const last = new AbortController()
setTimeout(50).then(() => last.abort())
console.log('stopped behind', (await follow(log, position, last.signal)) - start)
await log.close()
