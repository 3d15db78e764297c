import path from 'node:path'
import type {Context} from '../harness/case.ts'
import type {Subject} from '../harness/measure.ts'
import type {Lmdb, LmdbDatabase, LmdbOptions} from '../peers/load-peer.ts'
import {Contents} from './contents.ts'
import type {Amount} from './odradek.ts'
import {rates} from './odradek.ts'
import {type Payload, valueIndex} from './payload.ts'

/** lmdb's three asynchronous ways to write many records. */
export type LmdbWay = 'put' | 'transaction' | 'batch'

/** Puts of one event turn share a commit; more than these in one make it no faster and fill the memory. */
const PUTS_IN_FLIGHT = 20_000
const RECORDS_A_BATCH = 1000
const BATCHES_IN_FLIGHT = 8
/** Its pages hold more than the records: they are copied on write, and a large value takes whole ones. */
const PAGES_OVER_RECORDS = 1.5

/** Fastest fair settings: no sync, as our `written` asks for none; number keys that ascend; values stored as they are. */
const OPTIONS = {noSync: true, keyEncoding: 'uint32'} as const

/** `asFound` is lmdb with none of that but `noSync`: as it is set up unless one reads all of its documentation. */
export function appendToLmdb(
  {lmdb, way, asFound = false}: {lmdb: Lmdb; way: LmdbWay; asFound?: boolean},
  payload: Payload,
  {before, count}: Amount,
  context: Context,
): Subject {
  const name = asFound ? `lmdb ${way}, its own defaults` : `lmdb ${way}`
  const strings = typeof payload.values[0] === 'string'
  const values: readonly (Uint8Array | string)[] = strings ? payload.values : payload.buffers
  return {
    name,
    fileBytes: (before + count) * payload.recordBytes * PAGES_OVER_RECORDS,
    round: () =>
      context.scratch.use(async dir => {
        const database = asFound
          ? lmdb.open<Uint8Array | string>({path: path.join(dir, 'lmdb'), noSync: true})
          : openLmdb(lmdb, dir, {encoding: strings ? 'string' : 'binary'})
        try {
          await WRITE[way](database, values, 0, before)
          const startMs = performance.now()
          await WRITE[way](database, values, before, before + count)
          const seconds = (performance.now() - startMs) / 1000
          readBack(database, before).expect(name, payload, {first: before, count})
          return rates(payload.name, {count, bytes: count * payload.valueBytes, seconds}).slice(0, 1)
        } finally {
          await database.close()
        }
      }),
  }
}

export function openLmdb(
  lmdb: Lmdb,
  dir: string,
  options: Pick<LmdbOptions, 'encoding' | 'encoder' | 'noSync'>,
): LmdbDatabase<Uint8Array | string> {
  return lmdb.open({path: path.join(dir, 'lmdb'), ...OPTIONS, ...options})
}

type Write = (
  database: LmdbDatabase<Uint8Array | string>,
  values: readonly (Uint8Array | string)[],
  from: number,
  end: number,
) => Promise<void>

/** Each resolves when everything is committed. */
const WRITE: Readonly<Record<LmdbWay, Write>> = {
  async put(database, values, from, end) {
    for (let i = from; i < end; i++) {
      const put = database.put(i, values[valueIndex(i)]!)
      if (i % PUTS_IN_FLIGHT === PUTS_IN_FLIGHT - 1) await put
    }
    await database.flushed
  },
  transaction: (database, ...rest) => writeBatches(action => database.transaction(action), database, ...rest),
  batch: (database, ...rest) => writeBatches(action => database.batch(action), database, ...rest),
}

export const writeLmdb: Write = WRITE.batch

async function writeBatches(
  commit: (action: () => void) => Promise<unknown>,
  ...[database, values, from, end]: Parameters<Write>
): Promise<void> {
  const inFlight: Promise<unknown>[] = []
  for (let start = from; start < end; start += RECORDS_A_BATCH) {
    const batchEnd = Math.min(start + RECORDS_A_BATCH, end)
    inFlight.push(
      commit(() => {
        for (let i = start; i < batchEnd; i++) database.put(i, values[valueIndex(i)]!)
      }),
    )
    if (inFlight.length >= BATCHES_IN_FLIGHT) await inFlight.shift()
  }
  await Promise.all(inFlight)
  await database.flushed
}

function readBack(database: LmdbDatabase<Uint8Array | string>, from: number): Contents {
  const contents = new Contents()
  for (const {value} of database.getRange({start: from})) {
    if (typeof value === 'string') contents.bytes.write(value, contents.next(value.length), 'latin1')
    else contents.bytes.set(value, contents.next(value.length))
  }
  return contents
}
