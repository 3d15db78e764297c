/** Whoever waits at `odradek/kafkajs` can leave off: every wait takes a signal, and lets go of what it held. */
import {pathToFileURL} from 'node:url'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {Kafka} from '../../doors/kafkajs.ts'
import {type Cluster, openCluster} from '../../index.ts'
import {tempDir} from '../door/temp-dir.ts'

/** Each of these waits, until it is told to leave off. */
async function leavesOff(what: string, wait: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
  const controller = new AbortController()
  const reason = new Error(`enough of ${what}`)
  const waiting = wait(controller.signal).then(
    () => assert.unreachable(`${what} did not wait`),
    error => assert.is(error, reason, what),
  )
  setImmediate(() => controller.abort(reason))
  await waiting
  // one that has aborted before begins nothing
  const error = await wait(AbortSignal.abort(reason)).catch(error => error)
  assert.is(error, reason, what)
}

test('every wait on a cluster that does not answer', async () => {
  const cluster: Cluster = await openCluster({replicaThreads: 1})
  const kafka = new Kafka({brokers: cluster, logLevel: 0})
  const [producer, admin, consumer] = [kafka.producer(), kafka.admin(), kafka.consumer({groupId: 'g'})]
  await Promise.all([producer.connect(), admin.connect(), consumer.connect()])
  await producer.send({topic: 't', messages: [{value: 'a'}]})
  await consumer.subscribe({topic: 't'})
  cluster.broker(1).kill()
  const topics = [{topic: 'new'}]
  const messages = [{value: 'b'}]
  const partitions = [{partition: 0, offset: '0'}]
  const offsets = {groupId: 'g', topic: 't'}
  for (const [what, wait] of Object.entries<(signal: AbortSignal) => Promise<unknown>>({
    send: signal => producer.send({topic: 't', messages, signal}),
    sendBatch: signal => producer.sendBatch({topicMessages: [{topic: 't', messages}], signal}),
    flush: signal => producer.flush({signal}),
    listTopics: signal => admin.listTopics({signal}),
    createTopics: signal => admin.createTopics({topics, signal}),
    deleteTopics: signal => admin.deleteTopics({topics: ['gone'], signal}),
    createPartitions: signal => admin.createPartitions({topicPartitions: [{topic: 't', count: 2}], signal}),
    fetchTopicMetadata: signal => admin.fetchTopicMetadata({topics: ['t'], signal}),
    fetchTopicOffsets: signal => admin.fetchTopicOffsets('t', {signal}),
    fetchTopicOffsetsByTimestamp: signal => admin.fetchTopicOffsetsByTimestamp('t', undefined, {signal}),
    fetchOffsets: signal => admin.fetchOffsets({groupId: 'g', signal}),
    setOffsets: signal => admin.setOffsets({...offsets, partitions, signal}),
    resetOffsets: signal => admin.resetOffsets({...offsets, earliest: true, signal}),
    deleteTopicRecords: signal => admin.deleteTopicRecords({topic: 't', partitions, signal}),
    describeCluster: signal => admin.describeCluster({signal}),
    describeConfigs: signal =>
      admin.describeConfigs({resources: [{type: 2, name: 't'}], includeSynonyms: false, signal}),
    listPartitionReassignments: signal => admin.listPartitionReassignments({signal}),
    deleteGroups: signal => admin.deleteGroups(['g'], {signal}),
    describeGroups: signal => admin.describeGroups(['g'], {signal}),
    subscribe: signal => consumer.subscribe({topic: 'other', signal}),
    describeGroup: signal => consumer.describeGroup({signal}),
    ready: signal => consumer.ready({signal}),
    run: signal => consumer.run({eachMessage: async () => {}, signal}),
  }))
    await leavesOff(what, wait)
  cluster.broker(1).restart()
  // what was asked for may be done still: here it is, once
  const seen: string[] = []
  await consumer.subscribe({topic: 't', fromBeginning: true})
  for await (const {value} of consumer.messages()) if (seen.push(String(value)) === 3) break
  assert.equal(seen, ['a', 'b', 'b'])
  const refused = await admin.listTopics({signal: 5 as never}).catch(error => error)
  assert.equal([refused.name, refused.message], ['KafkaJSNonRetriableError', 'Invalid signal 5: an AbortSignal'])
  for (const client of [producer, admin, consumer]) await client.disconnect()
  await cluster.close()
})

test('whoever does not wait for a dir to be opened does not hold it', async () => {
  const dir = tempDir()
  const kafka = new Kafka({brokers: pathToFileURL(dir), logLevel: 0})
  const [one, two] = [kafka.admin(), kafka.producer()]
  await leavesOff('connect', signal => one.connect({signal}))
  await leavesOff('connect', signal => two.connect({signal}))
  await one.connect()
  await one.disconnect()
  const again = await openCluster({dir})
  await again.close()
})

test.run()
