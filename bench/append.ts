import {appendToLmdb, type LmdbWay} from './append/lmdb.ts'
import {type Amount, appendToLog} from './append/odradek.ts'
import {bytesPayload, type Payload, textPayload} from './append/payload.ts'
import {writeRaw} from './append/raw-write.ts'
import type {Case, Context} from './harness/case.ts'
import {OURS} from './harness/measure.ts'
import {measureRounds} from './harness/rounds.ts'
import {ourRows, plainRow, type Row} from './harness/row.ts'
import {LIMIT} from './limits/yardsticks.ts'
import {type Lmdb, loadLmdb} from './peers/load-peer.ts'

const MIB = 1024 * 1024
const PLACE = {case: 'append', level: 'written'} as const
/** So much is appended to every new log before the clock starts: enough batches for its thread's code to be compiled. */
const BEFORE_BYTES = {full: 256 * MIB, quick: 192 * MIB, tiny: 0}
/** A peer that is many times slower need not write as much to show its rate. */
const LMDB_PART = {full: 4, quick: 16, tiny: 4}

export const append: Case = {
  name: 'append',
  question: 'How many records a second does one application thread append, written to the page cache?',
  method:
    'One thread calls `append` in a loop, awaits `drained` when told to, and at the end `flush`; checksums are on, and nobody reads meanwhile. Each round has a new log, ' +
    'whose thread has 192 MiB (`--quick`) or 256 MiB behind it when the clock starts; lmdb starts in proportion. lmdb runs at its fastest fair settings: `noSync`, ' +
    '`uint32` keys in ascending order, binary (for strings: string) encoding; `put` awaits every 20 000th promise (beside it, once, `noSync` with its own default keys and encoding); `transaction` and `batch` ' +
    'take 1 000 records each, 8 in flight. Raw is `fs.writeSync` of the same number of bytes, framing included, in 1 MiB blocks from shared memory into new files of ' +
    'at most 512 MiB. What was written is read back and its checksum compared, every round.',
  async run(context) {
    const lmdb = await loadLmdb({install: context.installPeers})
    const {pick} = context.scale
    const series: readonly [Payload, number, LmdbWay[]][] = [
      [
        bytesPayload('100 B', 100),
        pick({full: 4_000_000, quick: 3_000_000, tiny: 3000}),
        ['put', 'transaction', 'batch'],
      ],
      [bytesPayload('1 KiB', 1024), pick({full: 600_000, quick: 300_000, tiny: 300}), ['put', 'transaction']],
      [bytesPayload('10 KiB', 10_240), pick({full: 60_000, quick: 30_000, tiny: 30}), ['put', 'transaction']],
      // last: code that has met strings is no longer compiled for bytes alone
      [textPayload('string of 100', 100), pick({full: 4_000_000, quick: 1_000_000, tiny: 3000}), ['put']],
    ]
    const rows: Row[] = []
    for (const [payload, count, ways] of series) {
      context.progress(payload.name)
      rows.push(...(await appendPayload(payload, count, lmdb, ways, context)))
    }
    return rows
  },
}

async function appendPayload(
  payload: Payload,
  count: number,
  lmdb: Lmdb | undefined,
  ways: readonly LmdbWay[],
  context: Context,
): Promise<Row[]> {
  const amount: Amount = {before: Math.round(context.scale.pick(BEFORE_BYTES) / payload.recordBytes), count}
  const part = context.scale.pick(LMDB_PART)
  const lmdbAmount: Amount = {before: Math.ceil(amount.before / part), count: Math.ceil(count / part)}
  const results = await measureRounds(
    [
      appendToLog(payload, amount, context),
      ...(lmdb === undefined ? [] : ways.map(way => appendToLmdb({lmdb, way}, payload, lmdbAmount, context))),
      ...(lmdb === undefined || payload.name !== '100 B'
        ? []
        : [appendToLmdb({lmdb, way: 'put', asFound: true}, payload, lmdbAmount, context)]),
      writeRaw(payload.name, Math.round(count * payload.recordBytes), context),
    ],
    context,
  )
  const peers = results.filter(({subject}) => subject !== OURS)
  const ours = results.filter(({subject}) => subject === OURS)
  return [
    ...ours.flatMap(result =>
      ourRows(
        PLACE,
        result,
        peers.filter(({unit}) => unit === result.unit),
        payload.name === '100 B'
          ? context.yardsticks.shares(result.value, result.unit, LIMIT.build, LIMIT.pipeline)
          : [],
      ),
    ),
    ...peers.map(peer => plainRow(PLACE, peer)),
  ]
}
