/** An admin of `odradek/kafkajs`: topics, configs, offsets, records, replicas. */
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {
  type Admin,
  ConfigResourceTypes,
  ConfigSource,
  Kafka,
  type KafkaJSAggregateError,
  type KafkaJSDeleteGroupsError,
  type KafkaJSDeleteTopicRecordsError,
  type KafkaJSError,
} from '../../doors/kafkajs.ts'
import {type Cluster, openCluster} from '../../index.ts'

let cluster: Cluster
let admin: Admin

test.before(async () => {
  cluster = await openCluster({brokers: 2, replicaThreads: 2})
  admin = new Kafka({brokers: cluster, logLevel: 0}).admin()
  await admin.connect()
})

test.after(async () => {
  await admin.disconnect()
  await cluster.close()
})

async function fails<E = KafkaJSError & {type?: string; code?: number}>(doing: Promise<unknown>): Promise<E> {
  try {
    await doing
  } catch (error) {
    return error as E
  }
  throw new Error('it did not fail')
}

test('topics are made, listed, described, grown and deleted', async () => {
  const topics = [
    {topic: 'made', numPartitions: 3, replicationFactor: 2, configEntries: [{name: 'retention.ms', value: '5000'}]},
    {
      topic: 'placed',
      replicaAssignment: [
        {partition: 1, replicas: [2, 1]},
        {partition: 0, replicas: [1, 2]},
      ],
    },
  ]
  assert.is(await admin.createTopics({topics, validateOnly: true}), true)
  assert.equal(await admin.listTopics(), [])
  assert.is(await admin.createTopics({topics}), true)
  assert.is(await admin.createTopics({topics}), false, 'they exist')
  assert.equal(await admin.listTopics(), ['made', 'placed'])
  const described = await admin.fetchTopicMetadata({topics: ['placed']})
  assert.equal(
    described.topics.map(({name, partitions}) => [name, partitions.map(each => [each.partitionId, each.replicas])]),
    [
      [
        'placed',
        [
          [0, [1, 2]],
          [1, [2, 1]],
        ],
      ],
    ],
  )
  assert.is((await admin.fetchTopicMetadata()).topics.length, 2)
  assert.is(await admin.createPartitions({topicPartitions: [{topic: 'made', count: 4}]}), true)
  assert.is((await admin.fetchTopicMetadata({topics: ['made']})).topics[0]!.partitions.length, 4)
  await admin.deleteTopics({topics: ['made', 'placed']})
  assert.equal(await admin.listTopics(), [])
  const missing = await fails(admin.fetchTopicMetadata({topics: ['made']}))
  assert.equal([missing.name, missing.type, missing.code], ['KafkaJSProtocolError', 'UNKNOWN_TOPIC_OR_PARTITION', 3])
})

test('of several topics those are made that can be, and the others are named', async () => {
  const error = await fails<KafkaJSAggregateError>(
    admin.createTopics({topics: [{topic: 'fine'}, {topic: 'not fine'}, {topic: 'many', replicationFactor: 9}]}),
  )
  assert.is(error.name, 'KafkaJSAggregateError')
  assert.equal(
    error.errors.map(each => [(each as Error).name, (each as {type?: string}).type, (each as {topic?: string}).topic]),
    [
      ['KafkaJSCreateTopicError', 'INVALID_TOPIC_EXCEPTION', 'not fine'],
      ['KafkaJSCreateTopicError', 'INVALID_REPLICATION_FACTOR', 'many'],
    ],
  )
  assert.equal(await admin.listTopics(), ['fine'])
})

test('what is wrong is told by KafkaJS’ classes', async () => {
  const wrong: [() => Promise<unknown>, string][] = [
    [() => admin.createTopics({topics: 5 as never}), 'Invalid topics array 5'],
    [() => admin.createTopics({topics: [{topic: 'a'}, {topic: 'a'}]}), 'Invalid topics array: a topic is in it twice'],
    [() => admin.createTopics({topics: [{} as never]}), 'Invalid topics array: each has a topic'],
    [() => admin.createTopics({topics: [{topic: 'a', configEntries: {} as never}]}), 'Invalid configEntries for topic'],
    [
      () => admin.createTopics({topics: [{topic: 'a', configEntries: [5 as never]}]}),
      'Invalid configEntries for topic',
    ],
    [
      () => admin.createTopics({topics: [{topic: 'a', configEntries: [{name: 'b', value: 5 as never}]}]}),
      'Invalid configEntries for topic "a". Entry 0 must have a valid "value" property',
    ],
    [() => admin.deleteTopics({topics: 'a' as never}), 'Invalid topics array a'],
    [() => admin.deleteTopics({topics: [5 as never]}), 'Invalid topics array: names are text'],
    [() => admin.createPartitions({topicPartitions: []}), 'Empty topic partitions array'],
    [() => admin.fetchTopicMetadata({topics: ['']}), 'Invalid topic '],
    [() => admin.fetchTopicOffsets(''), 'Invalid topic '],
    [() => admin.fetchTopicOffsetsByTimestamp(5 as never), 'Invalid topic 5'],
    [() => admin.describeConfigs({resources: [], includeSynonyms: false}), 'Resources array cannot be empty'],
    [
      () => admin.describeConfigs({resources: [{type: 77, name: 'a'}], includeSynonyms: false}),
      'Invalid resource type 77',
    ],
    [
      () => admin.alterConfigs({resources: [{type: 2, name: ''} as never], validateOnly: false}),
      'Invalid resource name',
    ],
    [
      () => admin.alterConfigs({resources: [{type: 2, name: 'a'} as never], validateOnly: false}),
      'Invalid resource configEntries',
    ],
    [() => admin.deleteTopicRecords({topic: 'a', partitions: []}), 'Invalid partitions array'],
  ]
  for (const [call, message] of wrong) {
    const error = await fails(call())
    assert.is(error.name, 'KafkaJSNonRetriableError', error.stack)
    assert.ok(error.message.startsWith(message), error.message)
  }
})

test('offsets of a topic, by time too, and records that are given up', async () => {
  await admin.createTopics({topics: [{topic: 'offsets', numPartitions: 2}]})
  const door = await cluster.partition('offsets', 1)
  await door.send([1000, 2000, 3000].map(timestamp => ({value: 'v', timestamp})))
  assert.equal(await admin.fetchTopicOffsets('offsets'), [
    {partition: 0, offset: '0', high: '0', low: '0'},
    {partition: 1, offset: '3', high: '3', low: '0'},
  ])
  const at = async (time?: number) =>
    (await admin.fetchTopicOffsetsByTimestamp('offsets', time)).map(each => each.offset)
  assert.equal(await at(1500), ['0', '1'])
  assert.equal(await at(9000), ['0', '3'])
  assert.equal(await at(), ['0', '3'])
  await admin.deleteTopicRecords({topic: 'offsets', partitions: [{partition: 1, offset: '2'}]})
  const [, ends] = await admin.fetchTopicOffsets('offsets')
  assert.equal([ends!.low, ends!.lowBigInt, ends!.highBigInt], ['2', 2n, BigInt(ends!.high)])
  const error = await fails<KafkaJSDeleteTopicRecordsError>(
    admin.deleteTopicRecords({
      topic: 'offsets',
      partitions: [
        {partition: 1, offset: '-1'},
        {partition: 0, offset: '50'},
      ],
    }),
  )
  assert.equal([error.name, error.retriable], ['KafkaJSDeleteTopicRecordsError', false])
  assert.equal(
    error.partitions.map(({partition, offset, error}) => [partition, offset, (error as {type?: string}).type]),
    [[0, '50', 'OFFSET_OUT_OF_RANGE']],
  )
  await door.close()
})

test('configs are described and altered: those that are not named go back', async () => {
  const name = 'configured'
  await admin.createTopics({topics: [{topic: name, configEntries: [{name: 'retention.ms', value: '5000'}]}]})
  const type = ConfigResourceTypes.TOPIC
  const entry = async (config: string) => {
    const resources = [{type, name, configNames: [config]}]
    const {resources: described} = await admin.describeConfigs({resources, includeSynonyms: false})
    const {configEntries, ...rest} = described[0]!
    assert.equal(rest, {errorCode: 0, errorMessage: '', resourceName: name, resourceType: type})
    const {configName, configValue, configSource, isDefault} = configEntries[0]!
    return [configName, configValue, configSource, isDefault]
  }
  assert.equal(await entry('retention.ms'), ['retention.ms', '5000', ConfigSource.TOPIC_CONFIG, false])
  assert.equal(await entry('segment.ms'), ['segment.ms', '604800000', ConfigSource.DEFAULT_CONFIG, true])
  await admin.alterConfigs({
    validateOnly: false,
    resources: [{type, name, configEntries: [{name: 'segment.ms', value: '7000'}]}],
  })
  assert.equal(await entry('segment.ms'), ['segment.ms', '7000', ConfigSource.TOPIC_CONFIG, false])
  assert.equal((await entry('retention.ms'))[2], ConfigSource.DEFAULT_CONFIG)
  const broker = await fails(admin.describeConfigs({resources: [{type: 4, name: '1'}], includeSynonyms: false}))
  assert.is(broker.name, 'KafkaJSNotImplemented')
  const unknown = await fails(admin.describeConfigs({resources: [{type, name: 'unknown'}], includeSynonyms: false}))
  assert.is(unknown.type, 'UNKNOWN_TOPIC_OR_PARTITION')
})

test('the cluster is described; replicas are moved', async () => {
  const {brokers, controller, clusterId} = await admin.describeCluster()
  assert.equal([brokers.map(({nodeId}) => nodeId), controller, clusterId], [[1, 2], 1, cluster.handle.clusterId])
  await admin.createTopics({topics: [{topic: 'moved', replicaAssignment: [{partition: 0, replicas: [1]}]}]})
  const topics = [{topic: 'moved', partitionAssignment: [{partition: 0, replicas: [2]}]}]
  await admin.alterPartitionReassignments({topics})
  const replicas = async () => (await admin.fetchTopicMetadata({topics: ['moved']})).topics[0]!.partitions[0]!.replicas
  while (String(await replicas()) !== '2') await new Promise(resolve => setTimeout(resolve, 5))
  assert.equal(await admin.listPartitionReassignments({}), {topics: []})
  const wrong = [{topic: 'moved', partitionAssignment: [{partition: 7, replicas: [2]}]}]
  const error = await fails<KafkaJSAggregateError>(admin.alterPartitionReassignments({topics: wrong}))
  const [each] = error.errors as unknown as {name: string; topic: string; partition: number; type: string}[]
  assert.equal(
    [error.name, each!.name, each!.topic, each!.partition, each!.type],
    ['KafkaJSAggregateError', 'KafkaJSAlterPartitionReassignmentsError', 'moved', 7, 'UNKNOWN_TOPIC_OR_PARTITION'],
  )
})

test('groups are listed, described, moved in their topics, and deleted', async () => {
  await admin.createTopics({topics: [{topic: 'grouped', numPartitions: 2}]})
  const door = await cluster.partition('grouped', 1)
  await door.send(['a', 'b', 'c'])
  await door.close()
  const offsets = async () => (await admin.fetchOffsets({groupId: 'g', topics: ['grouped']}))[0]!.partitions
  assert.equal(await offsets(), [
    {partition: 0, offset: '-1', metadata: null},
    {partition: 1, offset: '-1', metadata: null},
  ])
  await admin.setOffsets({groupId: 'g', topic: 'grouped', partitions: [{partition: 1, offset: '2'}]})
  assert.equal(await admin.fetchOffsets({groupId: 'g'}), [
    {topic: 'grouped', partitions: [{partition: 1, offset: '2', metadata: null}]},
  ])
  await admin.resetOffsets({groupId: 'g', topic: 'grouped', earliest: false})
  assert.equal(
    (await offsets()).map(({offset}) => offset),
    ['0', '3'],
  )
  await admin.resetOffsets({groupId: 'g', topic: 'grouped', earliest: true})
  assert.is((await offsets())[1]!.offset, '0')
  await using consumer = new Kafka({brokers: cluster, clientId: 'me', logLevel: 0}).consumer({groupId: 'g'})
  await consumer.subscribe({topics: ['grouped']})
  const seen: string[] = []
  await consumer.run({eachMessage: async ({message}) => void seen.push(String(message.value))})
  assert.ok(
    (await admin.listGroups()).groups.some(({groupId, protocolType}) => `${groupId} ${protocolType}` === 'g consumer'),
  )
  const [group] = (await admin.describeGroups(['g'])).groups
  assert.equal(
    [group!.state, group!.protocol, group!.members.map(({clientId}) => clientId)],
    ['Stable', 'RoundRobinAssigner', ['me']],
  )
  const running = await fails(
    admin.setOffsets({groupId: 'g', topic: 'grouped', partitions: [{partition: 1, offset: '2'}]}),
  )
  assert.match(running.message, 'while it has no members; it is Stable')
  const nonEmpty = await fails<KafkaJSDeleteGroupsError>(admin.deleteGroups(['g']))
  assert.equal(
    [nonEmpty.name, nonEmpty.groups.map(({groupId, error}) => `${groupId} ${error!.type}`)],
    ['KafkaJSDeleteGroupsError', ['g NON_EMPTY_GROUP']],
  )
  while (seen.length < 3) await new Promise(resolve => setTimeout(resolve, 2))
  await consumer.stop()
  assert.equal(await admin.deleteGroups(['g']), [{groupId: 'g', errorCode: 0}])
  assert.is((await admin.describeGroups(['g'])).groups[0]!.state, 'Dead')
})

test('connecting is told; without it nothing goes; access is nobody’s to list', async () => {
  const other = new Kafka({brokers: cluster, logLevel: 0}).admin()
  assert.match((await fails(other.listTopics())).message, 'The admin is disconnected')
  const events: string[] = []
  for (const name of [other.events.CONNECT, other.events.DISCONNECT]) other.on(name, ({type}) => events.push(type))
  await other.connect()
  await other.disconnect()
  assert.equal(events, ['admin.connect', 'admin.disconnect'])
  for (const call of ['createAcls', 'describeAcls', 'deleteAcls'] as const)
    assert.is((await fails(admin[call]({} as never))).name, 'KafkaJSNotImplemented')
})

test.run()
