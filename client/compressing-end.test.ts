import {gunzipSync} from 'node:zlib'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {OdradekError} from '../engine/errors.ts'
import {BATCH} from '../engine/record/record-batch.ts'
import {GZIP} from './codecs.ts'
import {CompressingEnd} from './compressing-end.ts'
import type {PartitionSender} from './partition-sender.ts'

/** An end over a sender that has room or has not, and what came to that. */
function endOver(sender: {hasRoom: boolean}, maxBatchBytes = 1000) {
  const batches: Uint8Array[] = []
  const stub = {
    requireRoom() {
      if (!sender.hasRoom) throw new OdradekError('BUFFER_EXHAUSTED', 'full')
    },
    addBatch: (bytes: Uint8Array) => batches.push(bytes),
  } as unknown as PartitionSender
  const options = {codec: GZIP, maxBatchBytes, nowMs: 1000, want: () => {}}
  return {end: new CompressingEnd(stub, options), batches}
}

const value = Buffer.alloc(300, 'x')

test('sends of less than a batch meet the bound of what may wait, too', () => {
  const sender = {hasRoom: false}
  const {end, batches} = endOver(sender)
  assert.throws(() => end.add(null, value, undefined, []), /BUFFER_EXHAUSTED/)
  end.close()
  assert.is(batches.length, 0)
  sender.hasRoom = true
  assert.equal([end.add(null, value, undefined, []), end.add(null, value, undefined, [])], [0, 1])
  end.close()
  assert.is(batches.length, 1)
  assert.ok(gunzipSync(batches[0]!.subarray(BATCH.records)).length > 600)
})

test('what does not fit into a batch goes into the next one', () => {
  const {end, batches} = endOver({hasRoom: true})
  for (let i = 0; i < 7; i++) end.add(null, value, undefined, [])
  end.close()
  assert.is(batches.length, 3)
  assert.throws(() => end.add(null, Buffer.alloc(2000), undefined, []), /MESSAGE_TOO_LARGE/)
})

test.run()
