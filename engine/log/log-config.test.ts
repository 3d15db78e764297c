import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {cleanupPolicyOf, LOG_CONFIG_DEFAULTS, segmentMsMax} from './log-config.ts'

test('the defaults are those of Kafka’s topic configs', () => {
  assert.equal(LOG_CONFIG_DEFAULTS, {
    segmentBytes: 1_073_741_824,
    segmentMs: 604_800_000,
    segmentIndexBytes: 10_485_760,
    indexIntervalBytes: 4096,
    retentionMs: 604_800_000,
    retentionBytes: -1,
    maxMessageBytes: 1_048_588,
    messageTimestampType: 'CreateTime',
    cleanupPolicy: 'delete',
    minCleanableDirtyRatio: 0.5,
    minCompactionLagMs: 0,
    maxCompactionLagMs: Number.MAX_SAFE_INTEGER,
    deleteRetentionMs: 86_400_000,
  })
})

test('a segment of a log that is compacted ends before its records must have been', () => {
  const config = {...LOG_CONFIG_DEFAULTS, maxCompactionLagMs: 5}
  assert.is(segmentMsMax(config), config.segmentMs)
  assert.is(segmentMsMax({...config, cleanupPolicy: 'compact'}), 5)
  assert.is(segmentMsMax({...LOG_CONFIG_DEFAULTS, cleanupPolicy: 'compact'}), config.segmentMs)
})

test('a cleanup policy is a list in any order', () => {
  for (const [text, policy] of [
    ['delete', 'delete'],
    ['compact', 'compact'],
    ['compact,compact', 'compact'],
    ['delete, compact', 'compact,delete'],
    [' compact,delete', 'compact,delete'],
    ['', undefined],
    ['compact,', undefined],
    ['compact,no', undefined],
  ] as const)
    assert.is(cleanupPolicyOf(text), policy, text)
})

test.run()
