/** What our code makes of the producers in Kafka's own logs is what Kafka wrote into the snapshots beside them. */
import {copyFileSync, readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {suite} from 'uvu'
import * as assert from 'uvu/assert'
import {decodeProducerSnapshot, encodeProducerSnapshot} from '../engine/log/producer-snapshot.ts'
import {recoverProducers} from '../engine/log/recover-producers.ts'
import {offsetOfFile, SUFFIX, segmentBases} from '../engine/log/segment-files.ts'
import {nodeStorage} from '../workers/storage.ts'
import {tempDir} from './door/temp-dir.ts'

const SAMPLE = fileURLToPath(
  new URL('property-tests/kafka/sample/log-dir', import.meta.resolve('odradek/package.json')),
)
const PARTITIONS = ['segments-0', 'codecs-0', 'transactions-0']

const test = suite('snapshots that Kafka wrote')

function snapshotsOf(partition: string): {offset: number; bytes: Buffer}[] {
  return readdirSync(join(SAMPLE, partition)).flatMap(name => {
    const offset = offsetOfFile(name, SUFFIX.snapshot)
    return offset === undefined ? [] : [{offset, bytes: readFileSync(join(SAMPLE, partition, name))}]
  })
}

/** The partition's segments alone, below `offset`. */
function segmentsBelow(partition: string, offset: number): {dir: string; bases: number[]} {
  const dir = tempDir()
  const names = readdirSync(join(SAMPLE, partition)).filter(name => (offsetOfFile(name, SUFFIX.log) ?? offset) < offset)
  for (const name of names) copyFileSync(join(SAMPLE, partition, name), join(dir, name))
  return {dir, bases: segmentBases(names)}
}

test('are read, and written again as they were', () => {
  let producers = 0
  for (const {bytes} of PARTITIONS.flatMap(snapshotsOf)) {
    const entries = decodeProducerSnapshot(bytes)!
    assert.equal(Buffer.from(encodeProducerSnapshot(entries)), bytes)
    producers += entries.length
  }
  assert.is(producers, 9)
})

test('tell of the producers that the batches below tell of', () => {
  for (const partition of PARTITIONS) {
    for (const {offset, bytes} of snapshotsOf(partition)) {
      const {dir, bases} = segmentsBelow(partition, offset)
      const found = recoverProducers(nodeStorage, dir, {bases, logEndOffset: offset, scans: []}).snapshot()
      // the epoch of a transaction's coordinator stands in the marker's record, which is not read
      const expected = decodeProducerSnapshot(bytes)!.map(entry => ({...entry, coordinatorEpoch: -1}))
      assert.equal(decodeProducerSnapshot(found), expected, `${partition}, ${offset}`)
    }
  }
})

test.run()
