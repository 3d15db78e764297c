import {bytesPayload} from './append/payload.ts'
import type {Case} from './harness/case.ts'
import {compare} from './harness/compare.ts'
import {measureRounds} from './harness/rounds.ts'
import {loadLmdb} from './peers/load-peer.ts'
import {appendWhileSyncing} from './sync/append-while-syncing.ts'
import {type Load, putSynced, sendSynced} from './sync/senders.ts'

const PLACE = {case: 'sync', level: 'synced'} as const
const SENDERS = [1, 10, 100, 1000]
const payload = bytesPayload('100 B', 100)

export const sync: Case = {
  name: 'sync',
  question: 'How fast are records acknowledged that are safe on the device, and who pays for the syncs?',
  method:
    'So many senders in one thread, each of which sends a record of 100 B and awaits its acknowledgement before the next: ours at `synced`; lmdb with its default settings, once awaiting `put`, which by default ' +
    'resolves when the record is committed and before it is on the device, and once awaiting `flushed` behind it, which is the same promise as ours. Percentiles are of single acknowledgements; 20 000 records by 100 senders go before. ' +
    'Below, one thread appends 100 B at `written` as fast as it can, alone and while syncs follow each other without a pause.',
  async run(context) {
    const lmdb = await loadLmdb({install: context.installPeers})
    const {pick} = context.scale
    const rows = []
    for (const senders of SENDERS) {
      context.progress(`${senders} senders`)
      const acks: Load = {
        senders,
        count: pick({full: 2000, quick: 500, tiny: 10}) * Math.min(senders, 20),
        before: {senders: 100, count: pick({full: 20_000, quick: 20_000, tiny: 10})},
      }
      const subjects = [sendSynced(acks, payload, context)]
      if (lmdb !== undefined)
        subjects.push(
          ...(['flushed', 'committed'] as const).map(until => putSynced({lmdb, until}, acks, payload, context)),
        )
      rows.push(...compare(PLACE, await measureRounds(subjects, context)))
    }
    context.progress('append while syncing')
    const amount = {
      before: pick({full: 500_000, quick: 300_000, tiny: 0}),
      count: pick({full: 4_000_000, quick: 1_500_000, tiny: 3000}),
    }
    const appends = [true, false].map(syncing => appendWhileSyncing({syncing}, payload, amount, context))
    rows.push(...compare({...PLACE, level: 'written'}, await measureRounds(appends, context)))
    return rows
  },
}
