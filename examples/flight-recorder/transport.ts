/**
 * The flight recorder in pino's worker thread: `pino.transport({target: import.meta.resolve('./transport.js'), options: {dir, bytes}})`. What the
 * program has logged is first in memory that this thread reads; it is in the file once `logger.flush(done)` has called back.
 */
import {Writable} from 'node:stream'
import {openLog} from 'odradek'
import {FlightRecorder, keepLast} from './flight-recorder.ts'

export interface TransportOptions {
  readonly dir: string
  readonly bytes: number
}

export default async function transport({dir, bytes}: TransportOptions): Promise<Writable> {
  const log = await openLog(dir, keepLast(bytes))
  const recorder = new FlightRecorder(log)
  /** The part of a line whose end has not come yet: text comes as it fits into pino's buffer. */
  let rest = ''
  const stream = new Writable({
    decodeStrings: false,
    write(text: string, _encoding, done) {
      const lines = (rest + text).split('\n')
      rest = lines.pop()!
      let hasRoom = true
      for (const line of lines) hasRoom = recorder.add(line)
      if (hasRoom) done()
      else log.drained().then(() => done(), done)
    },
    final(done) {
      log.close().then(() => done(), done)
    },
  })
  return Object.assign(stream, {flush: (done: (error?: Error) => void) => recorder.flush(done)})
}
