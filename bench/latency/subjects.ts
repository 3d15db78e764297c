import {once} from 'node:events'
import {MessageChannel, Worker} from 'node:worker_threads'
import {openLog} from '../../index.ts'
import type {Context} from '../harness/case.ts'
import {expectSame} from '../harness/check.ts'
import {type Measure, OURS, type Subject} from '../harness/measure.ts'
import {type Pace, pace} from '../harness/pace.ts'
import type {ReaderThreadData} from './reader-thread.ts'
import type {RelayData} from './relay-thread.ts'

export interface Load extends Pace {
  /** How many of them are not looked at: compiling code would delay one in a hundred of the others. */
  readonly before: number
}

const VALUE_BYTES = 100
const NAMES = {
  blocking: OURS,
  awaiting: 'odradek, awaiting',
  spinning: 'odradek, spinning',
  message: 'postMessage',
  relayed: 'postMessage, relayed',
} as const

/** Gives records at planned times to a thread that waits for them. A time that is missed is not moved: the record is late by as much. */
export function deliver(by: ReaderThreadData['by'], load: Load, context: Context): Subject {
  return {
    name: NAMES[by],
    round: () => {
      if (by === 'message') return deliverMessages(load)
      return by === 'relayed' ? relayMessages(load) : deliverByLog(by, load, context)
    },
  }
}

function deliverByLog(by: 'blocking' | 'awaiting' | 'spinning', load: Load, context: Context): Promise<Measure[]> {
  return context.scratch.use(async dir => {
    const log = await openLog(dir, {durability: 'written'})
    try {
      const reader = await startReader({
        by,
        relay: undefined,
        handle: log.handle,
        count: load.count,
        before: load.before,
      })
      const [told, exited] = [once(reader, 'message'), once(reader, 'exit')]
      await paceValues(load, value => log.append(value))
      const measures = measuresOf(load, (await told)[0])
      await exited
      expectSame('records delivered', log.highWatermark, load.count)
      return measures
    } finally {
      await log.close()
    }
  })
}

async function deliverMessages(load: Load): Promise<Measure[]> {
  const {count, before} = load
  const reader = await startReader({by: 'message', relay: undefined, handle: undefined, count, before})
  const [told, exited] = [once(reader, 'message'), once(reader, 'exit')]
  await paceValues(load, value => reader.postMessage(value))
  const measures = measuresOf(load, (await told)[0])
  await exited
  return measures
}

async function relayMessages(load: Load): Promise<Measure[]> {
  const {count, before} = load
  const {port1: to, port2: relay} = new MessageChannel()
  const reader = await startReader({by: 'relayed', relay, handle: undefined, count, before})
  const relayData: RelayData = {to}
  const between = new Worker(new URL('./relay-thread.js', import.meta.url), {
    workerData: relayData,
    transferList: [to],
    execArgv: [],
  })
  const [told, exited, ended] = [once(reader, 'message'), once(reader, 'exit'), once(between, 'exit')]
  await once(between, 'online')
  await paceValues(load, value => between.postMessage(value))
  const measures = measuresOf(load, (await told)[0])
  await Promise.all([exited, ended])
  return measures
}

async function startReader(workerData: ReaderThreadData): Promise<Worker> {
  const reader = new Worker(new URL('./reader-thread.js', import.meta.url), {
    workerData,
    transferList: workerData.relay === undefined ? [] : [workerData.relay],
    execArgv: [],
  })
  await once(reader, 'message')
  return reader
}

/** Has a value with its planned time given at that time. */
function paceValues(load: Load, give: (value: Uint8Array) => void): Promise<void> {
  const value = new Uint8Array(VALUE_BYTES)
  const view = new DataView(value.buffer)
  return pace(load, (_, plannedNs) => {
    view.setFloat64(0, plannedNs)
    give(value)
  })
}

function measuresOf({perSecond}: Load, [p50, p99]: readonly [number, number]): Measure[] {
  const what = `${perSecond / 1000} k records/s`
  return [
    {what: `${what}, p50`, unit: 'µs', value: p50},
    {what: `${what}, p99`, unit: 'µs', value: p99},
  ]
}
