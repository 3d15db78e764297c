// A crash-proof flight recorder for pino: the last lines of a program are there however it ends, and take no more of the disk than
// they may. Here the program is killed in the middle of its work.
//   node dist/examples/flight-recorder.js [DIR]
import {spawnSync} from 'node:child_process'
import {fileURLToPath} from 'node:url'
import {openLog} from 'odradek'
import {pino} from 'pino'
import {FlightRecorder, keepLast} from './flight-recorder/flight-recorder.ts'
import {lastLines} from './flight-recorder/last-lines.ts'

const MIB = 1024 * 1024
const [dir = './data/flight', role] = process.argv.slice(2)

/** The program: its last line is an error, so that line and all before it are stored when the call returns. */
async function fly(): Promise<never> {
  const log = await openLog(dir, keepLast(16 * MIB))
  const logger = pino({}, new FlightRecorder(log))
  for (let metres = 0; metres < 10_000; metres += 10) logger.info({metres}, 'climbing')
  logger.error({engine: 2}, 'on fire')
  process.kill(process.pid, 'SIGKILL')
  throw new Error('still alive')
}

if (role === 'fly') await fly()
const {signal} = spawnSync(process.execPath, [fileURLToPath(import.meta.url), dir, 'fly'], {stdio: 'inherit'})
const {lines, ended} = await lastLines(dir, 3)
console.log(`the program ended by ${signal}, ${ended ? 'as it should' : 'not as it should'}; its last words:`)
for (const line of lines) {
  const {msg, metres, engine} = JSON.parse(line)
  console.log(`  ${msg}`, metres ?? engine)
}
