import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {openLog} from '../../index.ts'

const SEGMENT_BYTES = 16 * 1024
const RECORDS = 5000

/** Makes a dir look as after a crash before anything of it was known to be synced, with its indexes lost. */
function forgetEverything(dir: string): void {
  for (const name of ['.kafka_cleanshutdown', 'recovery-point-offset-checkpoint', 'replication-offset-checkpoint'])
    fs.rmSync(`${dir}/${name}`)
  for (const name of fs.readdirSync(`${dir}/log-0`))
    if (!name.endsWith('.log') && name !== 'partition.metadata') fs.rmSync(`${dir}/log-0/${name}`)
}

test('several segments are recovered in the pool: every record is there and the indexes are rebuilt byte for byte', async () => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'odradek-'))
  try {
    const log = await openLog(dir, {segmentBytes: SEGMENT_BYTES, retentionMs: -1})
    for (let i = 0; i < RECORDS; i += 10)
      await log.send(
        Array.from({length: 10}, (_, k) => ({key: 'k', value: `record ${i + k}`, timestamp: i + k})),
        {durability: 'written'},
      )
    await log.close()
    const indexes = new Map(
      fs
        .readdirSync(`${dir}/log-0`)
        .filter(name => name.endsWith('index'))
        .map(name => [name, fs.readFileSync(`${dir}/log-0/${name}`)]),
    )
    assert.ok(indexes.size > 4)

    forgetEverything(dir)
    const again = await openLog(dir, {segmentBytes: SEGMENT_BYTES, retentionMs: -1})
    assert.is(again.recovered.clean, false)
    assert.is(again.recovered.scannedSegments, indexes.size / 2)
    assert.is(again.logEndOffset, RECORDS)
    let next = 0
    again.reader().poll(record => {
      assert.is(record.text(), `record ${next}`)
      assert.is(record.offset, next++)
    })
    assert.is(next, RECORDS)
    assert.is(again.offsetForTimestamp(4321), 4321)
    await again.close()
    for (const [name, bytes] of indexes) assert.equal(fs.readFileSync(`${dir}/log-0/${name}`), bytes, name)
  } finally {
    fs.rmSync(dir, {recursive: true, force: true})
  }
})

test.run()
