import {openLog} from '../../index.ts'
import {openLmdb} from '../append/lmdb.ts'
import {type Payload, valueIndex} from '../append/payload.ts'
import type {Context} from '../harness/case.ts'
import {expectSame} from '../harness/check.ts'
import {type Measure, OURS, type Subject} from '../harness/measure.ts'
import {Latencies} from '../limits/limit.ts'
import type {Lmdb} from '../peers/load-peer.ts'

export interface Acks {
  readonly senders: number
  /** Of all senders together. */
  readonly count: number
}

export interface Load extends Acks {
  /** What is sent before the clock starts: compiling code would else delay one acknowledgement in a hundred. */
  readonly before: Acks
}

/** Sends record `i` and resolves when it is acknowledged. */
type Send = (i: number) => Promise<unknown>

export function sendSynced(acks: Load, payload: Payload, context: Context): Subject {
  return {
    name: OURS,
    round: () =>
      context.scratch.use(async dir => {
        const log = await openLog(dir)
        try {
          const send: Send = i => log.send(payload.values[valueIndex(i)]!)
          await sendAll(acks.before, send)
          const {syncs} = log.metrics()
          const measures = await sendAll(acks, send)
          expectSame('records on the device', log.syncedOffset, acks.before.count + acks.count)
          const perSync = acks.count / (log.metrics().syncs - syncs)
          return [...measures, {what: nameOf(acks), unit: 'records/sync', value: perSync}]
        } finally {
          await log.close()
        }
      }),
  }
}

export function putSynced(
  {lmdb, until}: {lmdb: Lmdb; until: 'committed' | 'flushed'},
  acks: Load,
  payload: Payload,
  context: Context,
): Subject {
  return {
    name: until === 'flushed' ? 'lmdb put, flushed' : 'lmdb put',
    round: () =>
      context.scratch.use(async dir => {
        const database = openLmdb(lmdb, dir, {encoding: 'binary', noSync: false})
        try {
          const put = (i: number) => database.put(i, payload.buffers[valueIndex(i)]!)
          const send: Send = until === 'committed' ? put : async i => put(i).then(() => database.flushed)
          await sendAll(acks.before, send)
          return await sendAll(acks, send)
        } finally {
          await database.close()
        }
      }),
  }
}

const nameOf = ({senders}: Acks): string => `${senders} sender${senders === 1 ? '' : 's'}`

async function sendAll(acks: Acks, send: Send): Promise<Measure[]> {
  const latencies = new Latencies()
  let next = 0
  const sender = async (): Promise<void> => {
    while (next < acks.count) {
      const i = next++
      const startNs = process.hrtime.bigint()
      await send(i)
      latencies.since(startNs)
    }
  }
  const startMs = performance.now()
  await Promise.all(Array.from({length: acks.senders}, sender))
  const seconds = (performance.now() - startMs) / 1000
  const what = nameOf(acks)
  return [{what, unit: 'records/s', value: acks.count / seconds}, ...latencies.measures(what)]
}
