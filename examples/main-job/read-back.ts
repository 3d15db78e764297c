import {crc32} from 'node:zlib'
import type {Log, Reader, RecordView} from 'odradek'
import {type Fingerprint, Fingerprinter} from './fingerprint.ts'
import type {Flight} from './flights.ts'
import {producerOf} from './plan.ts'

/** The whole log, read from its first offset to its last. */
export interface ReadBack {
  readonly fingerprint: Fingerprint
  /** Records whose offset was not the one behind the last record's. */
  readonly misplaced: number
  /** CRC-32 of all values, one behind the other. */
  readonly crc: number
  /** Which producer's flight stands at each offset. */
  readonly producers: readonly number[]
}

export function readByOffset(log: Log): ReadBack {
  const fingerprinter = new Fingerprinter()
  const producers: number[] = []
  let [misplaced, crc] = [0, 0]
  using reader = log.reader({from: 'earliest'})
  readUntil(reader, log.highWatermark, record => {
    const flight = flightOf(record)
    if (record.offset !== producers.length) misplaced++
    crc = crc32(flight.value, crc)
    producers.push(producerOf(flight))
    fingerprinter.add(flight)
  })
  return {fingerprint: fingerprinter.finish(), misplaced, crc, producers}
}

/**
 * The whole log again, a stretch at a time, each found by its time: from the first record of the stretch or later, up to
 * where the next stretch begins. A record that comes late, behind newer ones, is in the stretch where it stands.
 */
export function readByTime(log: Log, times: {fromMs: number; toMs: number; stepMs: number}): Fingerprint {
  const fingerprinter = new Fingerprinter()
  using reader = log.reader()
  for (let ms = times.fromMs; ms <= times.toMs; ms += times.stepMs) {
    reader.seek({timestamp: ms})
    const end = log.offsetForTimestamp(ms + times.stepMs) ?? log.highWatermark
    readUntil(reader, end, record => fingerprinter.add(flightOf(record)))
  }
  return fingerprinter.finish()
}

export function readAt(reader: Reader, offset: number): Flight | undefined {
  let flight: Flight | undefined
  reader.seek(offset)
  reader.poll(record => (flight = flightOf(record)), 1)
  return flight
}

function readUntil(reader: Reader, end: number, take: (record: RecordView) => void): void {
  while (reader.position < end) if (reader.poll(take, end - reader.position) === 0) return
}

function flightOf(record: RecordView): Flight {
  return {key: record.key?.toString() ?? '', timestamp: record.timestamp, value: record.text()}
}
