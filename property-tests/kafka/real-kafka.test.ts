/**
 * A real Kafka takes over logs that we wrote: as they are, and after it has checked every batch itself. What its Java
 * consumer reads is what was sent; it goes on writing where we stopped, and then we go on from there.
 */
import {cpSync, readdirSync, readFileSync, rmSync} from 'node:fs'
import {join} from 'node:path'
import {Kafka, logLevel} from 'kafkajs'
import {suite} from 'uvu'
import * as assert from 'uvu/assert'
import {type LogOptions, type LogRecord, openLog, type RecordInput} from '../../index.ts'
import {tempDir} from '../door/temp-dir.ts'
import {skip} from '../runner/skip.ts'
import {kafkaJars} from './kafka-jars.ts'
import {RealKafka} from './real-kafka.ts'

/** A log of ours, closed, and what it says of itself. */
interface OurLog {
  readonly topic: string
  readonly dir: string
  readonly records: readonly string[]
  /** Pairs of a timestamp and the first offset that is not older. */
  readonly offsets: readonly (readonly [timestamp: number, offset: number])[]
}

const NOW = Date.now()
const NONE = 'none'

const test = suite('real Kafka')
const jars = await kafkaJars()

/** A record in the words of Kafka's console consumer; all of ours are text without tabs. */
function inWords({offset, timestamp, key, value, headers}: LogRecord, time: string): string {
  const pairs = Object.entries(headers).flatMap(([name, content]) =>
    (Array.isArray(content) ? content : [content]).map(each => `${name}:${each ?? NONE}`),
  )
  const columns = [pairs.join(',') || 'NO_HEADERS', key?.toString() ?? NONE, value?.toString() ?? NONE]
  return [`${time}:${timestamp}`, `Offset:${offset}`, ...columns].join('\t')
}

async function writeLog(topic: string, options: LogOptions, batches: readonly RecordInput[][]): Promise<OurLog> {
  const dir = tempDir()
  const log = await openLog(dir, {...options, topic, retentionMs: -1, durability: 'written'})
  for (const batch of batches) await log.send(batch)
  const records: string[] = []
  for await (const list of log.reader().batches()) {
    records.push(...list.map(record => inWords(record, options.messageTimestampType ?? 'CreateTime')))
  }
  const times = records.map(words => Number(/:(\d+)/.exec(words)![1]))
  const asked = [
    0,
    times[0]!,
    times[0]! + 1,
    times.at(-1)!,
    ...[0.2, 0.5, 0.8].map(p => times[Math.floor(p * times.length)]!),
  ]
  const offsets = asked.map(timestamp => [timestamp, log.offsetForTimestamp(timestamp)!] as const)
  await log.close()
  return {topic, dir, records, offsets}
}

function batchesOf(count: number, record: (i: number) => RecordInput): RecordInput[][] {
  const batches: RecordInput[][] = []
  for (let i = 0; i < count; ) {
    const size = Math.min(count - i, 1 + (i % 9))
    batches.push(Array.from({length: size}, (_, j) => record(i + j)))
    i += size
  }
  return batches
}

/** Many small segments with an index entry for every batch; all that a record can have and lack. */
const writeVaried = () =>
  writeLog(
    'varied',
    {segmentBytes: 2048, indexIntervalBytes: 0},
    batchesOf(400, i => ({
      key: i % 5 === 0 ? null : `key ${i} Ω漢😀`,
      value: i % 7 === 0 ? null : i % 11 === 0 ? '' : `value ${i} ${'é'.repeat(i % 60)}`,
      timestamp: NOW + Math.round(300 * Math.sin(i / 20)) + i,
      headers: i % 3 === 0 ? {first: [`${i}`, 'again'], ñ: null, empty: ''} : undefined,
    })),
  )

/** One segment with an index as usual, stamped by the log. */
const writeStamped = () =>
  writeLog(
    'stamped',
    {messageTimestampType: 'LogAppendTime'},
    batchesOf(3000, i => ({key: `${i}`, value: `${i} ${'.'.repeat(i % 100)}`, timestamp: 1})),
  )

/** Puts our files in the place of the partition's, of which only the topic's id stays. */
function swapIn(kafka: RealKafka, {topic, dir}: OurLog): void {
  const theirs = join(kafka.logDir, `${topic}-0`)
  const isTopicId = (path: string) => path.endsWith('partition.metadata')
  for (const name of readdirSync(theirs)) if (!isTopicId(name)) rmSync(join(theirs, name))
  cpSync(join(dir, `${topic}-0`), theirs, {recursive: true, filter: path => !isTopicId(path)})
}

async function consume(kafka: RealKafka, topic: string, count: number): Promise<string[]> {
  const shown = ['print.timestamp=true', 'print.offset=true', 'print.headers=true', 'print.key=true']
  const output = await kafka.tool('org.apache.kafka.tools.consumer.ConsoleConsumer', [
    ...['--bootstrap-server', kafka.address, '--topic', topic, '--partition', '0', '--offset', 'earliest'],
    ...['--max-messages', `${count}`, '--timeout-ms', '10000'],
    ...[...shown, `null.literal=${NONE}`].flatMap(property => ['--formatter-property', property]),
  ])
  return output.split('\n').slice(0, -1)
}

function clientOf(kafka: RealKafka): Kafka {
  return new Kafka({brokers: [kafka.address], logLevel: logLevel.NOTHING})
}

async function createTopics(kafka: RealKafka): Promise<void> {
  const admin = clientOf(kafka).admin()
  await admin.connect()
  const one = {numPartitions: 1, replicationFactor: 1}
  // for the indexes to come out the same, entries must be as far apart as ours are
  const everyBatch = [{name: 'index.interval.bytes', value: '0'}]
  await admin.createTopics({
    topics: [
      {topic: 'varied', ...one, configEntries: everyBatch},
      {topic: 'stamped', ...one},
    ],
  })
  await admin.disconnect()
}

/** What Kafka said of our partitions; it warns of nothing it is content with. */
function warningsOf(kafka: RealKafka): string[] {
  return kafka.output.split('\n').filter(line => / (?:WARN|ERROR) /.test(line) && /varied|stamped/.test(line))
}

if ('missing' in jars) {
  skip(test, 'Kafka takes over our logs', jars.missing)
} else {
  let kafka: RealKafka
  let varied: OurLog
  let stamped: OurLog

  /** Both logs at once: a consumer is mostly a JVM that starts. */
  const consumeBoth = (more: number) =>
    Promise.all([
      consume(kafka, varied.topic, varied.records.length + more),
      consume(kafka, stamped.topic, stamped.records.length),
    ])

  test.before(async () => {
    kafka = await RealKafka.format(jars.classPath, tempDir())
    varied = await writeVaried()
    stamped = await writeStamped()
    await kafka.start()
    await createTopics(kafka)
    await kafka.stop()
    for (const log of [varied, stamped]) swapIn(kafka, log)
    await kafka.start()
  })
  test.after(() => kafka?.stop('SIGKILL'))

  test('it takes them over as they are, and reads what was sent', async () => {
    const [first, second] = await consumeBoth(0)
    assert.is(first.join('\n'), varied.records.join('\n'))
    assert.is(second.join('\n'), stamped.records.join('\n'))
    assert.equal(warningsOf(kafka), [])
  })

  test('it finds offsets by time where we find them', async () => {
    const admin = clientOf(kafka).admin()
    await admin.connect()
    for (const {topic, offsets} of [varied, stamped]) {
      for (const [timestamp, offset] of offsets) {
        const [found] = await admin.fetchTopicOffsetsByTimestamp(topic, timestamp)
        assert.is(found!.offset, `${offset}`, `${topic} at ${timestamp}`)
      }
    }
    await admin.disconnect()
  })

  test('it goes on where we stopped, and then we go on from there', async () => {
    const producer = clientOf(kafka).producer()
    await producer.connect()
    const messages = ['one', 'two', 'three'].map(value => ({key: 'kafka', value, timestamp: `${NOW}`}))
    await producer.send({topic: varied.topic, messages})
    await producer.disconnect()
    await kafka.stop()

    const log = await openLog(kafka.logDir, {topic: varied.topic, retentionMs: -1, indexIntervalBytes: 0})
    const end = varied.records.length
    assert.is(log.logEndOffset, end + 3)
    await log.send({key: 'ours', value: 'four'})
    const tail = await log.reader({from: end}).batches().next()
    assert.equal(
      tail.value!.map(record => `${record.offset - end} ${record.key} ${record.text()}`),
      ['0 kafka one', '1 kafka two', '2 kafka three', '3 ours four'],
    )
    assert.ok((await log.verify()).ok)
    await log.close()
  })

  test('it checks them itself, keeps every record, and makes the same indexes', async () => {
    kafka.forgetCleanShutdown()
    const before = tempDir()
    cpSync(kafka.logDir, before, {recursive: true})
    await kafka.start()
    const [first, second] = await consumeBoth(4)
    const end = varied.records.length
    assert.is(first.slice(0, end).join('\n'), varied.records.join('\n'))
    assert.equal(
      first.slice(end).map(words => words.split('\t').at(-1)),
      ['one', 'two', 'three', 'four'],
    )
    assert.is(second.join('\n'), stamped.records.join('\n'))
    assert.equal(warningsOf(kafka), [])
    await kafka.stop()
    for (const topic of [varied.topic, stamped.topic]) {
      const names = readdirSync(join(before, `${topic}-0`)).filter(name => /^\d{20}\.(log|index|timeindex)$/.test(name))
      // where it went on, it left an entry out: a start makes it forget how far back the last one is
      const wentOn = topic === varied.topic ? names.findLast(name => name.endsWith('.index')) : undefined
      assert.ok(names.length >= 3)
      for (const name of names.filter(name => name !== wentOn)) {
        const ours = readFileSync(join(before, `${topic}-0`, name))
        const theirs = readFileSync(join(kafka.logDir, `${topic}-0`, name))
        assert.ok(ours.equals(theirs), `${topic}, ${name}: ${ours.length} bytes, Kafka has ${theirs.length}`)
      }
    }
  })
}

test.run()
