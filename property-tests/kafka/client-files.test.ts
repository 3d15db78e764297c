/** What Kafka's clients have written through brokers of ours is, on every replica's disk, what Kafka's own DumpLogSegments accepts. */
import {readdirSync} from 'node:fs'
import {join} from 'node:path'
import {Kafka, logLevel} from 'kafkajs'
import {suite} from 'uvu'
import * as assert from 'uvu/assert'
import {openCluster} from '../../index.ts'
import {tempDir} from '../door/temp-dir.ts'
import {skip} from '../runner/skip.ts'
import {dumpLogSegments} from './dump-log-segments.ts'
import {JavaProgram} from './java-program.ts'
import {kafkaJars} from './kafka-jars.ts'

const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd']
const BROKERS = 2
const COUNT = 2000
const PRODUCER = /^producerId: (\d+) producerEpoch: 0 /gm

const test = suite('files of clients')
const jars = await kafkaJars()

/** The files of a topic's partitions on one broker, of every kind that the tool reads. */
function filesOf(dir: string, broker: number, topic: string): string[] {
  const home = join(dir, `broker-${broker}`)
  const partitions = readdirSync(home).filter(name => name.startsWith(`${topic}-`))
  return partitions.flatMap(name =>
    readdirSync(join(home, name))
      .filter(file => /^\d{20}\.(log|index|timeindex|snapshot)$/.test(file))
      .sort()
      .map(file => join(home, name, file)),
  )
}

async function produceByJava(classPath: string, bootstrap: string): Promise<void> {
  const java = new JavaProgram(classPath, 'KafkaTools')
  try {
    for (const codec of CODECS) {
      const size = ['--topic', codec, '--num-records', `${COUNT}`, '--record-size', '100', '--throughput', '-1']
      const how = ['--command-property', `compression.type=${codec}`, 'enable.idempotence=true', 'linger.ms=2']
      const main = 'org.apache.kafka.tools.ProducerPerformance'
      const args = ['--bootstrap-server', bootstrap, ...size, ...how]
      const {exitCode, stderr} = await java.call<{exitCode: number; stderr: string}>({main, args, input: ''})
      assert.is(exitCode, 0, stderr)
    }
  } finally {
    await java.close()
  }
}

async function produceByKafkajs(bootstrap: string): Promise<void> {
  const kafka = new Kafka({clientId: 'test', brokers: bootstrap.split(','), logLevel: logLevel.NOTHING})
  const producer = kafka.producer({idempotent: true, maxInFlightRequests: 1})
  await producer.connect()
  for (let i = 0; i < 20; i++) {
    const messages = Array.from({length: COUNT / 20}, (_, j) => ({key: `${j}`, value: `${i}`, headers: {n: 'ü'}}))
    await producer.send({topic: 'kafkajs', messages})
  }
  await producer.disconnect()
}

if ('missing' in jars) {
  skip(test, 'are accepted by DumpLogSegments', jars.missing)
} else {
  test('every codec, idempotent, in several partitions and segments', async () => {
    const dir = tempDir()
    const topics = [...CODECS, 'kafkajs']
    await using cluster = await openCluster({dir, brokers: BROKERS, replicationFactor: BROKERS})
    const {bootstrapServers} = await cluster.listen()
    const configs = {'segment.bytes': '20000', 'index.interval.bytes': '1000'}
    await cluster.admin.createTopics(topics.map(name => ({name, numPartitions: 2, configs})))
    await produceByJava(jars.classPath, bootstrapServers)
    await produceByKafkajs(bootstrapServers)
    await cluster.close()
    const brokers = Array.from({length: BROKERS}, (_, i) => i + 1)
    const files = topics.flatMap(topic => brokers.flatMap(broker => filesOf(dir, broker, topic)))
    const {complaints, unread, records, output} = await dumpLogSegments(files, {deep: true})
    assert.equal([complaints, unread, records], [[], [], topics.length * BROKERS * COUNT])
    for (const codec of CODECS) assert.match(output, `compresscodec: ${codec} `)
    const producers = new Set([...output.matchAll(PRODUCER)].map(([, id]) => id))
    assert.is(producers.size, topics.length, 'snapshots name the producer of each topic')
  })
}

test.run()
