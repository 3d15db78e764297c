import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {encodeProducerSnapshot} from './producer-snapshot.ts'

test('a snapshot without producers is Kafka’s 10 bytes: version 1, CRC-32C of the count, count 0', () => {
  assert.is(Buffer.from(encodeProducerSnapshot([])).toString('hex'), '000148674bc700000000')
})

test.run()
