/** Kafka's own command line tools find a Kafka cluster where brokers of ours listen. */
import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {suite} from 'uvu'
import * as assert from 'uvu/assert'
import {HANDLERS} from '../../engine/broker/handlers.ts'
import {type Cluster, openCluster} from '../../index.ts'
import {tempDir} from '../door/temp-dir.ts'
import {skip} from '../runner/skip.ts'
import {JavaProgram, JVM_FLAGS} from './java-program.ts'
import {kafkaJars} from './kafka-jars.ts'
import {runProgram} from './run-program.ts'

const TOOLS = 'org.apache.kafka.tools.'
const GROUPS = `${TOOLS}consumer.group.ConsumerGroupCommand`
const CONFIGS = 'kafka.admin.ConfigCommand'
const TOPIC = `${TOOLS}TopicCommand`
const COUNT = 2000
const TOOL_MS_MAX = 60_000

const test = suite("Kafka's tools")
const jars = await kafkaJars()

interface Told {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** The lines of a table, each as its cells. */
const cells = (table: string): string[][] =>
  table
    .split('\n')
    .map(line => line.split(/\s+/).filter(Boolean))
    .filter(({length}) => length > 0)

if ('missing' in jars) {
  skip(test, 'work on a cluster of ours', jars.missing)
} else {
  let cluster: Cluster
  let java: JavaProgram
  let where: string[]

  test.before(async () => {
    cluster = await openCluster({brokers: 3})
    where = ['--bootstrap-server', (await cluster.listen()).bootstrapServers]
    java = new JavaProgram(jars.classPath, 'KafkaTools')
  })
  test.after(async () => {
    await java?.close()
    await cluster?.close()
  })

  /** Runs one to its end, and returns what it wrote. */
  const run = async (main: string, args: readonly string[], input = ''): Promise<string> => {
    const {exitCode, stdout, stderr} = await java.call<Told>({main, args: [...where, ...args], input})
    assert.is(exitCode, 0, `${main} ${args.join(' ')}: ${stderr}${stdout}`)
    return stdout
  }
  /** The same in a JVM of its own: some end their work as that ends. */
  const runAlone = async (main: string, args: readonly string[]): Promise<string> => {
    const flags = [...JVM_FLAGS, '-cp', jars.classPath, main, ...where]
    const {exitCode, stdout, stderr} = await runProgram('java', [...flags, ...args], {timeoutMs: TOOL_MS_MAX})
    assert.is(exitCode, 0, `${main} ${args.join(' ')}: ${stderr}${stdout}`)
    return stdout
  }
  const ends = async (topic: string, ...more: string[]): Promise<string[]> =>
    (await run(`${TOOLS}GetOffsetShell`, ['--topic', topic, ...more])).trim().split('\n')

  test('kafka-broker-api-versions: every API that we serve, and no error', async () => {
    const told = await run(`${TOOLS}BrokerApiVersionsCommand`, [])
    for (const id of [1, 2, 3]) assert.match(told, `(id: ${id} rack: null isFenced: false) -> (`)
    assert.not.match(told, 'ERROR')
    for (const name of Object.keys(HANDLERS))
      assert.match(told, new RegExp(`\\t${name}\\(\\d+\\): \\d+.*\\[usable: \\d+\\]`))
  })

  test('kafka-topics: made, described, extended, deleted', async () => {
    const shape = ['--partitions', '2', '--replication-factor', '3', '--config', 'retention.ms=86400000']
    assert.is(await run(TOPIC, ['--create', '--topic', 'made', ...shape]), 'Created topic made.\n')
    await run(TOPIC, ['--alter', '--topic', 'made', '--partitions', '3'])
    const [head, ...partitions] = (await run(TOPIC, ['--describe', '--topic', 'made'])).trim().split('\n')
    assert.match(head!, /PartitionCount: 3\tReplicationFactor: 3\tConfigs: .*retention\.ms=86400000/)
    assert.is(partitions.length, 3)
    for (const line of partitions)
      assert.match(line, /Leader: [123]\tReplicas: [123],[123],[123]\tIsr: [123],[123],[123]/)
    const list = async (): Promise<string[]> => (await run(TOPIC, ['--list', '--exclude-internal'])).split('\n')
    assert.ok((await list()).includes('made'))
    await run(TOPIC, ['--delete', '--topic', 'made'])
    assert.not((await list()).includes('made'))
  })

  test('kafka-console-producer and kafka-console-consumer: keys, headers and values come through', async () => {
    await cluster.admin.createTopics([{name: 'console', numPartitions: 1}])
    const parsed = ['parse.key=true', 'parse.headers=true', 'headers.key.separator=='].flatMap(each => [
      '--reader-property',
      each,
    ])
    await run(
      `${TOOLS}ConsoleProducer`,
      ['--topic', 'console', ...parsed],
      'h=1\tk\tone\nh=2,i=ü\tk\ttwo\nh=3\tl\tthree\n',
    )
    const shown = ['print.key=true', 'print.headers=true', 'print.offset=true'].flatMap(each => [
      '--formatter-property',
      each,
    ])
    const limits = ['--from-beginning', '--max-messages', '3', '--timeout-ms', '20000', '--group', 'console-group']
    assert.is(
      await run(`${TOOLS}consumer.ConsoleConsumer`, ['--topic', 'console', ...shown, ...limits]),
      'Offset:0\th:1\tk\tone\nOffset:1\th:2,i:ü\tk\ttwo\nOffset:2\th:3\tl\tthree\n',
    )
  })

  test('kafka-verifiable-producer and kafka-verifiable-consumer: each is acknowledged, each is read', async () => {
    await cluster.admin.createTopics([{name: 'verifiable', numPartitions: 2}])
    const events = (text: string): {name: string; value?: string; count?: number}[] =>
      text
        .trim()
        .split('\n')
        .map(line => JSON.parse(line))
    const most = ['--topic', 'verifiable', '--max-messages', `${COUNT}`]
    const sent = events(await runAlone(`${TOOLS}VerifiableProducer`, [...most, '--throughput', '-1', '--acks', '-1']))
    const acknowledged = sent.filter(({name}) => name === 'producer_send_success').map(({value}) => Number(value))
    const all = Array.from({length: COUNT}, (_, i) => i)
    assert.is(acknowledged.sort((a, b) => a - b).join(' '), all.join(' '))
    const group = ['--group-id', 'verifiable-group', '--reset-policy', 'earliest']
    const got = events(await runAlone(`${TOOLS}VerifiableConsumer`, [...most, ...group]))
    const counts = got.flatMap(({name, count}) => (name === 'records_consumed' ? [count!] : []))
    assert.is(
      counts.reduce((sum, count) => sum + count, 0),
      COUNT,
    )
    assert.ok(got.some(({name}) => name === 'offsets_committed'))
  })

  for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd'])
    test(`kafka-producer-perf-test and kafka-consumer-perf-test with ${codec}`, async () => {
      const topic = `perf-${codec}`
      await cluster.admin.createTopics([{name: topic, numPartitions: 2}])
      const producer = ['--command-property', `compression.type=${codec}`, 'linger.ms=5']
      const size = ['--topic', topic, '--num-records', `${COUNT}`]
      const sent = await run(`${TOOLS}ProducerPerformance`, [
        ...size,
        '--record-size',
        '100',
        '--throughput',
        '-1',
        ...producer,
      ])
      assert.match(sent, `${COUNT} records sent`)
      const got = await run(`${TOOLS}ConsumerPerformance`, [...size, '--hide-header'])
      assert.is(Number(got.split(', ')[4]), COUNT, got)
    })

  test('kafka-configs: set, shown, taken back', async () => {
    await cluster.admin.createTopics([{name: 'configured'}])
    const of = ['--topic', 'configured']
    await run(CONFIGS, ['--alter', ...of, '--add-config', 'retention.ms=5000,cleanup.policy=[compact,delete]'])
    const told = await run(CONFIGS, ['--describe', ...of])
    assert.match(told, 'retention.ms=5000 ')
    assert.match(told, 'cleanup.policy=compact,delete ')
    await run(CONFIGS, ['--alter', ...of, '--delete-config', 'retention.ms'])
    assert.not.match(await run(CONFIGS, ['--describe', ...of]), 'retention.ms')
    assert.match(await run(CONFIGS, ['--describe', '--all', ...of]), 'max.message.bytes=')
    assert.match(await run(CONFIGS, ['--describe', '--all', '--broker', '1']), 'num.partitions=')
  })

  test('kafka-get-offsets and kafka-delete-records: what is deleted is gone', async () => {
    assert.equal(await ends('console'), ['console:0:3'])
    assert.equal(await ends('console', '--time', 'earliest'), ['console:0:0'])
    assert.equal(await ends('console', '--time', '0'), ['console:0:0'])
    const file = join(tempDir(), 'delete.json')
    writeFileSync(file, JSON.stringify({version: 1, partitions: [{topic: 'console', partition: 0, offset: 2}]}))
    assert.match(await run(`${TOOLS}DeleteRecordsCommand`, ['--offset-json-file', file]), 'console-0\tlow_watermark: 2')
    assert.equal(await ends('console', '--time', 'earliest'), ['console:0:2'])
  })

  test('kafka-consumer-groups: listed, described, reset, deleted', async () => {
    const of = ['--group', 'console-group']
    assert.ok((await run(GROUPS, ['--list'])).split('\n').includes('console-group'))
    const row = async (): Promise<string[]> => cells(await run(GROUPS, ['--describe', ...of]))[1]!.slice(0, 6)
    assert.equal(await row(), ['console-group', 'console', '0', '3', '3', '0'])
    assert.match(
      await run(GROUPS, ['--describe', '--state', ...of]),
      /console-group\s+127\.0\.0\.1:\d+\s+\(\d\)\s+-\s+Empty\s+0/,
    )
    await run(GROUPS, ['--reset-offsets', ...of, '--topic', 'console', '--shift-by', '-1', '--execute'])
    assert.equal(await row(), ['console-group', 'console', '0', '2', '3', '1'])
    await run(GROUPS, ['--delete-offsets', ...of, '--topic', 'console'])
    await run(GROUPS, ['--delete', ...of])
    assert.not((await run(GROUPS, ['--list'])).split('\n').includes('console-group'))
    assert.match(await run(`${TOOLS}GroupsCommand`, ['--list']), /verifiable-group\s+Classic\s+consumer/)
  })

  test('kafka-leader-election: preferred leaders come back', async () => {
    await cluster.admin.createTopics([{name: 'elected'}])
    const file = join(tempDir(), 'elect.json')
    writeFileSync(file, JSON.stringify({partitions: [{topic: 'elected', partition: 0}]}))
    const args = ['--election-type', 'preferred', '--path-to-json-file', file]
    assert.match(
      await run(`${TOOLS}LeaderElectionCommand`, args),
      'Valid replica already elected for partitions elected-0',
    )
  })

  test('kafka-log-dirs, kafka-reassign-partitions, kafka-cluster and kafka-transactions look on', async () => {
    const dirs = await run(`${TOOLS}LogDirsCommand`, ['--describe', '--topic-list', 'console'])
    assert.match(dirs, '"partition":"console-0"')
    assert.is(
      await run(`${TOOLS}reassign.ReassignPartitionsCommand`, ['--list']),
      'No partition reassignments found.\n',
    )
    const {exitCode, stdout} = await java.call<Told>({
      main: `${TOOLS}ClusterTool`,
      args: ['cluster-id', ...where],
      input: '',
    })
    assert.equal([exitCode, stdout.slice(0, 12)], [0, 'Cluster ID: '])
    const producers = ['describe-producers', '--topic', 'console', '--partition', '0']
    const told = await java.call<Told>({main: `${TOOLS}TransactionsCommand`, args: [...where, ...producers], input: ''})
    assert.is(cells(told.stdout)[1]![1], '0', told.stdout)
  })
}

test.run()
