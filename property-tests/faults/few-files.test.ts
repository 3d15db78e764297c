/**
 * A process that may have few files open writes segments as fast as it can: the rolled ones wait for their sync with their files open, and
 * appends go on all the same. What was acknowledged is there afterwards.
 */
import {execFileSync} from 'node:child_process'
import {fileURLToPath} from 'node:url'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {openLog} from '../../index.ts'
import {tempDir} from '../door/temp-dir.ts'
import {skip} from '../runner/skip.ts'

const PROGRAM = fileURLToPath(new URL('./roller.js', import.meta.url))
const RECORDS = 600

/** Node itself has some thirty open; of the smaller number, one sync alone would take more than are left. */
for (const files of [64, 256]) {
  const name = `${files} files, a segment for each record or two`
  if (process.platform === 'win32') {
    skip(test, name, 'there is no ulimit')
    continue
  }
  test(name, async () => {
    const dir = tempDir()
    const script = `ulimit -n ${files} && exec "$0" "$1" "$2" "$3"`
    const told = execFileSync('/bin/sh', ['-c', script, process.execPath, PROGRAM, dir, String(RECORDS)], {
      encoding: 'utf8',
    })
    const {refusals, acknowledged, segments} = JSON.parse(told) as {
      refusals: string[]
      acknowledged: number[]
      segments: number
    }
    if (files > 100) assert.equal(refusals, [])
    assert.equal([...new Set(refusals)], refusals.length > 0 ? ['KAFKA_STORAGE_ERROR, retriable'] : [])
    assert.is(refusals.length + acknowledged.length, RECORDS)
    assert.ok(segments > acknowledged.length / 3, `${segments} segments`)
    const log = await openLog(dir, {retentionMs: -1})
    const offsets = new Set<number>()
    for await (const record of log.reader({from: 'earliest'})) offsets.add(record.offset)
    assert.ok(
      acknowledged.every(offset => offsets.has(offset)),
      'all that was acknowledged is there',
    )
    await log.close()
  })
}

test.run()
