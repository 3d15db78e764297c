import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {viewOf} from '../../property-tests/simulation/partition.ts'
import {BatchBuilder} from './batch-builder.ts'
import {keyProblem} from './key-problem.ts'
import {ATTRIBUTES, BATCH} from './record-batch.ts'

function batchOf(keys: readonly (string | null)[], attributes = 0): Uint8Array {
  const builder = new BatchBuilder(1000)
  for (const key of keys) builder.add(key, 'value', 1000)
  const batch = new Uint8Array(builder.finish())
  viewOf(batch).setInt16(BATCH.attributes, attributes)
  return batch
}

const problem = (batch: Uint8Array) => keyProblem(batch, viewOf(batch))

test('each record needs a key; one of no bytes is one', () => {
  assert.is(problem(batchOf(['a', ''])), undefined)
  assert.match(problem(batchOf(['a', null]))!, 'needs a key')
})

test('records that nobody can walk are refused', () => {
  const batch = batchOf(['a'])
  batch[BATCH.records] = 0x7e
  assert.match(problem(batch)!, 'runs past its end')
})

test('what is compressed, and what marks the end of a transaction, is not looked into', () => {
  for (const attributes of [1, 4, ATTRIBUTES.control]) assert.is(problem(batchOf([null], attributes)), undefined)
})

test.run()
