/**
 * A program with a flight recorder that is meant to be killed: `node recorded-flight.js DIR FORM`. It logs numbered lines without end, and
 * says which of them are in the file as far as the recorder promises.
 */
import {openLog} from 'odradek'
import {pino} from 'pino'
import {FlightRecorder, keepLast} from '../../examples/flight-recorder/flight-recorder.ts'
import {say} from './say.ts'

const BYTES = 256 * 1024 * 1024
const [dir, form] = process.argv.slice(2)
const target = new URL('../../examples/flight-recorder/transport.js', import.meta.url).href
const logger = pino(
  {base: null},
  form === 'in thread'
    ? new FlightRecorder(await openLog(dir!, keepLast(BYTES)))
    : pino.transport({target, options: {dir, bytes: BYTES}}),
)

for (let i = 0; ; i++) {
  if (form === 'in thread' && i % 97 === 96) {
    logger.error({i}, 'an error, which is in the file at once')
    say(`stored ${i}`)
  } else logger.info({i}, 'all is well, and there is little to say of it')
  if (i % 500 !== 499) continue
  await new Promise(resolve => logger.flush(resolve))
  say(`stored ${i}`)
}
