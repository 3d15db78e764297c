import {test} from 'uvu'
import * as assert from 'uvu/assert'
import type {OdradekError} from '../engine/errors.ts'
import {type LogOptions, resolveOptions} from './log-options.ts'

const KIB = 1024
const DAY_MS = 24 * 3_600_000

test("defaults are Kafka's, but that an append is worth a sync", () => {
  assert.equal(resolveOptions({}), {
    topic: 'log',
    durability: 'synced',
    config: {
      segmentBytes: KIB ** 3,
      segmentMs: 7 * DAY_MS,
      segmentIndexBytes: 10 * KIB ** 2,
      indexIntervalBytes: 4096,
      retentionMs: 7 * DAY_MS,
      retentionBytes: -1,
      maxMessageBytes: 1_048_588,
      messageTimestampType: 'CreateTime',
      cleanupPolicy: 'delete',
      minCleanableDirtyRatio: 0.5,
      minCompactionLagMs: 0,
      maxCompactionLagMs: Number.MAX_SAFE_INTEGER,
      deleteRetentionMs: DAY_MS,
    },
    flushMessages: -1,
    flushMs: -1,
    retentionCheckMs: 300_000,
    cleanerBackoffMs: 15_000,
    bufferMemory: 256 * KIB ** 2,
    onDamage: 'refuse',
    workerEntry: undefined,
  })
  assert.equal(resolveOptions({segmentBytes: undefined} as object), resolveOptions({}))
})

test('cleanup.policy is a list in any order, as in Kafka', () => {
  const policyOf = (cleanupPolicy: string) => resolveOptions({cleanupPolicy} as LogOptions).config.cleanupPolicy
  assert.equal(['delete,compact', 'delete, compact', ' compact , delete', 'compact,compact'].map(policyOf), [
    'compact,delete',
    'compact,delete',
    'compact,delete',
    'compact',
  ])
})

test('what is given is taken, at both ends of its range', () => {
  for (const options of [
    {segmentBytes: 1024},
    {segmentBytes: 2 ** 31 - 1},
    {retentionMs: -1},
    {cleanupPolicy: 'compact'},
    {cleanupPolicy: 'compact,delete'},
    {minCleanableDirtyRatio: 0},
    {minCleanableDirtyRatio: 1},
    {retentionMs: 0},
    {retentionBytes: Number.MAX_SAFE_INTEGER},
    {maxMessageBytes: 128},
    {indexIntervalBytes: 0},
  ] as LogOptions[])
    assert.equal(resolveOptions(options).config, {...resolveOptions({}).config, ...options})
  for (const options of [
    {flushMessages: -1},
    {flushMessages: 1},
    {flushMs: 0},
    {bufferMemory: 0},
    {topic: 'a.b_c-9'},
  ] as LogOptions[])
    assert.equal(resolveOptions(options), {...resolveOptions({}), ...options})
})

test('an error names the option, what it takes and what it was given', () => {
  for (const [options, message] of [
    [{flushMessages: 0}, 'INVALID_CONFIG: flushMessages is a whole number from 1, or -1, not the number 0'],
    [{flushMessages: -2}, 'INVALID_CONFIG: flushMessages is a whole number from 1, or -1, not the number -2'],
    [{segmentMs: '5'}, "INVALID_CONFIG: segmentMs is a whole number from 1, not the string '5'"],
    [{durability: null}, "INVALID_CONFIG: durability is 'written' or 'synced', not null"],
    [
      {minCleanableDirtyRatio: 1.5},
      'INVALID_CONFIG: minCleanableDirtyRatio is a number from 0 to 1, not the number 1.5',
    ],
    [
      {minCompactionLagMs: 3, maxCompactionLagMs: 2},
      'INVALID_CONFIG: minCompactionLagMs is at most maxCompactionLagMs, 2, not 3',
    ],
    [[], 'INVALID_CONFIG: options are an object, not an empty array'],
  ] as const)
    assert.throws(
      () => resolveOptions(options as LogOptions),
      (error: OdradekError) => error.message === message,
    )
})

test.run()
