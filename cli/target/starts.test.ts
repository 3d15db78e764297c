import {test} from 'uvu'
import * as assert from 'uvu/assert'
import type {Admin} from '../../doors/kafkajs.ts'
import {startArgument} from '../arguments.ts'
import {startsOf} from './starts.ts'

/** Partition 1 comes first; partition 0 has no record of that time. */
const admin = {
  fetchTopicOffsets: async () => [
    {partition: 1, offset: '20', low: '5', high: '20'},
    {partition: 0, offset: '3', low: '0', high: '3'},
  ],
  fetchTopicOffsetsByTimestamp: async (_: string, timestamp: number) => [
    {partition: 0, offset: '-1'},
    {partition: 1, offset: String(timestamp)},
  ],
} as unknown as Admin

test('where a position is in each partition', async () => {
  for (const [text, starts] of [
    ['beginning', [0, 5]],
    ['end', [3, 20]],
    ['2', [2, 5]],
    ['10', [3, 10]],
    ['-4', [0, 16]],
    ['s@7', [3, 7]],
    ['@7', [3, 7]],
  ] as const) {
    const found = await startsOf(admin, 't', startArgument(text))
    assert.equal(
      found.map(({partition, start}) => [partition, start]),
      [
        [0, starts[0]],
        [1, starts[1]],
      ],
      text,
    )
  }
  for (const wrong of ['first', 's@', 's@noon', '1.5', '']) assert.throws(() => startArgument(wrong), /It is beginning/)
})

test.run()
