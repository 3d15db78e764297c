import {type Log, openLog} from '../index.ts'
import {openLmdb} from './append/lmdb.ts'
import {bytesPayload} from './append/payload.ts'
import type {Case, Context} from './harness/case.ts'
import {compare} from './harness/compare.ts'
import {measureRounds} from './harness/rounds.ts'
import type {Row} from './harness/row.ts'
import {type LmdbDatabase, loadLmdb} from './peers/load-peer.ts'
import {appendWhileSyncing} from './sync/append-while-syncing.ts'
import {type Acks, putSynced, putsUntil, sendSynced, warmUp} from './sync/senders.ts'

const PLACE = {case: 'sync', level: 'synced'} as const
const SENDERS = [1, 10, 100, 1000]
const payload = bytesPayload('100 B', 100)

export const sync: Case = {
  name: 'sync',
  question: 'How fast are records acknowledged that are safe on the device, and who pays for the syncs?',
  method:
    'So many senders in one thread, each of which sends a record of 100 B and awaits its acknowledgement before the next: ours at `synced`; lmdb with its default settings, once awaiting `put`, which by default ' +
    'resolves when the record is committed and before it is on the device, and once awaiting `flushed` behind it, which is the same promise as ours. One log and one database serve all rounds; thousands of records go before the first. Percentiles are of single acknowledgements. ' +
    'Below, one thread appends 100 B at `written` as fast as it can, alone and while syncs follow each other without a pause.',
  async run(context) {
    const lmdb = await loadLmdb({install: context.installPeers})
    const acks = await context.scratch.use(async dir => {
      const log = await openLog(`${dir}/log`)
      const database = lmdb && openLmdb(lmdb, dir, {encoding: 'binary', noSync: false})
      try {
        return await measureAcks(context, log, database)
      } finally {
        await database?.close()
        await log.close()
      }
    })
    context.progress('append while syncing')
    const amount = {
      before: context.scale.pick({full: 1_500_000, quick: 1_000_000, tiny: 0}),
      count: context.scale.pick({full: 4_000_000, quick: 1_500_000, tiny: 3000}),
    }
    const appends = [true, false].map(syncing => appendWhileSyncing({syncing}, payload, amount, context))
    return [...acks, ...compare({...PLACE, level: 'written'}, await measureRounds(appends, context))]
  },
}

async function measureAcks(
  context: Context,
  log: Log,
  database: LmdbDatabase<Uint8Array | string> | undefined,
): Promise<Row[]> {
  const {pick} = context.scale
  const turns = pick({full: 6000, quick: 3000, tiny: 10})
  await warmUp(i => log.send(payload.values[i % 1000]!), turns)
  if (database !== undefined) await warmUp(putsUntil(payload, database, 'flushed'), turns)
  const rows: Row[] = []
  for (const senders of SENDERS) {
    context.progress(`${senders} senders`)
    const acks: Acks = {senders, count: pick({full: 2000, quick: 1000, tiny: 10}) * Math.min(senders, 20)}
    const subjects = [sendSynced(acks, payload, log)]
    if (database !== undefined)
      for (const until of ['flushed', 'committed'] as const) subjects.push(putSynced(acks, payload, database, until))
    rows.push(...compare(PLACE, await measureRounds(subjects, context)))
  }
  return rows
}
