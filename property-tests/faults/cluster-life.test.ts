/** A cluster's dir over several openings, clean and not; what closing and the end of a process do to what is under way. */
import {once} from 'node:events'
import fs from 'node:fs'
import path from 'node:path'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {type ClusterOptions, openCluster} from '../../index.ts'
import {payload} from '../door/payload.ts'
import {refused} from '../door/refused.ts'
import {runProgram, startProgram} from '../door/run-program.ts'
import {tempDir} from '../door/temp-dir.ts'

const file = 'cluster-programs'

test('options that make no sense are refused before anything is made', async () => {
  const dir = path.join(tempDir(), 'never')
  const wrong: readonly [ClusterOptions, string][] = [
    [{coordinators: 2}, 'coordinators is 1, 3 or 5'],
    [{coordinators: 7}, 'coordinators'],
    [{brokers: 0}, 'brokers'],
    [{brokers: 65}, 'brokers'],
    [{brokers: '3' as unknown as number}, 'brokers'],
    [{brokers: 2, replicationFactor: 3}, 'replicationFactor is 3, with 2 brokers'],
    [{replicaThreads: 0}, 'replicaThreads'],
    [{sessionTimeoutMs: 1}, 'sessionTimeoutMs'],
    [{sessionTimeoutMs: Number.NaN}, 'sessionTimeoutMs'],
    [{durability: 'fsync' as 'synced'}, 'durability'],
    [{autoCreateTopics: 1 as unknown as boolean}, 'autoCreateTopics'],
    [{topicConfigs: {'retention.ms': 'x'}}, 'retention.ms'],
    [{topicConfigs: {nonsense: 1}}, 'nonsense'],
    [{dirs: []}, 'dirs'],
    [{dirs: [dir], brokers: 2}, '1 dirs for 2 brokers'],
    [{bufferMemory: -1}, 'bufferMemory'],
    [{deliveryTimeoutMs: 2 ** 31}, 'deliveryTimeoutMs'],
    [{replicas: 3} as ClusterOptions, 'there is no option replicas'],
  ]
  for (const [options, words] of wrong) await refused('INVALID_CONFIG', () => openCluster({dir, ...options}), words)
  await refused('INVALID_CONFIG', () => openCluster(null as unknown as ClusterOptions))
  await refused('INVALID_CONFIG', () => openCluster({dir: 5 as unknown as string}), 'dir')
  assert.not(fs.existsSync(dir))
})

test('a cluster with more than one replica of everything opens without a broker whose dir cannot be opened', async () => {
  const dir = tempDir()
  const own = await openCluster({dir, brokers: 2})
  await own.admin.createTopics([{name: 'both'}, {name: 'one', assignments: [[2]]}])
  for (const name of ['both', 'one']) await (await own.partition(name)).send('x')
  await own.close()
  const properties = `${dir}/broker-2/meta.properties`
  const before = fs.readFileSync(properties)
  fs.writeFileSync(properties, String(before).replace(/cluster\.id=.*/, 'cluster.id=other'))
  await refused('FOREIGN_DIR', () => openCluster({dir, brokers: 2, replicationFactor: 1}), 'broker 2')
  const cluster = await openCluster({dir, brokers: 2})
  const [down] = await once(cluster, 'broker.down')
  assert.equal([down.broker, down.reason.startsWith('FOREIGN_DIR')], [2, true])
  const {brokers} = cluster.metrics()
  assert.equal(
    brokers.map(({state, error}) => [state, error?.code]),
    [
      ['running', undefined],
      ['down', 'FOREIGN_DIR'],
    ],
  )
  assert.is((await (await cluster.partition('both')).send('y')).baseOffset, 1)
  assert.is((await cluster.admin.describeTopics(['one']))[0]!.partitions[0]!.leader, -1)
  fs.writeFileSync(properties, before)
  cluster.broker(2).restart()
  assert.is((await (await cluster.partition('one')).send('y')).baseOffset, 1)
  await cluster.close()
})

test('a path that is a file, and a dir that is something else’s, are left alone', async () => {
  const file = path.join(tempDir(), 'file')
  fs.writeFileSync(file, 'x')
  await refused('NOT_A_DIRECTORY', () => openCluster({dir: file}))
  const foreign = tempDir()
  fs.mkdirSync(`${foreign}/broker-1`)
  fs.writeFileSync(`${foreign}/broker-1/meta.properties`, 'version=1\ncluster.id=other\nnode.id=7\ndirectory.id=abc\n')
  const error = await refused('FOREIGN_DIR', () => openCluster({dir: foreign}), 'broker-1')
  assert.ok(error.message.length < 400, error.message)
  assert.ok(error.message.includes('broker 7'))
  // nothing is left that would keep the next one out
  fs.rmSync(`${foreign}/broker-1`, {recursive: true})
  await (await openCluster({dir: foreign})).close()
})

test('killed -9, opened, closed, opened: topics, configs and records are there, offsets go on', async () => {
  const dir = tempDir()
  const child = startProgram('fill and stay', [dir], {file})
  await once(child.stdout!, 'data')
  await refused('LOG_IN_USE', () => openCluster({dir, brokers: 2}), `${child.pid}`)
  child.kill('SIGKILL')
  await once(child, 'exit')
  for (const [round, end] of [1, 2].entries()) {
    const cluster = await openCluster({dir, brokers: 2})
    const topics = await cluster.admin.listTopics()
    assert.equal(
      topics.map(({name, partitions}) => [name, partitions]),
      [['kept', 3]],
    )
    const configs = await cluster.admin.describeConfigs('kept')
    assert.is(configs.find(({name}) => name === 'retention.ms')?.value, '77000')
    const [kept, cut, added] = await Promise.all([0, 1, 2].map(number => cluster.partition('kept', number)))
    assert.equal([kept!.logEndOffset, cut!.logEndOffset], [end, 1])
    // as in Kafka, a log start reaches the checkpoints of all brokers a little later: a kill may come first
    assert.ok(cut!.logStartOffset <= 1)
    if (round > 0) assert.is(kept!.highWatermark, end, 'what was visible before a clean close is at once')
    assert.is((await kept!.send(payload('p0', end))).baseOffset, end)
    assert.is((await added!.send('x')).baseOffset, round)
    const texts: string[] = []
    for await (const record of kept!.reader()) texts.push(record.text())
    assert.equal(
      texts,
      Array.from({length: end + 1}, (_, i) => payload('p0', i)),
    )
    for (const broker of [1, 2])
      assert.equal(
        fs.readdirSync(`${dir}/broker-${broker}`).filter(name => name.startsWith('gone')),
        [],
      )
    await cluster.close()
    assert.ok(fs.existsSync(`${dir}/broker-1/.kafka_cleanshutdown`))
  }
})

test('close under 1000 sends and all kinds of waits: each settles once, and the process ends', async () => {
  const {status, stdout, ms} = await runProgram('sends, then close', [], {file})
  assert.is(status, 0, stdout)
  const ends = JSON.parse(stdout) as Record<string, number>
  assert.is(
    Object.values(ends).reduce((sum, count) => sum + count, 0),
    1008,
  )
  assert.equal(
    Object.keys(ends).filter(code => code !== 'done' && code !== 'LOG_CLOSED'),
    [],
  )
  assert.ok(ms < 5000, `${ms} ms`)
})

test('a program that just ends waits for what it sent, and for nothing else', async () => {
  const {status, stdout, ms} = await runProgram('sends, then the end', [], {file})
  assert.equal([status, stdout], [0, '{"done":100}\n'])
  assert.ok(ms < 5000, `${ms} ms`)
})

test.run()
