/** Programs as KafkaJS' documentation has them, page by page: the same calls in the same order, awaited where it awaits them. */
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {
  AssignerProtocol,
  CompressionTypes,
  ConfigResourceTypes,
  type Consumer,
  Kafka,
  type KafkaMessage,
  type LogEntry,
  logLevel,
  type PartitionAssigner,
  PartitionAssigners,
  Partitioners,
} from '../../doors/kafkajs.ts'
import {type Cluster, openCluster} from '../../index.ts'

let cluster: Cluster
let kafka: Kafka
const consumers: Consumer[] = []

test.before(async () => {
  cluster = await openCluster({replicaThreads: 2})
  kafka = new Kafka({clientId: 'my-app', brokers: cluster, logLevel: logLevel.NOTHING})
})
test.after.each(async () => {
  await Promise.all(consumers.splice(0).map(consumer => consumer.disconnect()))
})
test.after(() => cluster.close())

function consumerOf(...config: Parameters<Kafka['consumer']>): Consumer {
  const consumer = kafka.consumer(...config)
  consumers.push(consumer)
  return consumer
}

async function fill(topic: string, ...values: string[]): Promise<void> {
  const producer = kafka.producer()
  await producer.connect()
  await producer.send({topic, messages: values.map(value => ({value}))})
  await producer.disconnect()
}

/** What handlers have seen; `first(n)` resolves with the first so many. */
class Seen<T> {
  readonly all: T[] = []
  #wake = (): void => {}

  add(item: T): void {
    this.all.push(item)
    this.#wake()
  }

  async first(count: number): Promise<T[]> {
    while (this.all.length < count)
      await new Promise<void>(resolve => {
        this.#wake = resolve
      })
    return this.all.slice(0, count)
  }
}

test('getting started: what one sends, the other is handed', async () => {
  const producer = kafka.producer()
  await producer.connect()
  await producer.send({topic: 'test-topic', messages: [{value: 'Hello KafkaJS user!'}]})
  await producer.disconnect()

  const seen = new Seen<string>()
  const consumer = consumerOf({groupId: 'test-group'})
  await consumer.connect()
  await consumer.subscribe({topic: 'test-topic', fromBeginning: true})
  await consumer.run({eachMessage: async ({message}) => seen.add(message.value!.toString())})
  assert.equal(await seen.first(1), ['Hello KafkaJS user!'])
})

test('producing: keys, partitions, headers with several values, several topics, compression', async () => {
  const producer = kafka.producer({createPartitioner: Partitioners.DefaultPartitioner, allowAutoTopicCreation: true})
  await producer.connect()
  const told = await producer.send({
    topic: 'topic-name',
    compression: CompressionTypes.GZIP,
    acks: -1,
    timeout: 30_000,
    messages: [
      {
        key: 'key1',
        value: 'hello world',
        headers: {'correlation-id': '2bfb68bb-893a', list: ['a', Buffer.from('b')]},
        timestamp: '1700000000000',
      },
      {key: 'key2', value: 'hey hey!', partition: 0},
    ],
  })
  assert.equal(
    told.map(({topicName, partition, errorCode, baseOffset}) => [topicName, partition, errorCode, baseOffset]),
    [['topic-name', 0, 0, '0']],
  )
  await producer.sendBatch({
    topicMessages: [
      {topic: 'topic-a', messages: [{key: 'key', value: 'hello topic-a'}]},
      {topic: 'topic-b', messages: [{key: 'key', value: 'hello topic-b'}]},
      {topic: 'topic-c', messages: [{key: 'key', value: 'hello topic-c'}, {value: null}]},
    ],
  })
  await producer.disconnect()

  const seen = new Seen<KafkaMessage>()
  const consumer = consumerOf({groupId: 'produced'})
  await consumer.connect()
  // several times, and by a pattern under the older name
  await consumer.subscribe({topic: 'topic-name', fromBeginning: true})
  await consumer.subscribe({topic: /topic-[a-c]$/i, fromBeginning: true})
  await consumer.run({eachMessage: async ({message}) => seen.add(message)})
  const messages = await seen.first(6)
  const byValue = new Map(messages.map(message => [String(message.value), message]))
  const first = byValue.get('hello world')!
  assert.equal([first.timestamp, first.headers!['correlation-id']], ['1700000000000', Buffer.from('2bfb68bb-893a')])
  assert.equal(first.headers!['list'], [Buffer.from('a'), Buffer.from('b')])
  assert.equal(
    [...byValue.keys()].sort(),
    ['hello topic-a', 'hello topic-b', 'hello topic-c', 'hello world', 'hey hey!', 'null'].sort(),
  )
})

test('producing: a partitioner of the program’s own', async () => {
  await cluster.admin.createTopics([{name: 'users', numPartitions: 3}])
  const byUser =
    () => (args: {topic: string; partitionMetadata: {partitionId: number}[]; message: {headers?: object}}) => {
      const {user} = args.message.headers as {user: string}
      return user === 'vip' ? 2 : Number(user) % (args.partitionMetadata.length - 1)
    }
  const producer = kafka.producer({createPartitioner: byUser})
  await producer.connect()
  const told = await producer.send({
    topic: 'users',
    messages: ['0', '1', '3', 'vip'].map(user => ({value: user, headers: {user}})),
  })
  assert.equal(told.map(({partition}) => partition).sort(), [0, 1, 2])
  await producer.disconnect()
})

test('consuming: batches, of which a handler resolves what it has done', async () => {
  await fill('batches', ...Array.from({length: 6}, (_, i) => String(i)))
  const seen = new Seen<string>()
  const consumer = consumerOf({groupId: 'batches'})
  await consumer.connect()
  await consumer.subscribe({topics: ['batches'], fromBeginning: true})
  void consumer.run({
    eachBatchAutoResolve: false,
    autoCommitInterval: 5000,
    autoCommitThreshold: 100,
    partitionsConsumedConcurrently: 3,
    eachBatch: async ({batch, resolveOffset, heartbeat, isRunning, isStale, uncommittedOffsets}) => {
      for (const message of batch.messages) {
        if (!isRunning() || isStale()) break
        seen.add(`${batch.topic} ${batch.partition} ${message.offset} of ${batch.highWatermark}`)
        resolveOffset(message.offset)
        assert.is(uncommittedOffsets().topics[0]!.partitions[0]!.offset, String(Number(message.offset) + 1))
        await heartbeat()
      }
    },
  })
  const six = Array.from({length: 6}, (_, i) => `batches 0 ${i} of 6`)
  assert.equal(await seen.first(6), six)
})

test('consuming: seek right behind a run that nobody waits for', async () => {
  await fill('example', 'a', 'b', 'c', 'd')
  const seen = new Seen<string>()
  const consumer = consumerOf({groupId: 'seeking'})
  await consumer.connect()
  await consumer.subscribe({topic: 'example', fromBeginning: true})
  void consumer.run({eachMessage: async ({message}) => seen.add(String(message.value))})
  consumer.seek({topic: 'example', partition: 0, offset: 2 as unknown as string})
  assert.equal(await seen.first(2), ['c', 'd'])
})

test('consuming: offsets that are committed right behind it, and pausing', async () => {
  await fill('kept-elsewhere', 'a', 'b', 'c')
  const seen = new Seen<string>()
  const consumer = consumerOf({groupId: 'elsewhere'})
  await consumer.connect()
  await consumer.subscribe({topic: 'kept-elsewhere', fromBeginning: true})
  void consumer.run({autoCommit: false, eachMessage: async ({message}) => seen.add(String(message.value))})
  consumer.pause([{topic: 'kept-elsewhere'}])
  await consumer.commitOffsets([{topic: 'kept-elsewhere', partition: 0, offset: '2'}])
  assert.equal([consumer.paused(), seen.all], [[{topic: 'kept-elsewhere', partitions: [0]}], []])
  const admin = kafka.admin()
  await admin.connect()
  const [kept] = await admin.fetchOffsets({groupId: 'elsewhere', topics: ['kept-elsewhere']})
  assert.is(kept!.partitions[0]!.offset, '2')
  await admin.disconnect()
  // what was committed says where to start, and changes nothing of what is read now
  consumer.resume([{topic: 'kept-elsewhere'}])
  assert.equal(await seen.first(3), ['a', 'b', 'c'])
})

test('consuming: who is asked to slow down pauses, throws, and gets the message again', async () => {
  await fill('jobs', 'one', 'two')
  const seen = new Seen<string>()
  let isTooMuch = true
  const consumer = consumerOf({groupId: 'throttled', retry: {initialRetryTime: 5, retries: 5}})
  await consumer.connect()
  await consumer.subscribe({topic: 'jobs', fromBeginning: true})
  await consumer.run({
    partitionsConsumedConcurrently: 3,
    eachMessage: async ({topic, partition, message}) => {
      if (isTooMuch) {
        isTooMuch = false
        consumer.pause([{topic, partitions: [partition]}])
        setTimeout(() => consumer.resume([{topic, partitions: [partition]}]), 20)
        throw new Error('too many requests')
      }
      seen.add(String(message.value))
    },
  })
  assert.equal(await seen.first(2), ['one', 'two'])
})

test('consuming: an assigner of the program’s own, beside the usual one', async () => {
  await cluster.admin.createTopics([{name: 'assigned', numPartitions: 2}])
  const told = new Seen<string>()
  const allToOne: PartitionAssigner = ({cluster: known}) => ({
    name: 'AllToOne',
    version: 1,
    async assign({members, topics}) {
      const [first] = members
        .map(({memberId, memberMetadata}) => {
          const {userData} = AssignerProtocol.MemberMetadata.decode(memberMetadata)!
          return {memberId, wish: String(userData)}
        })
        .filter(({wish}) => wish === 'please')
      const assignment = Object.fromEntries(
        topics.map(topic => [topic, known.findTopicPartitionMetadata(topic).map(({partitionId}) => partitionId)]),
      )
      told.add(first!.memberId)
      const memberAssignment = AssignerProtocol.MemberAssignment.encode({
        version: 1,
        assignment,
        userData: Buffer.alloc(0),
      })
      return [{memberId: first!.memberId, memberAssignment}]
    },
    protocol({topics}) {
      const userData = Buffer.from('please')
      return {name: 'AllToOne', metadata: AssignerProtocol.MemberMetadata.encode({version: 1, topics, userData})}
    },
  })
  const consumer = consumerOf({groupId: 'assigned', partitionAssigners: [allToOne, PartitionAssigners.roundRobin]})
  const joined = new Seen<object>()
  consumer.on(consumer.events.GROUP_JOIN, ({payload}) => joined.add(payload.memberAssignment))
  await consumer.connect()
  await consumer.subscribe({topics: ['assigned']})
  await consumer.run({eachMessage: async () => {}})
  assert.equal(await joined.first(1), [{assigned: [0, 1]}])
  const {members, protocol, protocolType, state, groupId} = await consumer.describeGroup()
  assert.equal([protocol, protocolType, state, groupId], ['AllToOne', 'consumer', 'Stable', 'assigned'])
  assert.equal([members[0]!.memberId], told.all)
  assert.equal(AssignerProtocol.MemberAssignment.decode(members[0]!.memberAssignment)!.assignment, {assigned: [0, 1]})
})

test('admin: a topic’s life, its offsets, configs, and the groups that read it', async () => {
  const admin = kafka.admin()
  await admin.connect()
  const topics = [
    {topic: 'administered', numPartitions: 2, replicationFactor: 1, replicaAssignment: [], configEntries: []},
  ]
  assert.is(await admin.createTopics({validateOnly: false, waitForLeaders: true, timeout: 5000, topics}), true)
  assert.is(await admin.createTopics({topics: [{topic: 'administered'}]}), false)
  assert.ok((await admin.listTopics()).includes('administered'))
  await admin.createPartitions({topicPartitions: [{topic: 'administered', count: 3}]})
  const {topics: known} = await admin.fetchTopicMetadata({topics: ['administered']})
  assert.equal(known[0]!.partitions.map(({partitionId, leader}) => [partitionId, leader]).sort(), [
    [0, 1],
    [1, 1],
    [2, 1],
  ])
  const producer = kafka.producer()
  await producer.connect()
  for (const partition of [0, 1, 2])
    await producer.send({
      topic: 'administered',
      messages: [
        {value: 'v', partition},
        {value: 'w', partition},
      ],
    })
  await producer.disconnect()
  assert.equal(
    (await admin.fetchTopicOffsets('administered')).map(({high, low}) => `${low}-${high}`),
    ['0-2', '0-2', '0-2'],
  )
  const [byTime] = await admin.fetchTopicOffsetsByTimestamp('administered', 0)
  assert.is(byTime!.offset, '0')
  await admin.setOffsets({groupId: 'reset', topic: 'administered', partitions: [{partition: 0, offset: '1'}]})
  await admin.resetOffsets({groupId: 'reset', topic: 'administered', earliest: true})
  await admin.deleteTopicRecords({topic: 'administered', partitions: [{partition: 1, offset: '-1'}]})
  assert.equal((await admin.fetchTopicOffsets('administered'))[1]!.low, '2')
  const resource = {type: ConfigResourceTypes.TOPIC, name: 'administered'}
  await admin.alterConfigs({
    validateOnly: false,
    resources: [{...resource, configEntries: [{name: 'cleanup.policy', value: 'compact'}]}],
  })
  const {resources} = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{...resource, configNames: ['cleanup.policy']}],
  })
  assert.is(resources[0]!.configEntries[0]!.configValue, 'compact')
  const {brokers, controller, clusterId} = await admin.describeCluster()
  assert.equal([brokers.map(({nodeId}) => nodeId), controller, typeof clusterId], [[1], 1, 'string'])
  assert.ok((await admin.listGroups()).groups.some(({groupId}) => groupId === 'reset'))
  assert.equal(
    (await admin.describeGroups(['reset'])).groups.map(({state}) => state),
    ['Empty'],
  )
  assert.equal(await admin.deleteGroups(['reset']), [{groupId: 'reset', errorCode: 0}])
  await admin.deleteTopics({topics: ['administered'], timeout: 5000})
  assert.not((await admin.listTopics()).includes('administered'))
  await admin.disconnect()
})

test('a logger of the program’s own, and one level for one client', async () => {
  const entries: LogEntry[] = []
  const logging = new Kafka({
    clientId: 'my-app',
    brokers: cluster,
    logLevel: logLevel.ERROR,
    logCreator: level => entry => {
      assert.is(level, logLevel.ERROR)
      entries.push(entry)
    },
  })
  const consumer = logging.consumer({groupId: 'logged'})
  consumers.push(consumer)
  await consumer.connect()
  await consumer.subscribe({topic: 'test-topic'})
  consumer.logger().setLogLevel(logLevel.INFO)
  await consumer.run({eachMessage: async () => {}})
  const [{namespace, label, log} = assert.unreachable() as never] = entries
  assert.equal([namespace, label, log.message, typeof log.timestamp], ['Consumer', 'INFO', 'Starting', 'string'])
  logging.logger().error('with more', {requestId: 7})
  assert.is(entries.at(-1)!.log['requestId'], 7)
})

test('instrumentation: listeners that are added and removed', async () => {
  await fill('instrumented', 'a')
  const consumer = consumerOf({groupId: 'instrumented', heartbeatInterval: 50})
  const {CONNECT, GROUP_JOIN, END_BATCH_PROCESS, HEARTBEAT, DISCONNECT, STOP} = consumer.events
  const told: string[] = []
  const removers = [CONNECT, GROUP_JOIN, END_BATCH_PROCESS, DISCONNECT, STOP].map(name =>
    consumer.on(name as 'consumer.connect', ({id, type, timestamp}) => {
      assert.ok(Number(id) >= 0 && timestamp > 0)
      told.push(type)
    }),
  )
  const beats = new Seen<string>()
  consumer.on(HEARTBEAT, ({payload}) => beats.add(payload.memberId))
  await consumer.connect()
  await consumer.subscribe({topic: 'instrumented', fromBeginning: true})
  await consumer.run({eachMessage: async () => {}})
  await beats.first(1)
  removers[4]!()
  await consumer.disconnect()
  assert.equal(told, [CONNECT, GROUP_JOIN, END_BATCH_PROCESS, DISCONNECT])
})

test('retry: what is thrown again and again crashes the consumer, and the program decides whether it starts anew', async () => {
  await fill('retried', 'poison', 'fine')
  const asked: string[] = []
  let isHealed = false
  const consumer = consumerOf({
    groupId: 'retried',
    retry: {
      initialRetryTime: 1,
      maxRetryTime: 5,
      retries: 2,
      factor: 0.2,
      multiplier: 2,
      restartOnFailure: async error => {
        asked.push(error.name)
        isHealed = true
        return true
      },
    },
  })
  const crashes = new Seen<boolean>()
  consumer.on(consumer.events.CRASH, ({payload}) => crashes.add(payload.restart))
  const seen = new Seen<string>()
  await consumer.connect()
  await consumer.subscribe({topic: 'retried', fromBeginning: true})
  await consumer.run({
    eachMessage: async ({message}) => {
      if (!isHealed) throw new Error('cannot')
      seen.add(String(message.value))
    },
  })
  assert.equal(await seen.first(2), ['poison', 'fine'])
  assert.equal([asked, crashes.all], [['KafkaJSNumberOfRetriesExceeded'], [true]])
})

test.run()
