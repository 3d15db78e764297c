import {crc32} from 'node:zlib'
import type {Partition, Reader, RecordView} from 'odradek'
import type {Fingerprinter} from './fingerprint.ts'
import type {Flight} from './flights.ts'
import {producerOf} from './plan.ts'

/** A whole partition, read from its first offset to its last. */
export interface ReadBack {
  /** Records whose offset was not the one behind the last record's. */
  readonly misplaced: number
  /** CRC-32 of all values, one behind the other. */
  readonly crc: number
  /** Which producer's flight stands at each offset. */
  readonly producers: readonly number[]
}

export function readByOffset(partition: Partition, fingerprinter: Fingerprinter): ReadBack {
  const producers: number[] = []
  let [misplaced, crc] = [0, 0]
  using reader = partition.reader({from: 'earliest'})
  readUntil(reader, partition.highWatermark, record => {
    const flight = flightOf(record)
    if (record.offset !== producers.length) misplaced++
    crc = crc32(flight.value, crc)
    producers.push(producerOf(flight))
    fingerprinter.add(flight)
  })
  return {misplaced, crc, producers}
}

/**
 * The whole partition again, a stretch at a time, each found by its time: from the first record of the stretch or later, up to
 * where the next stretch begins. A record that comes late, behind newer ones, is in the stretch where it stands.
 */
export function readByTime(
  partition: Partition,
  times: {fromMs: number; toMs: number; stepMs: number},
  fingerprinter: Fingerprinter,
): void {
  using reader = partition.reader()
  for (let ms = times.fromMs; ms <= times.toMs; ms += times.stepMs) {
    reader.seek({timestamp: ms})
    const end = partition.offsetForTimestamp(ms + times.stepMs) ?? partition.highWatermark
    readUntil(reader, end, record => fingerprinter.add(flightOf(record)))
  }
}

export function readAt(reader: Reader, offset: number): Flight | undefined {
  let flight: Flight | undefined
  reader.seek(offset)
  reader.poll(record => {
    flight = flightOf(record)
  }, 1)
  return flight
}

function readUntil(reader: Reader, end: number, take: (record: RecordView) => void): void {
  while (reader.position < end) if (reader.poll(take, end - reader.position) === 0) return
}

function flightOf(record: RecordView): Flight {
  return {key: record.key?.toString() ?? '', timestamp: record.timestamp, value: record.text()}
}
