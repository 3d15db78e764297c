// An audit trail: who did what, each entry bound to the one before it by a hash, so that a changed or missing entry shows.
//   node dist/examples/audit-trail.js [DIR]
import {createHash} from 'node:crypto'
import {type Log, openLog} from 'odradek'

interface Entry {
  readonly who: string
  readonly what: string
  /** Hash of the entry before this one; of nothing for the first. */
  readonly before: string
}

const log = await openLog(process.argv[2] ?? './data/audit', {retentionMs: -1})
const hash = (text: string): string => createHash('sha256').update(text).digest('hex')

/** Walks the whole trail; returns the hash of its last entry, or throws at the first that does not fit. */
function check(trail: Log): {entries: number; last: string} {
  let last = hash('')
  const entries = trail.reader().poll(record => {
    const text = record.text()!
    if ((JSON.parse(text) as Entry).before !== last)
      throw new Error(`entry ${record.offset} does not follow the one before it`)
    last = hash(text)
  })
  return {entries, last}
}

let {last} = check(log)
for (const [who, what] of [
  ['ada', 'opened the vault'],
  ['bob', 'took a key'],
  ['ada', 'closed the vault'],
] as const) {
  const entry: Entry = {who, what, before: last}
  const text = JSON.stringify(entry)
  // resolves once it survives power loss: an act that is not on record must not go on
  await log.send({key: who, value: text})
  last = hash(text)
}
const checked = check(log)
console.log(`${checked.entries} entries, each bound to the one before it: ${checked.last === last}`)

// the files themselves: every checksum and index, as `odradek log verify` does it
const report = await log.verify()
console.log(`files are whole: ${report.ok}`)
await log.close()
