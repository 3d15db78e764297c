/** Prints what this process takes, in bytes: bare, with a log open and idle, and after two amounts of appending. */
import {setTimeout} from 'node:timers/promises'
import {appendAll} from '../append/odradek.ts'
import {bytesPayload} from '../append/payload.ts'

const [dir, first, second] = process.argv.slice(2)
const bare = await resident()
const {openLog} = await import('../../index.ts')
const log = await openLog(dir!, {durability: 'written'})
// the second sync is the first that has a flusher
for (let sent = 0; sent < 2; sent++) await log.send('a record, so that every thread is up', {durability: 'synced'})
const idle = await resident()
const payload = bytesPayload('1 KiB', 1024)
await appendAll(log, payload, 0, Number(first))
const after = await resident()
await appendAll(log, payload, Number(first), Number(second))
const end = await resident()
await log.close()
process.stdout.write(JSON.stringify({bare, idle, after, end}))

async function resident(): Promise<number> {
  await setTimeout(200)
  ;(globalThis as {gc?: () => void}).gc?.()
  return process.memoryUsage.rss()
}
