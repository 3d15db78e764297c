import {readdirSync, statSync} from 'node:fs'
import {join} from 'node:path'
import {type LogOptions, type OpenLog, openLog} from 'odradek'
import {type Check, checkEqual, checkFingerprint, checkLookUps, checkVerified} from './checks.ts'
import {monotonicMs} from './clock.ts'
import {fingerprintOf} from './fingerprint.ts'
import {type Flight, readFlights} from './flights.ts'
import {LogOrder} from './log-order.ts'
import {lookUpEach, randomTargets} from './look-ups.ts'
import {type Options, UsageError} from './options.ts'
import {type Plan, planOf} from './plan.ts'
import type {Progress} from './progress.ts'
import {readAt, readByOffset, readByTime} from './read-back.ts'
import {count, type Facts} from './report.ts'
import {type Streamed, stream} from './stream.ts'

const LOG_OPTIONS: LogOptions = {
  // the flights are of 2001, and by default a log lets go of what is older than a week
  retentionMs: -1,
  // small enough that look-ups have several segments to choose from
  segmentBytes: 4 * 1024 * 1024,
}
const LOOK_UPS = 2000
const HOUR_MS = 3_600_000

/** The whole job, from the data set to what is known of the log at the end. */
export async function run(
  dir: string,
  options: Options,
  progress: Progress,
): Promise<{facts: Facts; checks: readonly Check[]}> {
  const plan = planOf(options.records, options.perSecond)
  progress.step('reading the data set')
  const flights = [...readFlights()].slice(0, options.records)

  const logOptions = {...LOG_OPTIONS, durability: options.durability}
  const written = await write(dir, logOptions, plan, progress)
  const readBack = await check(dir, logOptions, {flights, streamed: written.streamed}, progress)

  const facts: Facts = {
    ...written,
    ...readBack.facts,
    plan,
    durability: options.durability,
    contentBytes: flights.reduce((bytes, {key, value}) => bytes + key.length + value.length, 0),
    diskBytes: bytesIn(dir),
  }
  return {facts, checks: readBack.checks}
}

async function write(
  dir: string,
  options: LogOptions,
  plan: Plan,
  progress: Progress,
): Promise<{openMs: number; streamed: Streamed}> {
  const startMs = monotonicMs()
  await using log = await openLog(dir, options)
  const openMs = monotonicMs() - startMs
  if (log.logEndOffset > 0)
    throw new UsageError(`${dir} holds a log already, of ${log.logEndOffset} records; name a new directory`)
  const streamed = await stream(log, plan, phase => progress.step(phase, () => `${count(log.highWatermark)} written`))
  return {openMs, streamed}
}

async function check(
  dir: string,
  options: LogOptions,
  {flights, streamed}: {flights: readonly Flight[]; streamed: Streamed},
  progress: Progress,
): Promise<{
  facts: Pick<Facts, 'segments' | 'reopenMs' | 'recoveryMs' | 'offsetLookUpsMs' | 'timeLookUpsMs'>
  checks: readonly Check[]
}> {
  progress.step('reopening the log')
  const startMs = monotonicMs()
  await using log = await openLog(dir, options)
  const reopenMs = monotonicMs() - startMs

  progress.step('reading everything back by offset')
  const expected = fingerprintOf(flights)
  const byOffset = readByOffset(log)

  progress.step('reading everything back by time')
  const [fromMs, toMs] = [flights.at(0)!.timestamp, flights.at(-1)!.timestamp]
  const byTime = readByTime(log, {fromMs, toMs, stepMs: HOUR_MS})

  progress.step('looking up')
  const order = new LogOrder(flights, byOffset.producers)
  const offsets = lookUpOffsets(log, order)
  const times = lookUpTimes(log, order, {fromMs, toMs})

  progress.step('verifying every segment')
  const verified = await log.verify()

  const {followed} = streamed
  const none = {misplaced: 0}
  return {
    facts: {
      segments: verified.segments.length,
      reopenMs,
      recoveryMs: log.recovered.ms,
      offsetLookUpsMs: offsets.tookMs,
      timeLookUpsMs: times.tookMs,
    },
    checks: [
      checkEqual('reopened as it was closed: nothing to recover', log.recovered.clean, true),
      checkFingerprint('read by offset', byOffset.fingerprint, expected),
      checkEqual('read by offset: no offset left out', {misplaced: byOffset.misplaced}, none),
      checkEqual('live reader: no offset left out', {misplaced: followed.misplaced}, none),
      checkEqual('live reader: saw what is stored, in the same order', followed.crc, byOffset.crc),
      checkFingerprint('read by time', byTime, expected),
      checkLookUps(`${count(LOOK_UPS)} offsets give the flight that stands there`, offsets),
      checkLookUps(`${count(LOOK_UPS)} times give the first flight that is not older`, times),
      checkVerified('verify: every segment and index intact', verified, flights.length),
    ].flat(),
  }
}

function lookUpOffsets(log: OpenLog, order: LogOrder) {
  using reader = log.reader()
  const targets = randomTargets(LOOK_UPS, 0, log.highWatermark)
  return lookUpEach(
    targets,
    offset => readAt(reader, offset),
    offset => order.at(offset),
  )
}

/** From before the first flight to behind the last, where there is nothing to find. */
function lookUpTimes(log: OpenLog, order: LogOrder, {fromMs, toMs}: {fromMs: number; toMs: number}) {
  const targets = randomTargets(LOOK_UPS, fromMs - HOUR_MS, toMs + HOUR_MS)
  return lookUpEach(
    targets,
    ms => log.offsetForTimestamp(ms),
    ms => order.firstNotOlder(ms),
  )
}

function bytesIn(dir: string): number {
  const files = readdirSync(dir, {recursive: true, withFileTypes: true}).filter(entry => entry.isFile())
  return files.reduce((bytes, {parentPath, name}) => bytes + statSync(join(parentPath, name)).size, 0)
}
