import {gunzipSync, gzipSync} from 'node:zlib'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {viewOf} from '../../property-tests/simulation/partition.ts'
import {BatchBuilder} from './batch-builder.ts'
import {keyProblem} from './key-problem.ts'
import {ATTRIBUTES, BATCH, LOG_OVERHEAD} from './record-batch.ts'
import type {Decompress} from './repack.ts'

function batchOf(keys: readonly (string | null)[], attributes = 0): Uint8Array {
  const builder = new BatchBuilder(1000)
  for (const key of keys) builder.add(key, 'value', 1000)
  const batch = new Uint8Array(builder.finish())
  viewOf(batch).setInt16(BATCH.attributes, attributes)
  return batch
}

const problem = (batch: Uint8Array, decompress?: Decompress) => keyProblem(batch, viewOf(batch), decompress)

const gunzip: Decompress = (codec, bytes) => (codec === 1 ? gunzipSync(bytes) : undefined)

test('each record needs a key; one of no bytes is one', () => {
  assert.is(problem(batchOf(['a', ''])), undefined)
  assert.match(problem(batchOf(['a', null]))!, 'needs a key')
})

test('records that nobody can walk are refused', () => {
  const batch = batchOf(['a'])
  batch[BATCH.records] = 0x7e
  assert.match(problem(batch)!, 'runs past its end')
})

test('what marks the end of a transaction is not looked into, nor is what nobody here can decompress', () => {
  for (const attributes of [1, 4, ATTRIBUTES.control]) assert.is(problem(batchOf([null], attributes)), undefined)
})

test('what is compressed is looked into', () => {
  const compressed = (keys: readonly (string | null)[], pack = gzipSync): Uint8Array => {
    const plain = batchOf(keys, 1)
    const packed = Buffer.concat([plain.subarray(0, BATCH.records), pack(plain.subarray(BATCH.records))])
    viewOf(packed).setInt32(BATCH.batchLength, packed.length - LOG_OVERHEAD)
    return packed
  }
  assert.is(problem(compressed(['a', '']), gunzip), undefined)
  assert.match(problem(compressed(['a', null]), gunzip)!, 'needs a key')
  assert.match(problem(compressed(['a'], Buffer.from as never), gunzip)!, 'do not decompress')
})

test.run()
