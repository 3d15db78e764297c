import {createRequire} from 'node:module'
import fc from 'fast-check'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {runs} from '../property-tests/runs.ts'
import {decodeAssignment, decodeSubscription, encodeAssignment, encodeSubscription} from './consumer-protocol.ts'

interface Serializer {
  encode(value: object): Buffer
  decode(bytes: Buffer): Record<string, unknown>
}
const {AssignerProtocol} = createRequire(import.meta.url)('kafkajs') as {
  AssignerProtocol: {MemberMetadata: Serializer; MemberAssignment: Serializer}
}

const topicName = fc.string({minLength: 1, maxLength: 9, unit: fc.constantFrom(...'abcä.-_')})
const topicLists = fc
  .uniqueArray(fc.tuple(topicName, fc.array(fc.nat(9), {maxLength: 4})), {selector: ([name]) => name, maxLength: 4})
  .map(list => list.map(([topic, partitions]) => ({topic, partitions})))
const userData = fc.uint8Array({maxLength: 5})

test('property: a subscription comes back as it was, and version 0 is KafkaJS’ bytes', () => {
  fc.assert(
    fc.property(fc.nat(3), fc.array(topicName), userData, topicLists, (version, topics, userData, owned) => {
      const bytes = encodeSubscription({version, topics, userData, owned})
      const back = decodeSubscription(bytes)!
      assert.equal([back.version, back.topics, back.owned], [version, topics, version > 0 ? owned : []])
      assert.equal([...back.userData], [...userData])
      if (version === 0)
        assert.equal(
          Buffer.from(bytes),
          AssignerProtocol.MemberMetadata.encode({version, topics, userData: Buffer.from(userData)}),
        )
    }),
    runs(100),
  )
})

test('property: an assignment comes back as it was, and is KafkaJS’ bytes', () => {
  fc.assert(
    fc.property(topicLists, userData, (topics, userData) => {
      const bytes = encodeAssignment({version: 0, topics, userData})
      const back = decodeAssignment(bytes)!
      assert.equal([back.version, back.topics, [...back.userData]], [0, topics, [...userData]])
      const theirs = AssignerProtocol.MemberAssignment.decode(Buffer.from(bytes))
      assert.equal({...(theirs['assignment'] as object)}, Object.fromEntries(topics.map(t => [t.topic, t.partitions])))
    }),
    runs(100),
  )
})

test('property: any bytes are taken or refused, never read past', () => {
  fc.assert(
    fc.property(fc.uint8Array({maxLength: 30}), bytes => {
      decodeSubscription(bytes)
      decodeAssignment(bytes)
    }),
    runs(300),
  )
  assert.is(decodeSubscription(new Uint8Array()), undefined)
  assert.is(decodeAssignment(new Uint8Array([255, 255, 0, 0, 0, 0, 0, 0, 0, 0])), undefined)
})

test('user data that is null is none', () => {
  assert.is(decodeAssignment(new Uint8Array([0, 0, 0, 0, 0, 0, 255, 255, 255, 255]))!.userData.length, 0)
})

test.run()
