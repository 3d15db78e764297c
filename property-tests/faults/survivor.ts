/**
 * `node survivor.js DIR ROLE AT WAY`: a program whose log loses a thread. It sends until it is refused, opens the dir again at once, and prints what it
 * was told and what it found.
 */
import fs from 'node:fs'
import {type Log, type OdradekError, openLog} from '../../index.ts'

const SENDS = 60
/** More than the replica thread syncs itself. */
const TEXT_CHARACTERS = 100_000
const [dir, role, at, way] = process.argv.slice(2) as [string, string, string, string]
const workerEntry = new URL('./dying-thread.js', import.meta.url)
process.env['DEATH'] = `${role} ${at} ${way}`

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'done',
    (error: OdradekError) => error.code ?? String(error),
  )

/** What was acknowledged, in order. */
const stored: string[] = []

async function sendOn(log: Log): Promise<string> {
  for (let i = 0; i < SENDS; i++) {
    const text = `${role} ${i} `.padEnd(TEXT_CHARACTERS, '.')
    const outcome = await codeOf(log.send(text, {durability: i % 2 === 0 ? 'synced' : 'written'}))
    if (outcome !== 'done') return outcome
    stored.push(text)
  }
  return 'done'
}

const before = await openLog(dir)
await before.send('before')
stored.push('before')
await before.close()
// an opening has something to look at, then
fs.rmSync(`${dir}/.kafka_cleanshutdown`)

const told: Record<string, string> = {}
const log = await openLog(dir, {workerEntry}).catch((error: OdradekError) => void (told['open'] = error.code))
if (log !== undefined) {
  const closed = codeOf(log.closed)
  told['send'] = await sendOn(log)
  told['flush'] = await codeOf(log.flush({durability: 'synced'}))
  told['close'] = await codeOf(log.close())
  told['closed'] = await closed
}
const again = await openLog(dir)
const found: (string | null)[] = []
for await (const record of again.reader()) found.push(record.text())
const isKept = stored.every((text, i) => found[i] === text)
await again.send('after')
await again.close()
console.log(JSON.stringify({told, stored: stored.length, isKept}))
