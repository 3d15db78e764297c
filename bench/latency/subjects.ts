import {once} from 'node:events'
import {MessageChannel, Worker} from 'node:worker_threads'
import {openLog} from '../../index.ts'
import type {Context} from '../harness/case.ts'
import {expectSame} from '../harness/check.ts'
import {type Measure, OURS, type Subject} from '../harness/measure.ts'
import type {ReaderThreadData} from './reader-thread.ts'
import type {RelayData} from './relay-thread.ts'

export interface Load {
  readonly perSecond: number
  readonly count: number
  /** How many of them are not looked at: compiling code would delay one in a hundred of the others. */
  readonly before: number
}

const VALUE_BYTES = 100
const NAMES = {
  waiting: OURS,
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

function deliverByLog(by: 'waiting' | 'spinning', load: Load, context: Context): Promise<Measure[]> {
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
      await pace(load, value => log.append(value))
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
  await pace(load, value => reader.postMessage(value))
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
  await pace(load, value => between.postMessage(value))
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

/** Never waits for a timer, whose grain is coarser than the times that are planned: it looks at the clock once a turn of the event loop. */
function pace({perSecond, count}: Load, give: (value: Uint8Array) => void): Promise<void> {
  const value = new Uint8Array(VALUE_BYTES)
  const view = new DataView(value.buffer)
  const startNs = Number(process.hrtime.bigint()) + 1e6
  const everyNs = 1e9 / perSecond
  let given = 0
  return new Promise(resolve => {
    // no promise a turn: collecting them would stop the sender hundreds of times a second
    const turn = (): void => {
      const nowNs = Number(process.hrtime.bigint())
      for (; given < count && startNs + given * everyNs <= nowNs; given++) {
        view.setFloat64(0, startNs + given * everyNs)
        give(value)
      }
      if (given < count) setImmediate(turn)
      else resolve()
    }
    turn()
  })
}

function measuresOf({perSecond}: Load, [p50, p99]: readonly [number, number]): Measure[] {
  const what = `${perSecond / 1000} k records/s`
  return [
    {what: `${what}, p50`, unit: 'µs', value: p50},
    {what: `${what}, p99`, unit: 'µs', value: p99},
  ]
}
