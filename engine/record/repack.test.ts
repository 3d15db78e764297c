import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {oneRecord, viewOf} from '../../property-tests/simulation/partition.ts'
import {ATTRIBUTES, BATCH, batchSize} from './record-batch.ts'
import {codecOf, repack} from './repack.ts'

test('a batch gets other bytes for its records, and says by which codec; the rest stays', () => {
  const batch = oneRecord(1000)
  viewOf(batch).setInt16(BATCH.attributes, ATTRIBUTES.logAppendTime | 1)
  const repacked = repack(batch, 4, new Uint8Array(3).fill(9))
  const view = viewOf(repacked)
  assert.equal([repacked.length, batchSize(view, 0), codecOf(view)], [BATCH.records + 3, BATCH.records + 3, 4])
  assert.is(view.getInt16(BATCH.attributes), ATTRIBUTES.logAppendTime | 4)
  assert.equal([...repacked.subarray(BATCH.records)], [9, 9, 9])
  assert.equal(
    repacked.subarray(BATCH.attributes + 2, BATCH.records),
    batch.subarray(BATCH.attributes + 2, BATCH.records),
  )
  assert.is(codecOf(viewOf(batch)), 1)
})

test.run()
