import path from 'node:path'
import {type Log, openLog} from '../index.ts'
import {appendAll, LOG_OPTIONS} from './append/odradek.ts'
import {type Payload, textPayload} from './append/payload.ts'
import type {Case, Context} from './harness/case.ts'
import {OURS, type Result, type Subject} from './harness/measure.ts'
import {measureRounds} from './harness/rounds.ts'
import {ourRows, plainRow, type Row} from './harness/row.ts'
import {LIMIT} from './limits/yardsticks.ts'
import {loadLmdb} from './peers/load-peer.ts'
import {LmdbReads} from './read/lmdb.ts'
import {batchesOffsets, batchesValues, pollLog, valuesTouched} from './read/odradek.ts'

const MIB = 1024 * 1024
const PLACE = {case: 'read', level: null} as const
/** Safely less than the arena holds, whatever of it the newest window leaves empty. */
const ARENA_BYTES = 6 * MIB

export const read: Case = {
  name: 'read',
  question: 'How many records of 100 B a second does one thread read in order, every checksum verified?',
  method:
    'Everything lies in the page cache. From the files: the whole log, from its start; from the arena: its newest 6 MiB, over and over. `poll` and `batches()` touch the value’s length and first byte, except ' +
    'where the offset is named. lmdb’s `getRange` walks all of a database with the same values and touches the same, in three forms: values as Buffers (its binary encoding), as strings, ' +
    'and decoded in place, where no value is made at all. Our reads verify a CRC; lmdb keeps none.',
  async run(context) {
    const {pick} = context.scale
    const count = pick({full: 4_000_000, quick: 1_500_000, tiny: 3000})
    const payload = textPayload('100 B', 100)
    const lmdb = await loadLmdb({install: context.installPeers})
    return context.scratch.use(async dir => {
      context.progress(`a log of ${count} records to read`)
      const log = await openLog(path.join(dir, 'log'), LOG_OPTIONS)
      let lmdbReads: LmdbReads | undefined
      try {
        const newest = newestInArena(payload, count)
        const values = {...payload, values: payload.buffers}
        await appendAll(log, values, 0, count - newest)
        // from here on the arena shows what is appended
        log.reader().poll(() => {}, 1)
        await appendAll(log, values, count - newest, count)
        if (lmdb !== undefined)
          lmdbReads = await LmdbReads.fill(lmdb, dir, payload, pick({full: 1_000_000, quick: 300_000, tiny: 1000}))
        context.progress('poll, batches, getRange')
        const subjects = [...ourReads(log, payload, count, context), ...(lmdbReads?.subjects ?? [])]
        return rowsOf(await measureRounds(subjects, context), payload.recordBytes, context)
      } finally {
        await lmdbReads?.close()
        await log.close()
      }
    })
  },
}

function newestInArena(payload: Payload, count: number): number {
  return Math.min(count, Math.floor(ARENA_BYTES / payload.recordBytes))
}

function ourReads(log: Log, payload: Payload, count: number, context: Context): Subject[] {
  const reader = log.reader()
  const last = newestInArena(payload, count)
  const all = valuesTouched(payload.buffers, 0, count)
  const newest = valuesTouched(payload.buffers, count - last, count)
  const times = context.scale.pick({full: 40, quick: 20, tiny: 1})
  return [
    pollLog('poll from the arena', {reader, from: {last}, times}, newest),
    pollLog('poll from files', {reader, from: 'earliest', times: 1}, all),
    batchesOffsets('batches(), offsets', reader, {count, sum: (count * (count - 1)) / 2}),
    batchesValues('batches(), values', reader, all),
  ]
}

function rowsOf(results: readonly Result[], recordBytes: number, {yardsticks}: Context): Row[] {
  const ours = results.filter(({subject}) => subject === OURS)
  const peers = results.filter(({subject}) => subject !== OURS)
  return [
    ...ours.flatMap(result => {
      const gbPerSecond = (result.value * recordBytes) / 1e9
      return ourRows(PLACE, result, peers, [
        ...yardsticks.shares(result.value, 'records/s', LIMIT.walk),
        ...yardsticks.shares(gbPerSecond, 'GB/s', LIMIT.crc),
      ])
    }),
    ...peers.map(peer => plainRow(PLACE, peer)),
  ]
}
