/** That the harness hears Kafka out: it accepts what Kafka wrote, and each kind of damage makes it complain. */
import {copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {suite} from 'uvu'
import * as assert from 'uvu/assert'
import {skip} from '../runner/skip.ts'
import {dumpLogSegments} from './dump-log-segments.ts'
import {kafkaJars} from './kafka-jars.ts'

const SAMPLE = fileURLToPath(
  new URL('property-tests/kafka/sample/log-dir', import.meta.resolve('odradek/package.json')),
)

const test = suite('DumpLogSegments')
const jars = await kafkaJars()

/** Copies a partition of the sample, spoils one file of it, and has the copy read. */
async function dumpSpoiled(partition: string, file: string, spoil: (bytes: Buffer) => Buffer) {
  const dir = mkdtempSync(join(tmpdir(), 'odradek-dump-'))
  try {
    const names = filesOf(partition)
    for (const name of names) copyFileSync(join(SAMPLE, partition, name), join(dir, name))
    writeFileSync(join(dir, file), spoil(readFileSync(join(dir, file))))
    return await dumpLogSegments(
      names.map(name => join(dir, name)),
      {deep: true},
    )
  } finally {
    rmSync(dir, {recursive: true, force: true})
  }
}

function filesOf(partition: string): string[] {
  return readdirSync(join(SAMPLE, partition)).filter(name =>
    /^\d{20}\.(log|index|timeindex|txnindex|snapshot)$/.test(name),
  )
}

/** Flips the lowest bit of one byte. */
function flip(at: number): (bytes: Buffer) => Buffer {
  return bytes => {
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at)
    return bytes
  }
}

/** [what, partition, file, how it is spoiled, what a complaint must say] */
const DAMAGES: readonly (readonly [string, string, string, (bytes: Buffer) => Buffer, string])[] = [
  ['a record', 'segments-0', '00000000000000000576.log', flip(100), 'isvalid: false'],
  ['a first offset', 'segments-0', '00000000000000000288.log', flip(7), '-1 is followed by 289'],
  [
    'a torn tail',
    'transactions-0',
    '00000000000000000000.log',
    bytes => bytes.subarray(0, -1),
    'invalid bytes at the end',
  ],
  [
    'a zeroed tail',
    'codecs-0',
    '00000000000000000000.log',
    bytes => Buffer.concat([bytes, Buffer.alloc(64)]),
    'CorruptRecord',
  ],
  ['an index', 'segments-0', '00000000000000000288.index', flip(3), 'Mismatches in'],
  ['a timestamp', 'segments-0', '00000000000000000288.timeindex', flip(7), 'Found timestamp mismatch'],
  ['the offset of a timestamp', 'segments-0', '00000000000000000288.timeindex', flip(11), 'offsets are not found'],
  ['a snapshot', 'segments-0', '00000000000000000576.snapshot', flip(20), 'Snapshot is corrupt'],
]

if ('missing' in jars) {
  skip(test, 'accepts what Kafka wrote, and complains of damage', jars.missing)
} else {
  for (const deep of [true, false]) {
    test(`accepts what Kafka wrote${deep ? ', record by record' : ''}`, async () => {
      const partitions = ['segments-0', 'codecs-0', 'transactions-0']
      const files = partitions.flatMap(partition => filesOf(partition).map(name => join(SAMPLE, partition, name)))
      const {complaints, unread, batches, records} = await dumpLogSegments(files, {deep})
      assert.equal(complaints, [])
      assert.equal(unread, [])
      assert.equal({batches, records}, {batches: 69, records: 1000 + 80 + 19})
    })
  }

  for (const [what, partition, file, spoil, words] of DAMAGES) {
    test(`complains of ${what}`, async () => {
      const {complaints} = await dumpSpoiled(partition, file, spoil)
      assert.ok(
        complaints.some(text => text.includes(words)),
        complaints.join('\n') || 'no complaint',
      )
    })
  }
}

test.run()
