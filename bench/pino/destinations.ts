/** Where a logger's lines go, each with the words that a bench needs of it. */
import fs from 'node:fs'
import path from 'node:path'
import {setTimeout} from 'node:timers/promises'
import {openLog} from 'odradek'
import {type DestinationStream, pino} from 'pino'
import {FlightRecorder, keepLast} from '../../examples/flight-recorder/flight-recorder.ts'
import {OURS} from '../harness/measure.ts'

export interface Destination {
  readonly stream: DestinationStream
  /** Resolves once so many lines, of so many bytes each, are in a file. */
  stored(lines: number, lineBytes: number): Promise<void>
  close(): Promise<void>
}

/** More than a round writes: what is measured is the log, not its retention. */
const KEPT_BYTES = 4 * 1024 * 1024 * 1024
const TRANSPORT = new URL('../../examples/flight-recorder/transport.js', import.meta.url).href

/** By name: each makes its files in a dir of its own. */
export const DESTINATIONS: Readonly<Record<string, (dir: string) => Destination | Promise<Destination>>> = {
  async [OURS](dir) {
    const log = await openLog(dir, keepLast(KEPT_BYTES))
    const stream = new FlightRecorder(log)
    return {stream, stored: () => log.flush(), close: () => log.close()}
  },

  'pino.destination, sync': dir => fileOf(dir, dest => pino.destination({dest, sync: true})),

  'pino.destination, 4 KiB': dir => fileOf(dir, dest => pino.destination({dest, sync: false, minLength: 4096})),

  'pino/file in its worker': dir =>
    fileOf(dir, destination => pino.transport({target: 'pino/file', options: {destination}})),

  [`${OURS} in pino’s worker`](dir) {
    const stream = pino.transport({target: TRANSPORT, options: {dir, bytes: KEPT_BYTES}})
    return {
      stream,
      stored: () => new Promise((resolve, reject) => stream.flush(error => (error ? reject(error) : resolve()))),
      close: () => closed(stream),
    }
  },

  'no destination': () => ({
    stream: {write() {}},
    stored: async () => {},
    close: async () => {},
  }),
}

/** After so many ms without a byte more the rest is asked for. */
const HELD_BACK_LOOKS = 50

interface Closing {
  end(): void
  flushSync?(): void
  once(event: 'close', listener: () => void): unknown
}

function fileOf(dir: string, open: (file: string) => DestinationStream & Closing): Destination {
  const file = path.join(dir, 'lines')
  const stream = open(file)
  return {
    stream,
    async stored(lines, lineBytes) {
      // their own flush syncs as well, which is not asked for; but what a destination holds back comes with nothing else
      let [size, looks] = [0, 0]
      while (size < lines * lineBytes) {
        await setTimeout(1)
        const before = size
        size = fs.statSync(file, {throwIfNoEntry: false})?.size ?? 0
        looks = size === before ? looks + 1 : 0
        if (looks > HELD_BACK_LOOKS) stream.flushSync?.()
      }
    },
    close: () => closed(stream),
  }
}

async function closed(stream: Closing): Promise<void> {
  // pino's worker keeps no program up
  const up = setInterval(() => {}, 1000)
  await new Promise<void>(resolve => {
    stream.once('close', resolve)
    stream.end()
  })
  clearInterval(up)
}
