/** What an admin asks for is done everywhere when it is told, and takes effect; every change is heard of, in order, in every thread. */
import {once} from 'node:events'
import fs from 'node:fs'
import {setTimeout} from 'node:timers/promises'
import {Worker} from 'node:worker_threads'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {type Cluster, openCluster} from '../../index.ts'
import {refused} from './refused.ts'
import {runProgram} from './run-program.ts'
import {tempDir} from './temp-dir.ts'

let cluster: Cluster
const events: {type: string; [field: string]: unknown}[] = []

test.before(async () => {
  cluster = await openCluster({brokers: 2, replicationFactor: 1, retentionCheckMs: 20, sessionTimeoutMs: 500})
  cluster.on('event', event => events.push(event))
})

test.after(() => cluster.close())

const dirsOf = (broker: number, topic: string): string[] =>
  fs.readdirSync(cluster.handle.brokerDirs[broker]!).filter(name => name.startsWith(`${topic}-`))

async function until(what: string, holds: () => boolean): Promise<void> {
  const endMs = performance.now() + 5000
  while (!holds()) {
    assert.ok(performance.now() < endMs, what)
    await setTimeout(2)
  }
}

test('what is made can be written at once, in every partition; what is deleted can be made again, and is empty', async () => {
  for (let round = 0; round < 2; round++) {
    await cluster.admin.createTopics([{name: 't', numPartitions: 3, replicationFactor: 2}])
    const [topic] = await cluster.admin.describeTopics(['t'])
    assert.is(topic!.partitions.length, 3)
    for (const number of [0, 1, 2]) {
      const partition = await cluster.partition('t', number)
      assert.equal([partition.logEndOffset, (await partition.send('x')).baseOffset], [0, 0])
    }
    assert.is(dirsOf(1, 't').length + dirsOf(2, 't').length, 6)
    const left = await cluster.partition('t')
    const reading = left.reader({from: 'latest', follow: true})[Symbol.asyncIterator]().next()
    await cluster.admin.deleteTopics(['t'])
    assert.equal(await reading, {done: true, value: undefined})
    await refused('UNKNOWN_TOPIC_OR_PARTITION', () => left.send('x'), 'deleted')
    await refused('UNKNOWN_TOPIC_OR_PARTITION', () => left.append('x'))
    await left.close()
    await until('the directories of a deleted topic go', () => dirsOf(1, 't').length + dirsOf(2, 't').length === 0)
  }
})

test('batches as large as a topic allows are stored and replicated, also where that was raised with the cluster at work', async () => {
  await cluster.admin.createTopics([{name: 'large', replicationFactor: 2}])
  const before = await cluster.partition('large')
  const value = Buffer.alloc(9_000_000, 'x')
  await refused('MESSAGE_TOO_LARGE', () => before.send(value))
  await cluster.admin.alterConfigs('large', {'max.message.bytes': 10_000_000})
  const after = await cluster.partition('large')
  const around = before.send('small')
  const sent = await Promise.all([after.send('first'), after.send(value), after.send(value), around])
  assert.equal(new Set(sent.map(({baseOffset}) => baseOffset)), new Set([0, 1, 2, 3]))
  const sizes: number[] = []
  after.reader().poll(record => {
    sizes.push(record.value!.length)
  })
  assert.equal(
    sizes.sort((a, b) => a - b),
    [5, 5, value.length, value.length],
  )
  await cluster.admin.deleteTopics(['large'])
})

test('records that are deleted stay so, where the process dies the moment it is told, and under the next leader', async () => {
  const dir = tempDir()
  assert.is((await runProgram('delete and die', [dir], {file: 'cluster-programs'})).signal, 'SIGKILL')
  const again = await openCluster({dir, brokers: 2})
  const [one, other] = await Promise.all([0, 1].map(number => again.partition('t', number)))
  for (const {logStartOffset, logEndOffset} of [one!, other!]) assert.equal([logStartOffset, logEndOffset], [2, 3])
  const {leader} = one!
  assert.is(await again.admin.deleteRecords('t', 0, 3), 3)
  again.broker(leader!).kill()
  await until('another one leads', () => ![undefined, leader].includes(one!.leader))
  assert.is(one!.logStartOffset, 3)
  await again.close()
})

test('a topic made again after a restart, under the name of one that was deleted, has nothing of that one', async () => {
  const dir = tempDir()
  let other = await openCluster({dir, brokers: 2})
  await other.admin.createTopics([{name: 't'}])
  await (await other.partition('t')).send(['a', 'b'])
  await other.close()
  other = await openCluster({dir, brokers: 2})
  await other.admin.deleteTopics(['t'])
  await other.admin.createTopics([{name: 't'}])
  assert.is((await (await other.partition('t')).send('c')).baseOffset, 0)
  await other.close()
})

test('that a partition has a directory is on record soon after its first record', async () => {
  await cluster.admin.createTopics([{name: 'recorded'}])
  const partition = await cluster.partition('recorded')
  await partition.send('x')
  const paths = cluster.handle.brokerDirs.slice(1).map(dir => `${dir}/recovery-point-offset-checkpoint`)
  await until('no checkpoint speaks of it', () =>
    paths.some(path => fs.existsSync(path) && /^recorded 0 /m.test(fs.readFileSync(path, 'utf8'))),
  )
  await cluster.admin.deleteTopics(['recorded'])
})

test('refusals carry Kafka’s codes, and what was fine beside them is done', async () => {
  const {admin} = cluster
  await refused(
    'INVALID_REPLICATION_FACTOR',
    () => admin.createTopics([{name: 'a'}, {name: 'b', replicationFactor: 3}]),
    'b: ',
  )
  await refused('TOPIC_ALREADY_EXISTS', () => admin.createTopics([{name: 'a'}]))
  await refused('INVALID_PARTITIONS', () => admin.createTopics([{name: 'b', numPartitions: 0}]))
  await refused('INVALID_TOPIC_EXCEPTION', () => admin.createTopics([{name: 'a/b'}]))
  await refused('INVALID_REPLICA_ASSIGNMENT', () => admin.createTopics([{name: 'b', assignments: [[1, 1]]}]))
  await refused('INVALID_CONFIG', () => admin.createTopics([{name: 'b', configs: {'retention.ms': 'soon'}}]))
  await refused('INVALID_CONFIG', () => admin.alterConfigs('a', {'no.such': 1}))
  await refused('INVALID_PARTITIONS', () => admin.createPartitions('a', 1))
  await refused('INVALID_ARGUMENT', () => admin.createTopics('b' as unknown as []))
  await refused('INVALID_ARGUMENT', () => admin.createPartitions('a', '3' as unknown as number))
  for (const unknown of [
    () => admin.deleteTopics(['b']),
    () => admin.describeTopics(['b']),
    () => admin.describeConfigs('b'),
    () => admin.alterConfigs('b', {'retention.ms': 5}),
    () => admin.createPartitions('b', 2),
    () => admin.deleteRecords('b', 0, -1),
  ])
    await refused('UNKNOWN_TOPIC_OR_PARTITION', unknown)
  await admin.createTopics([{name: 'b'}], {validateOnly: true})
  assert.equal(
    (await admin.listTopics()).map(({name}) => name),
    ['a'],
  )
  await refused('NO_REASSIGNMENT_IN_PROGRESS', () =>
    admin.reassignPartitions([{topic: 'a', partition: 0, replicas: null}]),
  )
  const [outcome] = await admin.electLeaders('preferred', [{topic: 'a', partition: 0}])
  assert.is(outcome!.error, 'ELECTION_NOT_NEEDED')
})

test('partitions are added; configs take effect where the topic lives', async () => {
  await cluster.admin.createTopics([{name: 'c', configs: {'segment.bytes': 1024 * 1024}}])
  await cluster.admin.createPartitions('c', 2)
  const partition = await cluster.partition('c', 1)
  const value = Buffer.alloc(300_000)
  for (let i = 0; i < 10; i++) await partition.send(value)
  assert.is(partition.logStartOffset, 0)
  await cluster.admin.alterConfigs('c', {'retention.bytes': 1_100_000})
  const configs = await cluster.admin.describeConfigs('c')
  assert.equal(
    configs.filter(({source}) => source === 'topic').map(({name, value}) => `${name}=${value}`),
    ['retention.bytes=1100000', 'segment.bytes=1048576'],
  )
  await until('retention takes the old segments', () => partition.logStartOffset > 0)
  await cluster.admin.alterConfigs('c', {'retention.bytes': null, 'min.insync.replicas': 2})
  assert.is((await partition.send('one replica of one is enough')).baseOffset, 10)
  assert.is(await cluster.admin.deleteRecords('c', 1, 10), 10)
  await partition.close()
})

test('a partition moves to another broker while it is written and read; the old directory goes', async () => {
  await cluster.admin.createTopics([{name: 'm', assignments: [[1]]}])
  const partition = await cluster.partition('m')
  const reader = partition.reader()
  let seen = 0
  let sent = 0
  const send = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) await partition.send(`${sent++}`)
    reader.poll(record => assert.is(record.text(), `${seen++}`))
  }
  await send(20)
  await cluster.admin.reassignPartitions([{topic: 'm', partition: 0, replicas: [2]}])
  const endMs = performance.now() + 5000
  while (partition.leader !== 2 || (await cluster.admin.listReassignments()).length > 0) {
    assert.ok(performance.now() < endMs, 'the partition moves')
    await send(1)
  }
  await send(20)
  assert.is(seen, sent)
  await until('the old directory goes', () => dirsOf(1, 'm').length === 0)
  assert.equal(dirsOf(2, 'm'), ['m-0'])
  await partition.close()
})

test('events come in order, the same in other threads', async () => {
  const worker = new Worker(new URL('./cluster-worker.js', import.meta.url), {
    workerData: {does: 'watch', handle: cluster.handle},
  })
  assert.equal((await once(worker, 'message'))[0], 'watches')
  const from = events.length
  const told = once(worker, 'message')
  const ownName: unknown[] = []
  cluster.once('broker.down', event => ownName.push(event))
  await cluster.admin.createTopics([{name: 'e', assignments: [[2, 1]]}])
  const partition = await cluster.partition('e')
  cluster.broker(2).kill()
  await partition.send('x')
  cluster.broker(2).restart()
  await until('broker 2 is in sync again', () =>
    events.slice(from).some(event => event.type === 'isr.changed' && (event['isr'] as number[]).length === 2),
  )
  await cluster.admin.electLeaders('preferred', [{topic: 'e', partition: 0}])
  await cluster.admin.deleteTopics(['e'])
  await cluster.admin.createTopics([{name: 'end', assignments: [[1]]}])
  const [heard] = await told
  const own = events.slice(from, from + heard.length)
  assert.equal(heard, own)
  const words = own
    .filter(event => event['topic'] === undefined || event['topic'] === 'e')
    .map(({type, broker, leader, isr}) =>
      [type, broker ?? leader ?? (isr as number[] | undefined)?.join('')].join(' ').trim(),
    )
  assert.equal(words, [
    'topic.created',
    'leader.changed 2',
    'broker.down 2',
    'leader.changed 1',
    'isr.changed 1',
    'broker.up 2',
    'isr.changed 21',
    'leader.changed 2',
    'topic.deleted',
  ])
  assert.equal(ownName, [own.find(({type}) => type === 'broker.down')])
})

test.run()
