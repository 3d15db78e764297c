/** A cluster's doors: what openCluster makes by itself, and a partition's append, send, read, in one thread and in several. */
import {once} from 'node:events'
import fs from 'node:fs'
import path from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {Worker} from 'node:worker_threads'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {attachCluster, type Cluster, type ClusterHandle, openCluster, openLog} from '../../index.ts'
import {payload, readPayload} from './payload.ts'
import {refused} from './refused.ts'
import {tempDir} from './temp-dir.ts'

let cluster: Cluster

test.before(async () => {
  cluster = await openCluster()
})

test.after(() => cluster.close())

function start(task: {does: string; topic: string; count?: number; name?: string}): Promise<unknown> {
  const handle = structuredClone(cluster.handle)
  const worker = new Worker(new URL('./cluster-worker.js', import.meta.url), {workerData: {...task, handle}})
  return once(worker, 'message').then(([message]) => message)
}

test('by itself a cluster has one broker, one coordinator, and lives in a temporary dir', async () => {
  assert.equal([cluster.brokers, cluster.coordinators], [[1], [1]])
  const dir = cluster.handle.brokerDirs[1]!
  assert.is(path.basename(dir), 'broker-1')
  assert.ok(fs.existsSync(`${path.dirname(dir)}/coordinator-1`))
  assert.is(cluster.handle.durability, 'written')
  const {brokers, holder} = await cluster.admin.describeCluster()
  assert.equal([brokers.map(({id, fenced}) => [id, fenced]), holder], [[[1, false]], 1])
  assert.ok(cluster.metrics().brokers[0]!.state === 'running')
})

test('a partition is asked for, written and read: append, send, flush, keys, headers, timestamps', async () => {
  const partition = await cluster.partition('first')
  assert.equal(
    [partition.topic, partition.partition, partition.leader, partition.leaderEpoch > 0],
    ['first', 0, 1, true],
  )
  assert.equal([partition.logStartOffset, partition.highWatermark, partition.logEndOffset], [0, 0, 0])
  assert.ok(partition.append('appended'))
  const sent = await partition.send([
    {key: 'k', value: 'v', timestamp: 1000, headers: {h: 'x'}},
    {key: 'k', value: null, timestamp: 2000},
  ])
  assert.equal([sent.baseOffset, sent.lastOffset, sent.durability, sent.acks], [1, 2, 'written', -1])
  for (const acks of [-1, 0, 1] as const)
    for (const durability of ['written', 'synced'] as const) {
      const result = await partition.send(`${acks} ${durability}`, {acks, durability})
      assert.equal([result.acks, result.durability], [acks, durability])
      if (durability === 'synced') assert.ok(partition.syncedOffset > result.lastOffset || acks !== -1)
    }
  partition.append('last')
  await partition.flush()
  assert.equal([partition.logEndOffset, partition.highWatermark], [10, 10])
  const seen: string[] = []
  const reader = partition.reader()
  assert.is(
    reader.poll(record => void seen.push(`${record.offset} ${record.value === null ? null : record.text()}`)),
    10,
  )
  assert.equal([seen[0], seen[1], seen[2], seen[9]], ['0 appended', '1 v', '2 null', '9 last'])
  assert.is(partition.offsetForTimestamp(1500), 0)
  assert.is(partition.offsetForTimestamp(Date.now() + 1e6), undefined)
  const last = []
  for await (const record of partition.reader({from: {last: 2}})) last.push(record.offset)
  assert.equal(last, [8, 9])
  const synced = partition.reader({level: 'synced'})
  synced.poll(() => {})
  assert.ok(synced.position <= partition.highWatermark && synced.position >= 9)
  assert.is(await partition.deleteRecordsBefore(4), 4)
  assert.is(partition.reader().position, 4)
  await refused('OFFSET_OUT_OF_RANGE', () => partition.reader({from: 2}))
  await refused('OFFSET_OUT_OF_RANGE', () => partition.deleteRecordsBefore(99))
  assert.is(await partition.deleteRecordsBefore(-1), 10)
  await partition.close()
  await partition.close()
})

test('flush waits for syncs where it is asked to', async () => {
  const cluster = await openCluster({brokers: 2})
  const partition = await cluster.partition('t')
  for (let round = 1; round <= 3; round++) {
    partition.append('a')
    await partition.flush()
    assert.is(partition.highWatermark, round)
    await partition.flush({durability: 'synced'})
    assert.is(partition.syncedOffset, round)
  }
  await refused('INVALID_ARGUMENT', () => partition.flush({durability: 'x' as 'synced'}), 'durability')
  await refused('INVALID_ARGUMENT', () => partition.flush({acks: 1} as object), 'acks')
  await cluster.close()
})

test('partitions are logs of their own; senders in one thread keep their order each', async () => {
  await cluster.admin.createTopics([{name: 'two', numPartitions: 2}])
  const doors = await Promise.all([0, 1, 0].map(partition => cluster.partition('two', partition)))
  for (let i = 0; i < 3000; i++)
    for (const [number, door] of doors.entries())
      if (!door.append({key: `k${i % 7}`, value: payload(`s${number}`, i)})) await door.drained()
  await Promise.all(doors.map(door => door.flush()))
  for (const [partition, senders] of [
    [0, ['s0', 's2']],
    [1, ['s1']],
  ] as const) {
    const next = new Map<string, number>()
    doors[partition]!.reader().poll(record => {
      const {sender, sequence} = readPayload(record.text())
      assert.is(sequence, next.get(sender) ?? 0)
      next.set(sender, sequence + 1)
    })
    assert.equal([...next.keys()].sort(), senders)
    assert.ok([...next.values()].every(count => count === 3000))
  }
  await refused('UNKNOWN_TOPIC_OR_PARTITION', () => cluster.partition('two', 2), 'partitions 0 to 1')
})

test('a follower of the log waits without a message, until it is told to stop', async () => {
  const partition = await cluster.partition('followed')
  const abort = new AbortController()
  const reader = partition.reader({follow: true, signal: abort.signal})
  const iterator = reader[Symbol.asyncIterator]()
  const first = iterator.next()
  const waiting = partition.reader().wait()
  await partition.send('one')
  assert.is((await first).value!.text(), 'one')
  assert.ok(await waiting)
  const second = iterator.next()
  const drained = partition.drained({signal: abort.signal})
  await drained
  const reason = new Error('enough')
  abort.abort(reason)
  assert.is(await second.catch(error => error), reason)
  assert.is(await partition.drained({signal: abort.signal}).catch(error => error), reason)
  const closing = partition.reader({from: 'latest'}).wait()
  await partition.close()
  assert.is(await closing, false)
  for (const late of [
    () => partition.append('x'),
    () => partition.send('x'),
    () => partition.flush(),
    () => partition.drained(),
    () => partition.reader(),
    () => partition.offsetForTimestamp(1),
    () => partition.deleteRecordsBefore(0),
  ])
    await refused('LOG_CLOSED', late)
})

test('threads attach: several producers and readers, each sender in order, each reader the same', async () => {
  const names = ['a', 'b']
  const count = 3000
  const seen = [1, 2].map(() => start({does: 'read', topic: 'shared', count: count * (names.length + 1)}))
  const produced = names.map(name => start({does: 'produce', topic: 'shared', name, count}))
  const partition = await cluster.partition('shared')
  for (let i = 0; i < count; i++) if (!partition.append(payload('main', i))) await partition.drained()
  await partition.flush()
  assert.equal(await Promise.all(produced), [count, count])
  const next = new Map<string, number>()
  const texts: string[] = []
  partition.reader().poll(record => {
    texts.push(record.text())
    const {sender, sequence} = readPayload(record.text())
    assert.is(sequence, next.get(sender) ?? 0, sender)
    next.set(sender, sequence + 1)
  })
  assert.equal(Object.fromEntries([...next].sort()), {a: count, b: count, main: count})
  for (const others of (await Promise.all(seen)) as string[][]) assert.ok(others.join() === texts.join())
})

test('a partition tells how it is doing, and is verified on the broker that is named', async () => {
  const partition = await cluster.partition('looked-at')
  partition.append(payload('m', 0))
  await partition.flush()
  const {topic, leader, highWatermark, recordsPerSecond, replicas} = partition.metrics()
  assert.equal([topic, leader, highWatermark, recordsPerSecond, replicas.length], ['looked-at', 1, 1, 0, 1])
  const {inboxBytes, arenaBytes, mapBytes} = cluster.metrics().memory
  assert.ok(inboxBytes > 0 && arenaBytes > 0 && mapBytes > 0)
  for (const report of [await partition.verify(), await partition.verify({broker: 1})])
    assert.equal([report.ok, report.records, report.segments.length], [true, 1, 1])
  const file = `${cluster.handle.brokerDirs[1]}/looked-at-0/00000000000000000000.log`
  const bytes = fs.readFileSync(file)
  bytes[bytes.length - 3]! ^= 1
  fs.writeFileSync(file, bytes)
  assert.not((await partition.verify()).ok)
  await refused('INVALID_ARGUMENT', () => partition.verify({broker: 2}), 'are 1, not the number 2')
  await refused('INVALID_ARGUMENT', () => partition.verify({brokers: 1} as never), 'brokers')
  await cluster.admin.deleteTopics(['looked-at'])
  await refused('UNKNOWN_TOPIC_OR_PARTITION', () => partition.metrics(), 'looked-at-0')
  await partition.close().catch(() => {})
})

test('what is wrong is refused at once, with a code', async () => {
  const partition = await cluster.partition('strict')
  const big = 'x'.repeat(1_100_000)
  await refused('MESSAGE_TOO_LARGE', () => partition.send(big), 'max.message.bytes')
  await refused('MESSAGE_TOO_LARGE', () => partition.append(big))
  await refused('INVALID_RECORD', () => partition.send([]))
  await refused('INVALID_RECORD', () => partition.send(5 as unknown as string))
  await refused('INVALID_RECORD', () => partition.append({valu: 'x'} as unknown as string))
  await refused('INVALID_ARGUMENT', () => partition.send('x', {acks: 2 as 1}), 'acks')
  await refused('INVALID_ARGUMENT', () => partition.send('x', {durability: 'sync' as 'synced'}), 'durability')
  await refused('INVALID_ARGUMENT', () => partition.send('x', {ack: 1} as object), 'no option ack')
  await refused('INVALID_ARGUMENT', () => partition.reader({level: 'x' as 'synced'}))
  await refused('INVALID_ARGUMENT', () => partition.drained({signal: 5 as unknown as AbortSignal}))
  await refused('INVALID_ARGUMENT', () => partition.offsetForTimestamp(Number.NaN))
  await refused('INVALID_ARGUMENT', () => partition.deleteRecordsBefore(-2))
  await refused('INVALID_TOPIC_EXCEPTION', () => cluster.partition('a b'))
  await refused('INVALID_TOPIC_EXCEPTION', () => cluster.partition('..'))
  for (const topic of [5, null, undefined, {}])
    await refused('INVALID_ARGUMENT', () => cluster.partition(topic as unknown as string), 'topic is a string')
  for (const number of [-1, 1.5, '0', Number.NaN])
    await refused('INVALID_ARGUMENT', () => cluster.partition('strict', number as number))
  await refused('INVALID_ARGUMENT', () => cluster.faults.clear(9), 'brokers are')
  for (const ms of [Number.NaN, -1, Number.POSITIVE_INFINITY, 60_001, '5', undefined])
    await refused('INVALID_ARGUMENT', () => cluster.broker(1).stall(ms as number), 'ms is a number')
  for (const id of [0, 2, '1', undefined]) {
    await refused('INVALID_ARGUMENT', () => cluster.broker(id as number))
    await refused('INVALID_ARGUMENT', () => cluster.coordinator(id as number))
  }
  for (const handle of [
    undefined,
    null,
    5,
    {},
    {odradek: 'cluster'},
    {...cluster.handle, map: {}},
    {...cluster.handle, odradek: 'log'},
  ])
    await refused('INVALID_HANDLE', () => attachCluster(handle as ClusterHandle))
  // all that changed nothing
  assert.is((await partition.send('fine')).baseOffset, 0)
})

test('a dir that is a log’s, and one that is named twice, are refused and left as they are', async () => {
  const dir = tempDir()
  await (await openLog(dir)).close()
  const before = fs.readdirSync(dir)
  await refused('FOREIGN_DIR', () => openCluster({dir}), "dirs: ['")
  await refused('INVALID_CONFIG', () => openCluster({dirs: [dir, `${dir}/../${path.basename(dir)}`]}), 'twice')
  assert.equal(fs.readdirSync(dir), before)
  const again = await openCluster({dirs: [dir]})
  await again.close()
})

test('the dirs of an open cluster are nobody else’s', async () => {
  const dir = cluster.handle.brokerDirs[1]!
  await refused('LOG_IN_USE', () => openLog(dir), 'open in this process')
  await refused('LOG_IN_USE', () => openCluster({dir: path.dirname(dir)}), 'open in this process')
  await refused('LOG_IN_USE', () => openCluster({dirs: [dir]}), 'open in this process')
})

test('a door in the same thread is closed alone; when the cluster closes, all that waits in other threads is told', async () => {
  const own = await openCluster({autoCreateTopics: false})
  await refused('UNKNOWN_TOPIC_OR_PARTITION', () => own.partition('missing'))
  await own.admin.createTopics([{name: 't'}])
  const attached = await attachCluster(own.handle)
  const [there, here] = await Promise.all([attached.partition('t'), own.partition('t')])
  await there.send('there')
  await attached.close()
  await refused('LOG_CLOSED', () => there.append('x'))
  await refused('LOG_CLOSED', () => attached.admin.listTopics())
  await refused('LOG_CLOSED', () => attached.broker(1))
  await here.send('here')
  const worker = new Worker(new URL('./cluster-worker.js', import.meta.url), {
    workerData: {does: 'wait', topic: 't', handle: own.handle},
  })
  await once(worker, 'message')
  const told = once(worker, 'message')
  const dir = path.dirname(own.handle.brokerDirs[1]!)
  await own.close()
  const [outcomes] = await told
  assert.equal(outcomes, ['false', 'undefined', 'LOG_CLOSED', 'LOG_CLOSED', 'LOG_CLOSED'])
  await refused('LOG_CLOSED', () => attachCluster(own.handle))
  assert.not(fs.existsSync(dir), 'a temporary dir goes when the cluster is closed')
})

test('a door whose close waits for what nobody takes is closed when the cluster is', async () => {
  const own = await openCluster()
  const attached = await attachCluster(own.handle)
  const there = await attached.partition('t')
  own.broker(1).kill()
  while (own.metrics().brokers[0]!.state !== 'down') await sleep(5)
  const sent = refused('LOG_CLOSED', () => there.send('x'))
  const closed = attached.close()
  await own.close()
  await Promise.all([sent, closed])
})

test('events tell of what is new: a broker that begins again tells nothing a second time', async () => {
  const cluster = await openCluster({brokers: 2})
  try {
    const door = await cluster.partition('told')
    await door.send('1')
    // let what belongs to the beginning arrive
    await cluster.admin.describeCluster()
    const events: string[] = []
    cluster.on('event', ({type, broker = '', isr = ''}) => events.push(`${type} ${broker}${isr}`))
    cluster.broker(1).kill()
    await door.send('2')
    cluster.broker(1).restart()
    while (!events.includes('isr.changed 1,2')) await sleep(5)
    assert.equal(events.slice(-5), [
      'broker.down 1',
      'leader.changed ',
      'isr.changed 2',
      'broker.up 1',
      'isr.changed 1,2',
    ])
    assert.is(events.filter(event => event === 'broker.up 1').length, 1)
  } finally {
    await cluster.close()
  }
})

test.run()
