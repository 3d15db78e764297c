import {type Log, openLog} from '../../index.ts'
import {appendAll, LOG_OPTIONS} from '../append/odradek.ts'
import {type Payload, valueIndex} from '../append/payload.ts'
import type {Context} from '../harness/case.ts'
import {expectSame} from '../harness/check.ts'
import type {Measure, Subject} from '../harness/measure.ts'
import {expectRecords, type Shop, useTopic} from './shop.ts'

/** Calls before the clock starts, and while it runs. */
export interface Calls {
  readonly before: number
  readonly count: number
}

export const MANY = 'send, 1 000 a call'
export const ONE = 'send, 1 a call, 100 under way'
export const APPEND = 'openLog append'

const MESSAGES = 1000
/** As many calls under way as KafkaJS has requests to a broker (`maxInFlightRequests`, with idempotence). */
const CALLS_UNDER_WAY = 5
const SINGLES_UNDER_WAY = 100

/** Messages are objects of the program, made beforehand; the clock stops when all are acknowledged. */
export function sendMany(shop: Shop, payload: Payload, calls: Calls): Subject {
  const messages = Array.from({length: MESSAGES}, (_, i) => ({value: payload.buffers[valueIndex(i)]!}))
  return sending(shop, {what: MANY, messages, underWay: CALLS_UNDER_WAY, calls})
}

export function sendSingles(shop: Shop, payload: Payload, calls: Calls): Subject {
  const messages = [{value: payload.buffers[0]!}]
  return sending(shop, {what: ONE, messages, underWay: SINGLES_UNDER_WAY, calls})
}

/** What the same records cost without a cluster and without KafkaJS' shape. */
export function appendSame(payload: Payload, {before, count}: Calls, context: Context): Subject {
  return {
    name: APPEND,
    round: () =>
      context.scratch.use(async dir => {
        const log = await openLog(dir, LOG_OPTIONS)
        await appendAll(log, payload, 0, before * MESSAGES)
        const startMs = performance.now()
        await appendAll(log, payload, 0, count * MESSAGES)
        const seconds = (performance.now() - startMs) / 1000
        expectEnd(log, (before + count) * MESSAGES)
        await log.close()
        return [{what: MANY, unit: 'records/s', value: (count * MESSAGES) / seconds}]
      }),
  }
}

function expectEnd(log: Log, end: number): void {
  expectSame('records appended', log.highWatermark, end)
}

function sending(
  shop: Shop,
  work: {what: string; messages: {value: Buffer}[]; underWay: number; calls: Calls},
): Subject {
  const {what, messages, underWay, calls} = work
  return {
    name: shop.name,
    round: () =>
      useTopic(shop, 1, async (topic): Promise<Measure[]> => {
        const producer = shop.kafka.producer()
        await producer.connect()
        const send = async (count: number): Promise<void> => {
          let left = count
          const sender = async (): Promise<void> => {
            while (left-- > 0) await producer.send({topic, acks: 1, messages})
          }
          await Promise.all(Array.from({length: underWay}, sender))
        }
        await send(calls.before)
        const startMs = performance.now()
        await send(calls.count)
        const seconds = (performance.now() - startMs) / 1000
        await producer.disconnect()
        await expectRecords(shop, topic, (calls.before + calls.count) * messages.length)
        return [{what, unit: 'records/s', value: (calls.count * messages.length) / seconds}]
      }),
  }
}
