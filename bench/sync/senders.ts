import type {Log} from '../../index.ts'
import {type Payload, valueIndex} from '../append/payload.ts'
import {expectSame} from '../harness/check.ts'
import {type Measure, OURS, type Subject} from '../harness/measure.ts'
import {Latencies} from '../limits/limit.ts'
import type {LmdbDatabase} from '../peers/load-peer.ts'

export interface Acks {
  readonly senders: number
  /** Of all senders together. */
  readonly count: number
}

/** Sends record `i` and resolves when it is acknowledged. */
export type Send = (i: number) => Promise<unknown>

/** What is sent before the first clock starts: compiling code would else delay one acknowledgement in a hundred. */
export async function warmUp(send: Send, rounds: number): Promise<void> {
  await sendAll({senders: 100, count: 10 * rounds}, send)
  await sendAll({senders: 1, count: rounds}, send)
}

export function sendSynced(acks: Acks, payload: Payload, log: Log): Subject {
  const send: Send = i => log.send(payload.values[valueIndex(i)]!)
  return {
    name: OURS,
    async round() {
      const [{syncs}, end] = [log.metrics(), log.logEndOffset]
      const measures = await sendAll(acks, send)
      expectSame('records on the device', log.syncedOffset, end + acks.count)
      return [
        ...measures,
        {what: nameOf(acks), unit: 'records/sync', value: acks.count / (log.metrics().syncs - syncs)},
      ]
    },
  }
}

export function putSynced(acks: Acks, payload: Payload, database: Database, until: Until): Subject {
  const send = putsUntil(payload, database, until)
  return {name: until === 'flushed' ? 'lmdb put, flushed' : 'lmdb put', round: () => sendAll(acks, send)}
}

export function putsUntil(payload: Payload, database: Database, until: Until): Send {
  const put = (i: number) => database.put(i, payload.buffers[valueIndex(i)]!)
  return until === 'committed' ? put : async i => put(i).then(() => database.flushed)
}

type Until = 'committed' | 'flushed'
type Database = LmdbDatabase<Uint8Array | string>

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
