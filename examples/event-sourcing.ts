// An account whose state is the sum of its events, with a snapshot now and then, so that loading it reads only what came after.
//   node dist/examples/event-sourcing.js [DIR]
import {openLog} from 'odradek'

type Event = {readonly deposited: number} | {readonly withdrawn: number}
interface Account {
  readonly balance: number
  /** Offset of the next event that is not part of it. */
  readonly next: number
}

const dir = process.argv[2] ?? './data/account'
const events = await openLog(`${dir}/events`, {retentionMs: -1})
// only the newest snapshot is of use
const snapshots = await openLog(`${dir}/snapshots`, {retentionMs: -1})
const SNAPSHOT_EVERY = 100

const apply = (balance: number, event: Event): number =>
  'deposited' in event ? balance + event.deposited : balance - event.withdrawn

function load(): {account: Account; read: number} {
  let account: Account = {balance: 0, next: 0}
  snapshots.reader({from: {last: 1}}).poll(record => {
    account = record.json<Account>()!
  })
  const read = events.reader({from: account.next}).poll(record => {
    account = {balance: apply(account.balance, record.json<Event>()!), next: record.offset + 1}
  })
  return {account, read}
}

let {account} = load()
for (let i = 1; i <= 250; i++) {
  const event: Event = i % 5 === 0 ? {withdrawn: 3} : {deposited: 2}
  const {baseOffset} = await events.send(JSON.stringify(event), {durability: 'written'})
  account = {balance: apply(account.balance, event), next: baseOffset + 1}
  if (account.next % SNAPSHOT_EVERY === 0) {
    // a snapshot must never know of events that a power loss can take back
    await events.flush({durability: 'synced'})
    await snapshots.send(JSON.stringify(account))
  }
}

const loaded = load()
console.log(
  `balance ${loaded.account.balance}, the same when loaded anew: ${loaded.account.balance === account.balance}`,
)
console.log(`loading read ${loaded.read} of ${events.logEndOffset} events`)
await events.close()
await snapshots.close()
