/** Where a log is: however its dir is named, and wherever the process goes afterwards, it stays one and the same. */
import fs from 'node:fs'
import path from 'node:path'
import {pathToFileURL} from 'node:url'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {openLog} from '../../index.ts'
import {tempDir} from './temp-dir.ts'

const SMALL = {segmentBytes: 1024}

test('a log opened by a relative path goes on where it was when the process changes its directory', async () => {
  const [first, second] = [fs.realpathSync(tempDir()), tempDir()]
  const before = process.cwd()
  try {
    process.chdir(first)
    const log = await openLog('a/log', SMALL)
    process.chdir(second)
    // segments are made, verified, deleted, and the close writes its checkpoints
    for (let i = 0; i < 50; i++) await log.send('x'.repeat(100))
    const {ok, segments} = await log.verify()
    assert.ok(ok && segments.length > 3)
    await log.deleteRecordsBefore(20)
    await log.close()
    assert.equal(fs.readdirSync(second), [])
    assert.ok(fs.existsSync(`${first}/a/log/.kafka_cleanshutdown`))
    const again = await openLog(path.relative(second, `${first}/a/log`), SMALL)
    assert.equal([again.recovered.clean, again.logStartOffset, again.logEndOffset], [true, 20, 50])
    await again.close()
  } finally {
    process.chdir(before)
  }
})

test('a path and the URL that names the same directory open the same log, whatever the name', async () => {
  const home = tempDir()
  for (const name of ['a b', '100%', '%20', 'a#b?c', 'ü', "quote's", 'back\\slash', '-0', 'log-0', 'é'.repeat(60)]) {
    const dir = `${home}/${name}/log`
    const log = await openLog(dir)
    await log.send(name)
    await log.close()
    const again = await openLog(pathToFileURL(`${dir}/`))
    assert.is(again.logEndOffset, 1, name)
    for await (const record of again.reader()) assert.is(record.text(), name)
    await again.close()
  }
})

test.run()
