/** A reader of `odradek/kafkajs`: a consumer without a group, which reads what it is told to from where it is told to. */
import {setTimeout as sleep} from 'node:timers/promises'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {Kafka, type Producer, type ReaderAssignment, type TopicReader} from '../../doors/kafkajs.ts'
import {type Cluster, openCluster} from '../../index.ts'

let cluster: Cluster
let kafka: Kafka
let producer: Producer

test.before(async () => {
  // messages have times of long ago
  cluster = await openCluster({replicaThreads: 2, topicConfigs: {'retention.ms': -1}})
  kafka = new Kafka({brokers: cluster, logLevel: 0})
  producer = kafka.producer()
  await producer.connect()
})

test.after(async () => {
  await producer.disconnect()
  await cluster.close()
})

async function fill(topic: string, count: number, partitions: number, from = 0) {
  if (from === 0) await cluster.admin.createTopics([{name: topic, numPartitions: partitions}])
  const messages = Array.from({length: count}, (_, i) => ({
    value: String(from + i),
    partition: (from + i) % partitions,
    timestamp: String(1_700_000_000_000 + from + i),
  }))
  await producer.send({topic, messages})
}

async function readerOf(assignments: ReaderAssignment | ReaderAssignment[]): Promise<TopicReader> {
  const reader = kafka.reader()
  await reader.connect()
  await reader.assign(assignments)
  return reader
}

async function take(reader: TopicReader, count: number): Promise<number[]> {
  const seen: number[] = []
  for await (const {value} of reader.messages()) if (seen.push(Number(value)) === count) break
  return seen.sort((one, other) => one - other)
}

test('it reads from any offset, end or time, partitions of its own choice, and no group knows of it', async () => {
  await fill('any', 20, 2)
  const from = async (assignment: Omit<ReaderAssignment, 'topic'>, count: number) => {
    await using reader = await readerOf({topic: 'any', ...assignment})
    return await take(reader, count)
  }
  assert.equal(
    await from({}, 20),
    Array.from({length: 20}, (_, i) => i),
  )
  assert.equal(await from({partitions: [1], from: '7'}, 3), [15, 17, 19])
  assert.equal(await from({partitions: [1], from: 8n}, 2), [17, 19])
  assert.equal(await from({from: {timestamp: 1_700_000_000_016}}, 4), [16, 17, 18, 19])
  await using late = await readerOf({topic: 'any', from: 'latest'})
  const coming = take(late, 2)
  await late.ready()
  await fill('any', 2, 2, 20)
  assert.equal(await coming, [20, 21])
  const admin = kafka.admin()
  await admin.connect()
  assert.equal(await admin.listGroups(), {groups: []})
  assert.not((await admin.listTopics()).includes('__consumer_offsets'))
  await admin.disconnect()
})

test('one that runs again, or is started anew after a failure, goes on behind what was handled', async () => {
  await fill('again', 10, 1)
  await using reader = kafka.reader({retry: {initialRetryTime: 1, retries: 1}})
  await reader.connect()
  await reader.assign({topic: 'again'})
  assert.equal(await take(reader, 4), [0, 1, 2, 3])
  const seen: number[] = []
  const crashes: boolean[] = []
  reader.on(reader.events.CRASH, ({payload}) => crashes.push(payload.restart))
  let failures = 0
  await reader.run({
    eachMessage: async ({message}) => {
      if (message.offset === '6' && failures++ < 2) throw new Error('not yet')
      seen.push(Number(message.value))
    },
  })
  await reader.assign({topic: 'again'}).then(
    () => assert.unreachable(),
    error => assert.match(error.message, 'while the reader is running'),
  )
  while (seen.length < 7) await sleep(2)
  // the last message of the loop counts as handled once another one is asked for
  assert.equal([seen, crashes, failures], [[3, 4, 5, 6, 7, 8, 9], [true], 3])
  reader.seek({topic: 'again', partition: 0, offset: '9'})
  while (seen.length < 8) await sleep(2)
  assert.equal([seen.at(-1), reader.lag().map(({lag}) => lag)], [9, ['0']])
})

test('a topic that is made anew is read from its first record on', async () => {
  await fill('remade', 6, 1)
  await using reader = await readerOf({topic: 'remade', from: 5})
  const seen: string[] = []
  await reader.run({eachMessage: async ({message}) => void seen.push(`${message.offset}: ${message.value}`)})
  while (seen.length < 1) await sleep(2)
  await cluster.admin.deleteTopics(['remade'])
  await fill('remade', 2, 1)
  while (seen.length < 3) await sleep(2)
  assert.equal(seen, ['5: 5', '0: 0', '1: 1'])
})

test('a topic that is deleted before it is read is not made by who reads it', async () => {
  await cluster.admin.createTopics([{name: 'gone', numPartitions: 2}])
  await using reader = kafka.reader({retry: {initialRetryTime: 1, retries: 1}})
  await reader.connect()
  await reader.assign({topic: 'gone', from: 'latest'})
  await cluster.admin.deleteTopics(['gone'])
  const crashed = new Promise<Error>(resolve => reader.on('consumer.crash', ({payload}) => resolve(payload.error)))
  await reader.run({})
  assert.is(((await crashed).cause as {type?: string}).type, 'UNKNOWN_TOPIC_OR_PARTITION')
  assert.not((await cluster.admin.listTopics()).some(({name}) => name === 'gone'))
})

test('what is wrong is told', async () => {
  await fill('wrong', 1, 1)
  const reader = kafka.reader()
  assert.match(await reader.assign({topic: 'wrong'}).catch(error => error.message), 'The reader is disconnected')
  assert.throws(() => reader.seek({topic: 'wrong', partition: 0, offset: '0'}), /This reader does not read yet/)
  await reader.connect()
  for (const [assignments, problem] of [
    [{topic: ''}, /Invalid topic/],
    [{topic: 'nowhere'}, /nowhere/],
    [{topic: 'wrong', partitions: [1]}, /Invalid partition 1 of "wrong": it has 1/],
    [[{topic: 'wrong'}, {topic: 'wrong', partitions: [0]}], /twice/],
    ...['', '-1', 'x', 1.5, -2n, {timestamp: 'x'}, null].map(from => [{topic: 'wrong', from}, /Invalid from/] as const),
  ] as const) {
    const error = await reader.assign(assignments as never).then(
      () => assert.unreachable(String(problem)),
      error => error,
    )
    assert.match(error.message, problem)
  }
  assert.not((await cluster.admin.listTopics()).some(({name}) => name === 'nowhere'))
  await reader.disconnect()
  assert.throws(() => new Kafka({brokers: ['a:1'], logLevel: 0}).reader(), /no readers without a group/)
})

test.run()
