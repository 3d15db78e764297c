import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {LOG_CONFIG_DEFAULTS} from '../log/log-config.ts'
import {
  describeTopicConfigs,
  isTopicConfig,
  isUnclean,
  refuseTopicConfigs,
  TOPIC_CONFIG_NAMES,
  topicSettings,
} from './topic-configs.ts'

const LONG_MAX = '9223372036854775807'

test('without configs a topic is as Kafka has it', () => {
  assert.equal(topicSettings({}, {}), {
    log: LOG_CONFIG_DEFAULTS,
    durability: 'synced',
    flushMessages: -1,
    flushMs: -1,
    minInsyncReplicas: 1,
    uncleanLeaderElection: false,
  })
})

test('a topic goes before the cluster, and that before the default', () => {
  const cluster = {'retention.ms': '5', durability: 'written', 'flush.ms': '7'}
  const {log, durability, flushMs} = topicSettings({'retention.ms': '6'}, cluster)
  assert.equal([log.retentionMs, durability, flushMs], [6, 'written', 7])
  const described = describeTopicConfigs({'retention.ms': '6'}, cluster)
  const of = (name: string) => described.find(config => config.name === name)
  assert.equal(of('retention.ms'), {name: 'retention.ms', value: '6', type: 'long', source: 'topic'})
  assert.equal(of('durability'), {name: 'durability', value: 'written', type: 'string', source: 'cluster'})
  assert.equal(of('segment.bytes'), {name: 'segment.bytes', value: '1073741824', type: 'int', source: 'default'})
  assert.equal(
    described.map(({name}) => name),
    TOPIC_CONFIG_NAMES,
  )
})

test('every config reaches who hosts the topic', () => {
  const configs = {
    'flush.messages': '1',
    'flush.ms': '0',
    'index.interval.bytes': '0',
    'max.message.bytes': '128',
    'message.timestamp.type': 'LogAppendTime',
    'min.insync.replicas': '2',
    'retention.bytes': '-1',
    'retention.ms': '-1',
    'segment.bytes': '1024',
    'segment.index.bytes': '24',
    'segment.ms': '1',
    'unclean.leader.election.enable': 'true',
    'cleanup.policy': 'delete, compact',
    'delete.retention.ms': '3',
    'max.compaction.lag.ms': '5',
    'min.cleanable.dirty.ratio': '.25',
    'min.compaction.lag.ms': '4',
    durability: 'written',
  }
  assert.equal(Object.keys(configs).sort(), [...TOPIC_CONFIG_NAMES].sort())
  assert.is(refuseTopicConfigs(configs), undefined)
  assert.equal(topicSettings(configs, {}), {
    log: {
      segmentBytes: 1024,
      segmentMs: 1,
      segmentIndexBytes: 24,
      indexIntervalBytes: 0,
      retentionMs: -1,
      retentionBytes: -1,
      maxMessageBytes: 128,
      messageTimestampType: 'LogAppendTime',
      cleanupPolicy: 'compact,delete',
      minCleanableDirtyRatio: 0.25,
      minCompactionLagMs: 4,
      maxCompactionLagMs: 5,
      deleteRetentionMs: 3,
    },
    durability: 'written',
    flushMessages: 1,
    flushMs: 0,
    minInsyncReplicas: 2,
    uncleanLeaderElection: true,
  })
})

test('Kafka’s greatest number means never', () => {
  const configs = {
    'flush.messages': LONG_MAX,
    'flush.ms': LONG_MAX,
    'retention.ms': LONG_MAX,
    'retention.bytes': LONG_MAX,
    'segment.ms': LONG_MAX,
  }
  assert.is(refuseTopicConfigs(configs), undefined)
  const {log, flushMessages, flushMs} = topicSettings(configs, {})
  assert.equal([flushMessages, flushMs, log.retentionMs, log.retentionBytes], [-1, -1, -1, -1])
  assert.is(log.segmentMs, Number.MAX_SAFE_INTEGER)
})

const REFUSED: readonly (readonly [Record<string, string>, string])[] = [
  [{'no.such': '1'}, 'no.such is no config of a topic'],
  [{toString: '1'}, 'toString is no config of a topic'],
  [{'cleanup.policy': 'compress'}, "cleanup.policy is delete, compact, or compact,delete, not 'compress'"],
  [{'cleanup.policy': ''}, "cleanup.policy is delete, compact, or compact,delete, not ''"],
  [{'min.cleanable.dirty.ratio': '1.1'}, "min.cleanable.dirty.ratio is a number from 0 to 1, not '1.1'"],
  [{'min.cleanable.dirty.ratio': 'x'}, "min.cleanable.dirty.ratio is a number from 0 to 1, not 'x'"],
  [{'max.compaction.lag.ms': '0'}, "max.compaction.lag.ms is a whole number from 1 to 9007199254740991, not '0'"],
  [
    {'min.compaction.lag.ms': '3', 'max.compaction.lag.ms': '2'},
    'min.compaction.lag.ms is at most max.compaction.lag.ms, 2, not 3',
  ],
  [{durability: 'never'}, "durability is synced or written, not 'never'"],
  [{'min.insync.replicas': '0'}, "min.insync.replicas is a whole number from 1 to 2147483647, not '0'"],
  [{'segment.bytes': '2147483648'}, "segment.bytes is a whole number from 1024 to 2147483647, not '2147483648'"],
  [{'max.message.bytes': '134217729'}, "max.message.bytes is a whole number from 128 to 134217728, not '134217729'"],
  [{'retention.ms': '-2'}, "retention.ms is a whole number from -1 to 9007199254740991, not '-2'"],
  [
    {'retention.ms': '9007199254740992'},
    "retention.ms is a whole number from -1 to 9007199254740991, not '9007199254740992'",
  ],
  [{'flush.ms': '1.5'}, "flush.ms is a whole number from 0 to 9007199254740991, not '1.5'"],
  [{'flush.ms': ''}, "flush.ms is a whole number from 0 to 9007199254740991, not ''"],
  [{'unclean.leader.election.enable': 'yes'}, "unclean.leader.election.enable is true or false, not 'yes'"],
  [{'segment.jitter.ms': '5'}, "segment.jitter.ms has no effect here, so it is '0', not '5'"],
  [{'retention.ms': 5 as unknown as string}, 'retention.ms is given as text'],
]

for (const [configs, message] of REFUSED) {
  test(`refused: ${message}`, () => {
    assert.equal(refuseTopicConfigs({'retention.ms': '1', ...configs}), {error: 'INVALID_CONFIG', message})
  })
}

test('a config of Kafka without effect is taken at the value that asks for nothing', () => {
  assert.is(refuseTopicConfigs({'compression.type': 'producer', preallocate: 'false'}), undefined)
  assert.equal([isTopicConfig('preallocate'), isTopicConfig('preallocated')], [true, false])
})

test('a topic is compacted, or its records go with age and size, or both', () => {
  const policy = (text: string) => topicSettings({'cleanup.policy': text}, {}).log.cleanupPolicy
  assert.equal(['delete', 'compact', 'compact,delete', 'delete,compact', 'compact,compact'].map(policy), [
    'delete',
    'compact',
    'compact,delete',
    'compact,delete',
    'compact',
  ])
})

test('unclean elections are off unless the topic or the cluster says so', () => {
  const on = {'unclean.leader.election.enable': 'true'}
  const off = {'unclean.leader.election.enable': 'false'}
  assert.equal(
    [isUnclean({}, {}), isUnclean(on, {}), isUnclean({}, on), isUnclean(off, on)],
    [false, true, true, false],
  )
})

test.run()
