import fc from 'fast-check'
import type {LogConfig} from '../../engine/log/log-config.ts'
import type {Readers} from './log-bed.ts'
import * as log from './log-commands.ts'

/** What a log is made with: small enough that every bound is met within a few appends. */
export const anyLog = fc.record({
  config: fc.record({
    segmentBytes: fc.constantFrom(800, 1500, 6000),
    segmentMs: fc.constantFrom(200, 1500, 60_000),
    segmentIndexBytes: fc.constantFrom(36, 50, 10_000),
    indexIntervalBytes: fc.constantFrom(0, 0, 300),
    retentionMs: fc.constantFrom(-1, 200, 1000),
    retentionBytes: fc.constantFrom(-1, 0, 1000),
    messageTimestampType: fc.constantFrom<LogConfig['messageTimestampType'][]>(
      'CreateTime',
      'CreateTime',
      'LogAppendTime',
    ),
  }),
  arena: fc.record({
    windows: fc.integer({min: 2, max: 3}),
    windowBytes: fc.integer({min: 600, max: 1500}),
    indexEntries: fc.integer({min: 2, max: 16}),
  }),
  /** Whether somebody reads from the beginning. */
  read: fc.boolean(),
  start: fc.constantFrom(0, 0, 2 ** 31 - 20, 2 ** 32 - 20, 2 ** 40),
})

const share = fc.integer({min: 0, max: 100}).map(percent => percent / 100)
const systemErrors = fc.constantFrom('ENOSPC', 'EIO', 'EMFILE')
const readerKinds = fc.constantFrom<(keyof Readers)[]>('arena', 'sameArena', 'files')

const appends = fc.record({
  // repeated, falling and rising times
  timeDeltas: fc.array(fc.oneof(fc.constant(0), fc.integer({min: -300, max: 50})), {minLength: 1, maxLength: 4}),
  valueBytes: fc.oneof({weight: 5, arbitrary: fc.nat(120)}, {weight: 1, arbitrary: fc.nat(900)}),
  waitMs: fc.oneof(fc.constant(0), fc.nat(30), fc.nat(400)),
})

/** How often each step comes up, so that a history gets everywhere. */
const WEIGHTED: readonly (readonly [weight: number, step: fc.Arbitrary<log.LogCommand>])[] = [
  [16, appends.map(log.append)],
  [8, fc.constant(0).map(log.commit)],
  [9, fc.tuple(readerKinds, share, fc.boolean()).map(how => log.read(...how))],
  [3, share.map(log.truncate)],
  [3, fc.tuple(fc.constantFrom(0, 500, 3000), fc.boolean()).map(how => log.retain(...how))],
  [4, fc.boolean().map(log.beginSync)],
  [3, fc.constant(0).map(log.endSync)],
  [2, fc.tuple(fc.nat(150), fc.boolean()).map(how => log.commitFails(...how))],
  [1, fc.constant(0).map(log.raiseHighWatermark)],
  [1, fc.constant(0).map(log.roll)],
  [1, fc.tuple(fc.integer({min: 1, max: 20}), systemErrors).map(how => log.rollFails(...how))],
  [2, share.map(log.deleteRecords)],
  [1, fc.constant(0).map(log.sync)],
  [1, fc.integer({min: 1, max: 4}).map(log.syncFails)],
  [1, fc.boolean().map(log.closeAndReload)],
  [1, fc.constant(0).map(log.kill)],
  [2, fc.nat().map(log.losePower)],
]

export const logSteps = WEIGHTED.flatMap(([weight, step]) => Array<typeof step>(weight).fill(step))
