import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {LOG_CONFIG_DEFAULTS} from './log-config.ts'

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
  })
})

test.run()
