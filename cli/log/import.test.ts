import {test} from 'uvu'
import * as assert from 'uvu/assert'
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

test.run()
