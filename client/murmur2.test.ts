import {createRequire} from 'node:module'
import fc from 'fast-check'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {runs} from '../property-tests/runs.ts'
import {murmur2} from './murmur2.ts'

const theirs: (key: Buffer) => number = createRequire(import.meta.url)(
  'kafkajs/src/producer/partitioners/default/murmur2',
)

test("Kafka's own vectors", () => {
  const vectors = {'21': -973932308, foobar: -790332482, abc: 479470107, 'a-little-bit-long-string': -985981536}
  for (const [key, hash] of Object.entries(vectors)) assert.is(murmur2(Buffer.from(key)), hash, key)
})

test("property: any bytes come to what KafkaJS' murmur2 makes of them", () => {
  fc.assert(
    fc.property(fc.uint8Array({maxLength: 40}), bytes => murmur2(bytes) === theirs(Buffer.from(bytes))),
    runs(500),
  )
})

test.run()
