import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {eventText} from './event-text.ts'
import {pictureOf, statusOf, type View} from './picture.ts'

const thread = (state: 'running' | 'down') => ({state})
const replica = (broker: number, lag: number) => ({broker, lag})
const VIEW: View = {
  title: 'a job',
  step: 'streaming',
  sinceStartMs: 2500,
  acked: 1400,
  metrics: {
    coordinator: 3,
    coordinators: [thread('running'), thread('down'), thread('running')],
    brokers: [thread('running'), thread('down')],
    partitions: [
      {
        partition: 0,
        leader: 1,
        leaderEpoch: 2,
        isr: [1],
        highWatermark: 1450,
        replicas: [replica(1, 0), replica(2, 300)],
      },
    ],
  },
  read: () => 1400,
  lines: [
    {atMs: 1000, text: 'first'},
    {atMs: 2000, text: 'second'},
  ],
}

test('the picture tells who is up, who leads, how far all are, and what happened', () => {
  assert.equal(
    pictureOf(VIEW, 24).map(line => line.trimEnd()),
    [
      'a job                                                         2.50 s',
      'streaming                                                   1 400 acked',
      '',
      'brokers       1 up, leads 0       2 DOWN',
      'coordinators  1 up                2 DOWN              3 up, writes',
      '',
      'partition leader epoch in sync watermark   reader  broker 1  broker 2',
      '        0      1     2       1     1 450      -50     leads      -300',
      '',
      '  1.00 s  first',
      '  2.00 s  second',
    ],
  )
})

test('where rows are few, what happened first goes first', () => {
  assert.is(pictureOf(VIEW, 10).at(-1), '  2.00 s  second')
  assert.is(pictureOf(VIEW, 10).length, 10)
  assert.is(pictureOf(VIEW, 3).length, 9)
  assert.is(pictureOf({...VIEW, metrics: undefined}, 24).length, 5)
})

test('a line for where nothing is drawn', () => {
  assert.is(statusOf(VIEW), '1 400 acked, partitions led by 1, live reader 50 behind')
})

for (const [event, text] of [
  [{type: 'broker.down', broker: 1, reason: 'has ended'}, 'broker 1 is down: its thread has ended'],
  [{type: 'leader.changed', partition: 3, leader: -1, leaderEpoch: 4}, 'partition 3: nobody leads'],
  [{type: 'leader.changed', partition: 3, leader: 2, leaderEpoch: 4}, 'partition 3: broker 2 leads, epoch 4'],
  [{type: 'isr.changed', partition: 3, isr: [3, 1]}, 'partition 3: in sync are brokers 1 3'],
  [{type: 'coordinator.changed', holder: 2, epoch: 9}, 'coordinator 2 writes, epoch 9'],
  [{type: 'something.new'}, 'something.new'],
] as const) {
  test(`in words: ${text}`, () => assert.is(eventText(event), text))
}

test.run()
