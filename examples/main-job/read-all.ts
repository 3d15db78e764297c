import type {Cluster, Partition} from 'odradek'
import {type Check, check, checkEqual, checkFingerprint, checkLookUps} from './checks.ts'
import {Fingerprinter, fingerprintOf} from './fingerprint.ts'
import type {Flight} from './flights.ts'
import {type LookUps, lookUpEach, randomTargets} from './look-ups.ts'
import {PartitionOrder} from './partition-order.ts'
import {count} from './picture.ts'
import {PARTITIONS, TOPIC} from './plan.ts'
import {readAt, readByOffset, readByTime} from './read-back.ts'
import type {Streamed} from './stream.ts'

export interface ReadAll {
  readonly offsetLookUps: LookUps
  readonly timeLookUps: LookUps
  readonly checks: readonly Check[]
}

/** Of each kind, in each partition. */
const LOOK_UPS = 300
const HOUR_MS = 3_600_000
const STRETCH_MS = 6 * HOUR_MS

/** Reads all that the cluster has, by offset, by time, and here and there, and compares it with the data set and with what was acknowledged. */
export async function readAll(
  cluster: Cluster,
  {flights, streamed}: {flights: readonly Flight[]; streamed: Streamed},
  onStep: (step: string) => void,
): Promise<ReadAll> {
  const doors: Partition[] = []
  for (let partition = 0; partition < PARTITIONS; partition++) doors.push(await cluster.partition(TOPIC, partition))
  const expected = fingerprintOf(flights)

  onStep('reading everything back by offset')
  const byOffset = new Fingerprinter()
  const readBacks = doors.map(door => readByOffset(door, byOffset))
  const orders = readBacks.map(({producers}, partition) => new PartitionOrder(partition, flights, producers))

  onStep('reading everything back by time')
  const byTime = new Fingerprinter()
  const [fromMs, toMs] = [flights.at(0)!.timestamp, flights.at(-1)!.timestamp]
  for (const door of doors) readByTime(door, {fromMs, toMs, stepMs: STRETCH_MS}, byTime)

  onStep('looking up')
  const offsetLookUps = join(doors.map((door, partition) => lookUpOffsets(door, orders[partition]!)))
  const timeLookUps = join(doors.map((door, partition) => lookUpTimes(door, orders[partition]!, {fromMs, toMs})))

  const {followed, acks} = streamed
  const acked = acks.flat().reduce((sum, {records}) => sum + records, 0)
  const misplaced = readBacks.reduce((sum, each) => sum + each.misplaced, 0)
  const brokenAcks = acks.flatMap((own, producer) => orders.map(order => order.firstBrokenAck(producer, own)))
  const none = {misplaced: 0}
  const checks = [
    checkEqual(`all ${count(flights.length)} flights were acknowledged`, acked, flights.length),
    check(
      'each stands at the offset it was acknowledged with',
      brokenAcks.find(broken => broken !== undefined),
    ),
    checkFingerprint('read by offset', byOffset.finish(), expected),
    checkEqual('read by offset: no offset left out', {misplaced}, none),
    checkEqual('live reader: no offset left out', {misplaced: followed.misplaced}, none),
    checkEqual(
      'live reader: saw what is stored, in the same order',
      followed.crcs,
      readBacks.map(({crc}) => crc),
    ),
    checkFingerprint('read by time', byTime.finish(), expected),
    checkLookUps(`${count(offsetLookUps.tookMs.length)} offsets give the flight that stands there`, offsetLookUps),
    checkLookUps(`${count(timeLookUps.tookMs.length)} times give the first flight that is not older`, timeLookUps),
  ].flat()
  return {offsetLookUps, timeLookUps, checks}
}

function lookUpOffsets(door: Partition, order: PartitionOrder): LookUps {
  using reader = door.reader()
  const targets = randomTargets(LOOK_UPS, 0, door.highWatermark)
  return lookUpEach(
    targets,
    offset => readAt(reader, offset),
    offset => order.at(offset),
  )
}

/** From before the first flight to behind the last, where there is nothing to find. */
function lookUpTimes(door: Partition, order: PartitionOrder, {fromMs, toMs}: {fromMs: number; toMs: number}): LookUps {
  const targets = randomTargets(LOOK_UPS, fromMs - HOUR_MS, toMs + HOUR_MS)
  return lookUpEach(
    targets,
    ms => door.offsetForTimestamp(ms),
    ms => order.firstNotOlder(ms),
  )
}

function join(all: readonly LookUps[]): LookUps {
  return {tookMs: Float64Array.from(all.flatMap(({tookMs}) => [...tookMs])), wrong: all.flatMap(({wrong}) => wrong)}
}
