import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {type CommittedOffset, groupRecord, offsetRecord, readGroupRecord, type StoredGroup} from './group-records.ts'

const hex = (bytes: Uint8Array | null): string => Buffer.from(bytes ?? []).toString('hex')
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'))

const COMMITTED: CommittedOffset = {
  offset: 258,
  leaderEpoch: 3,
  metadata: 'ab',
  commitTimestamp: 5,
  expireTimestamp: -1,
  topicId: '',
}

const GROUP: StoredGroup = {
  protocolType: 'consumer',
  generation: 7,
  protocol: 'range',
  leader: 'm-1',
  currentStateTimestamp: 9,
  members: [
    {
      memberId: 'm-1',
      groupInstanceId: 'i',
      clientId: 'c',
      clientHost: '/h',
      rebalanceTimeoutMs: 60_000,
      sessionTimeoutMs: 30_000,
      subscription: bytes('0102'),
      assignment: bytes('03'),
    },
    {
      memberId: 'm-2',
      groupInstanceId: null,
      clientId: 'c',
      clientHost: '/h',
      rebalanceTimeoutMs: 1,
      sessionTimeoutMs: 2,
      subscription: bytes(''),
      assignment: bytes(''),
    },
  ],
}

test('a committed offset is written as version 4', () => {
  const record = offsetRecord('g', 'to', 1, COMMITTED)
  assert.is(hex(record.key), '0001 0001 67 0002 746f 00000001'.replaceAll(' ', ''))
  assert.is(hex(record.value), '0004 0000000000000102 00000003 03 6162 0000000000000005 00'.replaceAll(' ', ''))
})

test('its topic id is a tagged field', () => {
  const topicId = Buffer.alloc(16, 0xaa).toString('base64url')
  const record = offsetRecord('g', 't', 0, {...COMMITTED, topicId})
  assert.ok(hex(record.value).endsWith(`010010${'aa'.repeat(16)}`))
  assert.equal(readGroupRecord(record.key, record.value), {
    ...{type: 'offset', group: 'g', topic: 't', partition: 0},
    value: {...COMMITTED, topicId},
  })
})

test('one that expires at a time of its own is version 1, which knows no leader epoch', () => {
  const record = offsetRecord('g', 't', 0, {...COMMITTED, expireTimestamp: 77})
  assert.is(hex(record.value), '0001 0000000000000102 0002 6162 0000000000000005 000000000000004d'.replaceAll(' ', ''))
  const read = readGroupRecord(record.key, record.value)
  assert.equal(read?.value, {...COMMITTED, leaderEpoch: -1, expireTimestamp: 77})
})

test('older values of offsets are read', () => {
  const {key} = offsetRecord('g', 't', 0, null)
  const old: CommittedOffset = {...COMMITTED, leaderEpoch: -1}
  assert.equal(readGroupRecord(key, bytes('0000 0000000000000102 0002 6162 0000000000000005'))?.value, old)
  assert.equal(readGroupRecord(key, bytes('0002 0000000000000102 0002 6162 0000000000000005'))?.value, old)
  const third = bytes('0003 0000000000000102 00000003 0002 6162 0000000000000005')
  assert.equal(readGroupRecord(key, third)?.value, COMMITTED)
})

test('a group is written as version 3 and read again', () => {
  const record = groupRecord('g', GROUP)
  assert.is(hex(record.key), '0002000167')
  assert.ok(hex(record.value).startsWith('0003 0008 636f6e73756d6572 00000007 0005 72616e6765'.replaceAll(' ', '')))
  assert.equal(readGroupRecord(record.key, record.value), {type: 'group', group: 'g', value: GROUP})
})

test('older and newer groups are read', () => {
  const {key} = groupRecord('g', null)
  const none = {protocolType: 'a', generation: 1, protocol: null, leader: null}
  assert.equal(readGroupRecord(key, bytes('0000 0001 61 00000001 ffff ffff 00000000'))?.value, {
    ...none,
    currentStateTimestamp: -1,
    members: [],
  })
  const member = {memberId: 'm', groupInstanceId: null, clientId: 'c', clientHost: 'h', sessionTimeoutMs: 5}
  const blocks = {subscription: bytes('01'), assignment: bytes('02')}
  const first = '0001 6d 0001 63 0001 68'
  const second = '00000005 00000001 01 00000001 02'
  assert.equal(readGroupRecord(key, bytes(`0000 0001 61 00000001 ffff ffff 00000001 ${first} ${second}`))?.value, {
    ...none,
    currentStateTimestamp: -1,
    members: [{...member, ...blocks, rebalanceTimeoutMs: 5}],
  })
  const fourth = '0004 02 61 00000001 00 00 0000000000000009 02 02 6d 00 02 63 02 68 00000006 00000005 02 01 02 02'
  assert.equal(readGroupRecord(key, bytes(`${fourth} 01 05 01 ff 00`))?.value, {
    ...none,
    currentStateTimestamp: 9,
    members: [{...member, ...blocks, rebalanceTimeoutMs: 6}],
  })
})

test('tombstones have no value', () => {
  const offset = offsetRecord('g', 't', 3, null)
  assert.equal(readGroupRecord(offset.key, offset.value), {
    ...{type: 'offset', group: 'g', topic: 't', partition: 3},
    value: null,
  })
  const group = groupRecord('g', null)
  assert.equal(readGroupRecord(group.key, group.value), {type: 'group', group: 'g', value: null})
})

test('what nobody knows, or does not add up, is nothing', () => {
  const offset = offsetRecord('g', 't', 0, COMMITTED)
  const group = groupRecord('g', GROUP)
  assert.is(readGroupRecord(bytes('0003 0001 67'), null), undefined, 'a key of another protocol')
  assert.is(readGroupRecord(bytes('0002 0009 67'), null), undefined, 'a key that is cut')
  assert.is(readGroupRecord(bytes('0001 0001 67'), null), undefined, 'half a key')
  for (const {key, value} of [offset, group]) {
    assert.is(readGroupRecord(key, bytes('0005')), undefined, 'a version to come')
    for (let length = 0; length < value!.length; length++)
      assert.is(readGroupRecord(key, value!.subarray(0, length)), undefined, `${length} bytes`)
  }
})

test.run()
