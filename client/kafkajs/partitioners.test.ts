import {createRequire} from 'node:module'
import fc from 'fast-check'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {runs} from '../../property-tests/runs.ts'
import {Partitioners} from './partitioners.ts'

const theirs = createRequire(import.meta.url)('kafkajs') as {Partitioners: typeof Partitioners}
const metadata = (count: number, leader = 1) =>
  Array.from({length: count}, (_, partitionId) => ({
    partitionErrorCode: 0,
    partitionId,
    leader,
    replicas: [1],
    isr: [1],
  }))

for (const name of ['DefaultPartitioner', 'LegacyPartitioner', 'JavaCompatiblePartitioner'] as const) {
  test(`property: ${name} puts keys where KafkaJS puts them`, () => {
    const [our, their] = [Partitioners[name](), theirs.Partitioners[name]()]
    const key = fc.oneof(
      fc.string(),
      fc.uint8Array({maxLength: 20}).map(bytes => Buffer.from(bytes)),
    )
    fc.assert(
      fc.property(key, fc.integer({min: 1, max: 50}), (key, count) => {
        const args = {topic: 't', partitionMetadata: metadata(count), message: {key, value: 'v'}}
        assert.is(our(args), their(args))
      }),
      runs(200),
    )
  })

  test(`${name}: a message that names its partition goes there; one without a key to any that is led`, () => {
    const partition = Partitioners[name]()
    const partitionMetadata = metadata(3).map(each => ({...each, leader: each.partitionId === 1 ? 2 : -1}))
    const args = {topic: 't', partitionMetadata}
    assert.is(partition({...args, message: {key: 'k', value: 'v', partition: 2}}), 2)
    for (let i = 0; i < 5; i++) assert.is(partition({...args, message: {value: 'v'}}), 1)
    const nobody = partition({topic: 'u', partitionMetadata: metadata(2, -1), message: {key: null, value: null}})
    assert.ok(nobody === 0 || nobody === 1)
  })
}

test('the legacy one takes partitions in turn', () => {
  const partition = Partitioners.LegacyPartitioner()
  const args = {topic: 't', partitionMetadata: metadata(3), message: {value: 'v'}}
  assert.is(new Set([partition(args), partition(args), partition(args)]).size, 3)
})

test.run()
