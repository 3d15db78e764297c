import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {UsageError} from '../failure.ts'
import {parseProperties} from './properties.ts'
import {settingsOf} from './settings.ts'

const read = (text: string) => settingsOf(parseProperties(text, 'server.properties'))

test("a broker's properties become options, defaults of topics, a dir and a port", () => {
  const settings = read(
    `process.roles=broker,controller
     node.id=1
     listeners=CONTROLLER://:9093, PLAINTEXT://localhost:9092
     advertised.listeners=PLAINTEXT://kafka.example:9092
     log.dirs=/var/lib/kafka
     num.partitions=3
     auto.create.topics.enable=FALSE
     log.retention.hours=168
     log.retention.ms=1000
     log.segment.bytes=1048576
     min.insync.replicas=2
     durability=written
     log.roll.hours=1
     log.roll.ms=5`,
  )
  assert.equal(settings, {
    options: {
      numPartitions: 3,
      autoCreateTopics: false,
      topicConfigs: {
        'retention.ms': '1000',
        'segment.ms': '5',
        'segment.bytes': '1048576',
        'min.insync.replicas': '2',
        durability: 'written',
      },
    },
    dir: '/var/lib/kafka',
    host: 'localhost',
    port: 9092,
    advertisedHost: 'kafka.example',
    unused: ['process.roles', 'node.id'],
  })
})

test('the finest unit counts, wherever it stands; a config by its own name before all; of one name the last', () => {
  const retentionOf = (text: string) => read(text).options.topicConfigs?.['retention.ms']
  assert.is(retentionOf('log.retention.minutes=2\nlog.retention.hours=1'), '120000')
  assert.is(retentionOf('log.retention.hours=1'), '3600000')
  assert.is(retentionOf('log.retention.hours=-1'), '-1')
  assert.is(retentionOf('retention.ms=7\nlog.retention.ms=8'), '7')
  assert.is(retentionOf('log.retention.ms=8\nlog.retention.ms=9'), '9')
  assert.equal(read('listeners=PLAINTEXT://:9092').host, undefined)
  assert.equal(read(''), {
    options: {},
    dir: undefined,
    host: undefined,
    port: undefined,
    advertisedHost: undefined,
    unused: [],
  })
})

test('a value that is wrong is refused, with its place', () => {
  for (const [text, words] of [
    ['num.partitions=many', "server.properties:1: num.partitions is a whole number, not 'many'"],
    ['\nauto.create.topics.enable=yes', "server.properties:2: auto.create.topics.enable is true or false, not 'yes'"],
    ['log.retention.hours=1.5', 'log.retention.hours is a whole number'],
    ['log.segment.bytes=1', 'log.segment.bytes: segment.bytes is a whole number from 1024'],
    ['log.dirs=/a,/b', 'log.dirs is one directory here'],
    ['listeners=SSL://:9092', 'only PLAINTEXT is served, not SSL'],
    ['listeners=9092', 'listeners is a list like'],
    ['listeners=CONTROLLER://:9093', 'names no PLAINTEXT'],
    ['compression.type=gzip', "has no effect here, so it is 'producer'"],
  ] as const)
    assert.throws(
      () => read(text),
      (error: Error) => error instanceof UsageError && error.message.includes(words),
      words,
    )
})

test.run()
