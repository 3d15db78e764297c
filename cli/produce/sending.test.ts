import {setImmediate} from 'node:timers/promises'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import type {Producer, ProducerRecord, RecordMetadata} from '../../doors/kafkajs.ts'
import {Sending} from './sending.ts'

/** A producer whose sends end when the test says so. */
function slowProducer() {
  const calls: {record: ProducerRecord; end: (results: RecordMetadata[]) => void; fail: (error: Error) => void}[] = []
  const send = (record: ProducerRecord) =>
    new Promise<RecordMetadata[]>((end, fail) => {
      calls.push({record, end, fail})
    })
  return {calls, producer: {send} as unknown as Producer}
}

const options = {topic: 't', acks: -1, compression: 0}
const stored = (baseOffset: string): RecordMetadata[] => [{topicName: 't', partition: 0, errorCode: 0, baseOffset}]

test('one call at a time, in order; what comes meanwhile goes together', async () => {
  const {calls, producer} = slowProducer()
  const sending = new Sending(producer, options)
  sending.add({value: 'a'})
  await setImmediate()
  sending.add({value: 'b'})
  sending.add({value: 'c'})
  await setImmediate()
  assert.is(calls.length, 1)
  calls[0]!.end(stored('5'))
  await setImmediate()
  assert.equal(
    calls.map(({record}) => record.messages.map(({value}) => value)),
    [['a'], ['b', 'c']],
  )
  assert.is(sending.records, 1)
  let isFlushed = false
  const flushed = sending.flushed().then(() => {
    isFlushed = true
  })
  await setImmediate()
  assert.not(isFlushed)
  calls[1]!.end(stored('6'))
  await flushed
  assert.equal([sending.records, [...sending.baseOffsets]], [3, [[0, 5]]])
})

test('who reads faster than it is sent waits', async () => {
  const {calls, producer} = slowProducer()
  const sending = new Sending(producer, options)
  const value = Buffer.alloc(1 << 20)
  for (let i = 0; i < 6; i++) sending.add({value})
  await setImmediate()
  let hasRoom = false
  const room = sending.room().then(() => {
    hasRoom = true
  })
  await setImmediate()
  assert.not(hasRoom)
  for (let sent = 0; !hasRoom; sent++) {
    assert.ok(sent < 5, 'no room before everything was sent')
    calls[sent]!.end(stored('0'))
    await setImmediate()
  }
  await room
})

test('a send that fails ends it: nothing goes after it', async () => {
  const {calls, producer} = slowProducer()
  const sending = new Sending(producer, options)
  sending.add({value: 'a'})
  await setImmediate()
  sending.add({value: 'b'})
  calls[0]!.fail(new Error('refused'))
  for (const wait of [() => sending.flushed(), () => sending.room()])
    await wait().then(
      () => assert.unreachable(),
      error => assert.is(error.message, 'refused'),
    )
  assert.equal([calls.length, sending.records], [1, 0])
})

test.run()
