import fs from 'node:fs'
import {setImmediate} from 'node:timers/promises'
import {type Logger, pino} from 'pino'
import {lastLines} from '../../examples/flight-recorder/last-lines.ts'
import type {Context} from '../harness/case.ts'
import {expectSame} from '../harness/check.ts'
import type {Subject} from '../harness/measure.ts'
import {DESTINATIONS} from './destinations.ts'

export interface Lines {
  /** Until the code of all threads is compiled. */
  readonly before: number
  readonly count: number
}

/** So many are logged in a turn of the event loop. */
const TURN = 100
/** Numbers of one length make lines of one length. */
const FIRST = 1_000_000

const logLine = (logger: Logger, i: number): void => logger.info({request: FIRST + i, status: 200}, 'request completed')

/** A program that logs turn by turn. The clock stops when its calls have returned, and again when all is in a file. */
export function logLines(name: string, {before, count}: Lines, context: Context): Subject {
  const lineBytes = bytesOfLine()
  return {
    name,
    fileBytes: (before + count) * lineBytes,
    round: () =>
      context.scratch.use(async dir => {
        const destination = await DESTINATIONS[name]!(dir)
        const logger = pino({}, destination.stream)
        await logTurns(logger, 0, before)
        await destination.stored(before, lineBytes)
        const startMs = performance.now()
        await logTurns(logger, before, before + count)
        const returnedMs = performance.now()
        await destination.stored(before + count, lineBytes)
        const storedMs = performance.now()
        await destination.close()
        if (name !== 'no destination') await expectLines(name, dir, before + count)
        return [
          {what: 'until in a file', unit: 'records/s', value: (count / (storedMs - startMs)) * 1000},
          {what: 'the calls', unit: 'records/s', value: (count / (returnedMs - startMs)) * 1000},
        ]
      }),
  }
}

async function logTurns(logger: Logger, from: number, end: number): Promise<void> {
  for (let i = from; i < end; ) {
    for (const turnEnd = Math.min(end, i + TURN); i < turnEnd; i++) logLine(logger, i)
    await setImmediate()
  }
}

function bytesOfLine(): number {
  let bytes = 0
  logLine(
    pino(
      {},
      {
        write(line: string) {
          bytes = Buffer.byteLength(line)
        },
      },
    ),
    0,
  )
  return bytes
}

async function expectLines(name: string, dir: string, count: number): Promise<void> {
  const file = `${dir}/lines`
  const lines = fs.existsSync(file)
    ? fs.readFileSync(file, 'latin1').split('\n').slice(0, -1)
    : (await lastLines(dir, count + 1)).lines
  expectSame(`${name}, lines`, lines.length, count)
  const misplaced = lines.filter((line, i) => JSON.parse(line).request !== FIRST + i).length
  expectSame(`${name}, lines in a wrong place`, misplaced, 0)
}
