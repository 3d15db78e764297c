import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {openLog} from '../../index.ts'
import {runHere} from '../../property-tests/cli/run-here.ts'
import {tempDir} from '../../property-tests/door/temp-dir.ts'
import {logOptionsOf} from './import.ts'

test('what is imported is synced, and never goes for its age, unless the options say so', () => {
  const dir = tempDir()
  assert.equal(logOptionsOf(dir, {}), {durability: 'synced', retentionMs: -1})
  assert.equal(logOptionsOf(dir, {durability: 'written', topic: 't', segmentBytes: 5000, maxMessageBytes: 600}), {
    durability: 'written',
    retentionMs: -1,
    topic: 't',
    segmentBytes: 5000,
    maxMessageBytes: 600,
  })
})

test('lines of other systems: CR LF, and a byte order mark before the first', async () => {
  const text = '\ufeff{"value":"one"}\r\n\r\n{"value":"two\\r"}\r\n'
  for (const [args, input, values] of [
    [[], text, ['one', 'two\r']],
    [['--lines'], '\ufeffone\r\n\r\n\ufefftwo\rthree\r\n', ['one', '', '\ufefftwo\rthree']],
    [['--lines'], '\ufeff\n\r\r\n', ['', '\r']],
  ] as const) {
    const dir = tempDir()
    const {status, stderr} = await runHere(['log', 'import', ...args, dir], input)
    assert.equal([status, stderr], [0, ''])
    const log = await openLog(dir, {retentionMs: -1})
    const found: (string | null)[] = []
    for await (const record of log.reader()) found.push(record.text())
    await log.close()
    assert.equal(found, values)
  }
})

test.run()
