// An outbox: what is to be sent to another system is stored first, and handed over until that system has taken it, also after
// a crash. How far it came is a log of its own.
//   node dist/examples/outbox.js [DIR]
import {openLog} from 'odradek'

const dir = process.argv[2] ?? './data/outbox'
const outbox = await openLog(`${dir}/messages`)
const progress = await openLog(`${dir}/progress`)

/** Stands for the other system: it is not there every other time. It may see a message twice, so each has an id. */
const taken = new Map<string, string>()
let calls = 0
async function deliver(id: string, text: string): Promise<void> {
  if (calls++ % 2 === 0) throw new Error('not there')
  taken.set(id, text)
}

/** Offset of the first message that is not known to be taken. */
function position(): number {
  let next = 0
  progress.reader({from: {last: 1}}).poll(record => {
    next = record.json<{next: number}>()!.next
  })
  return next
}

// an order and its message are one act: once send resolves, the message will be delivered
for (const order of ['bread', 'salt']) await outbox.send({key: 'order', value: order})

const start = position()
for await (const record of outbox.reader({from: start})) {
  for (;;) {
    try {
      await deliver(`message-${record.offset}`, record.text()!)
      break
    } catch {
      // a program would wait a little longer each time
    }
  }
  await progress.send(JSON.stringify({next: record.offset + 1}))
}
console.log(`delivered from ${start} on:`, [...taken].map(([id, text]) => `${id} ${text}`).join(', '))
await outbox.close()
await progress.close()
