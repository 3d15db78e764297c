import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {crc32c} from '../bytes/crc32c.ts'
import {decodeProducerSnapshot, encodeProducerSnapshot, type ProducerSnapshotEntry} from './producer-snapshot.ts'

const ENTRIES: readonly ProducerSnapshotEntry[] = [
  {
    producerId: 2 ** 40 + 1,
    producerEpoch: 2,
    lastSequence: 0x01020304,
    lastOffset: 2 ** 33 + 5,
    offsetDelta: 6,
    timestamp: 1_700_000_000_000,
    coordinatorEpoch: 8,
    transactionStart: 9,
  },
  {
    producerId: 0,
    producerEpoch: 32_767,
    lastSequence: -1,
    lastOffset: -1,
    offsetDelta: 0,
    timestamp: -1,
    coordinatorEpoch: -1,
    transactionStart: -1,
  },
]

test('a snapshot without producers is Kafka’s 10 bytes: version 1, CRC-32C of the count, count 0', () => {
  assert.is(Buffer.from(encodeProducerSnapshot([])).toString('hex'), '000148674bc700000000')
  assert.equal(decodeProducerSnapshot(encodeProducerSnapshot([])), [])
})

test('a producer takes 46 bytes, in Kafka’s order', () => {
  const bytes = Buffer.from(encodeProducerSnapshot(ENTRIES))
  assert.is(bytes.length, 10 + 2 * 46)
  assert.is(bytes.readUInt32BE(2), crc32c(bytes.subarray(6)))
  const fields = ['0000010000000001', '0002', '01020304', '0000000200000005', '00000006', '0000018bcfe56800']
  assert.is(bytes.subarray(10, 56).toString('hex'), [...fields, '00000008', '0000000000000009'].join(''))
  assert.equal(decodeProducerSnapshot(bytes), ENTRIES)
})

test('a snapshot that is not whole, or of another version, is none', () => {
  const bytes = Buffer.from(encodeProducerSnapshot(ENTRIES))
  assert.is(decodeProducerSnapshot(bytes.subarray(0, 9)), undefined)
  for (let at = 0; at < bytes.length; at++) {
    const spoilt = Buffer.from(bytes)
    spoilt.writeUInt8(spoilt.readUInt8(at) ^ 1, at)
    assert.is(decodeProducerSnapshot(spoilt), undefined, `byte ${at}`)
  }
  const short = bytes.subarray(0, -46)
  short.writeUInt32BE(crc32c(short.subarray(6)), 2)
  assert.is(decodeProducerSnapshot(short), undefined)
})

test.run()
