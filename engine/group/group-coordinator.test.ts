import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {bytesOf, GroupBed, SESSION_MS, subscription} from '../../property-tests/groups/group-bed.ts'
import {SLOT_BYTES} from '../limits.ts'
import type {Requester} from './requests.ts'

const DAY_MS = 24 * 3_600_000

/** A member that has its part. */
function member(bed: GroupBed, from: Partial<Requester> = {}): {memberId: string; generationIdOrMemberEpoch: number} {
  const {response, id} = (() => {
    const entered = bed.enter({from})
    bed.pass(0)
    return entered
  })()
  const generationId = response!.generationId
  bed.sync({memberId: id, generationId}, {[id]: 'all'})
  return {memberId: id, generationIdOrMemberEpoch: generationId}
}

/** Lets time pass while the member shows that it is there. */
function live(bed: GroupBed, {memberId, generationIdOrMemberEpoch: generation}: ReturnType<typeof member>, ms: number) {
  for (let passed = 0; passed < ms; passed += SESSION_MS / 2) {
    assert.is(bed.beat(memberId, generation), 'NONE')
    bed.pass(SESSION_MS / 2)
  }
}

test('who is in no group commits and fetches, and so does whoever coordinates next', () => {
  const bed = new GroupBed()
  assert.is(bed.committed(), -1)
  assert.is(bed.commit(7).response, 'NONE')
  assert.is(bed.committed(), 7)
  bed.move()
  assert.equal([bed.committed(), bed.committed('g', 't', 1), bed.committed('other')], [7, -1, -1])
  assert.is(bed.state(), 'Empty')
})

test('all that is told of a committed offset', () => {
  const bed = new GroupBed()
  const partitions = [
    {partitionIndex: 3, committedOffset: 5, committedLeaderEpoch: 2, committedMetadata: 'm'},
    {partitionIndex: 1, committedOffset: 6, committedMetadata: null},
  ]
  bed.coordinator.commit({groupId: 'g', topics: [{name: 't', partitions}]}, bed.now, () => {})
  bed.move()
  const none = {errorCode: 'NONE'}
  assert.equal(bed.coordinator.fetch({groupId: 'g', topics: null}), {
    ...none,
    groupId: 'g',
    topics: [
      {
        name: 't',
        partitions: [
          {...none, partitionIndex: 1, committedOffset: 6, committedLeaderEpoch: -1, metadata: ''},
          {...none, partitionIndex: 3, committedOffset: 5, committedLeaderEpoch: 2, metadata: 'm'},
        ],
      },
    ],
  })
  assert.equal(bed.coordinator.fetch({groupId: 'none'}).topics, [])
})

test('a commit counts once it is stored, and not where it cannot be', () => {
  const bed = new GroupBed()
  bed.isSlow = true
  const commit = bed.commit(7)
  assert.equal([commit.response, bed.committed()], [undefined, -1])
  bed.settle()
  assert.equal([commit.response, bed.committed()], ['NONE', 7])
  const lost = bed.commit(8)
  bed.settle('COORDINATOR_NOT_AVAILABLE')
  assert.equal([lost.response, bed.committed()], ['COORDINATOR_NOT_AVAILABLE', 7])
  const large = bed.commit(9)
  bed.settle('MESSAGE_TOO_LARGE')
  assert.is(large.response, 'INVALID_COMMIT_OFFSET_SIZE')
  const moved = bed.commit(10)
  bed.move()
  assert.equal([moved.response, bed.committed()], ['NOT_COORDINATOR', 7])
})

test('each partition is refused by itself', () => {
  const bed = new GroupBed()
  const commit = (name: string, partitionIndex: number, committedMetadata: string) => ({
    name,
    partitions: [{partitionIndex, committedOffset: 1, committedMetadata}],
  })
  const topics = [
    commit('t', 0, ''),
    commit('t', 4, ''),
    commit('t', -1, ''),
    commit('none', 0, ''),
    commit('t', 1, 'x'.repeat(4097)),
  ]
  let told: unknown
  bed.coordinator.commit({groupId: 'g', topics}, bed.now, response => {
    told = response.topics.map(({partitions}) => partitions[0]!.errorCode)
  })
  const unknown = 'UNKNOWN_TOPIC_OR_PARTITION'
  assert.equal(told, ['NONE', unknown, unknown, unknown, 'OFFSET_METADATA_TOO_LARGE'])
  assert.is(bed.commit(1, {groupId: 'h', topics: [commit('none', 0, '')]}).response, unknown)
})

test('members commit in their generation, and nobody else while they are there', () => {
  const bed = new GroupBed()
  const own = member(bed)
  assert.is(bed.commit(1, own).response, 'NONE')
  assert.is(bed.commit(2, {...own, generationIdOrMemberEpoch: 2}).response, 'ILLEGAL_GENERATION')
  assert.is(bed.commit(2, {...own, memberId: 'stranger'}).response, 'UNKNOWN_MEMBER_ID')
  assert.is(bed.commit(2, {...own, groupInstanceId: 'i'}).response, 'UNKNOWN_MEMBER_ID')
  assert.is(bed.commit(2).response, 'UNKNOWN_MEMBER_ID')
  assert.is(bed.commit(2, {...own, groupId: 'none'}).response, 'ILLEGAL_GENERATION')
  const other = bed.enter()
  assert.is(bed.commit(3, own).response, 'NONE', 'before it joins anew it commits what it has done')
  bed.join({memberId: own.memberId})
  assert.is(other.response?.generationId, 2)
  assert.is(bed.commit(4, {memberId: other.id, generationIdOrMemberEpoch: 2}).response, 'REBALANCE_IN_PROGRESS')
  assert.is(bed.committed(), 3)
})

test('a commit shows that a member is there', () => {
  const bed = new GroupBed()
  const own = member(bed)
  for (let i = 0; i < 4; i++) {
    bed.pass(SESSION_MS - 1)
    assert.is(bed.commit(i, own).response, 'NONE')
  }
})

test('a topic made anew under its name begins without what was committed for the other', () => {
  const bed = new GroupBed()
  bed.commit(7)
  bed.topics.set('t', {topicId: 'BBBBBBBBBBBBBBBBBBBBBA', partitions: 4})
  assert.is(bed.committed(), -1)
  bed.pass(600_000)
  bed.move()
  bed.topics.set('t', {topicId: 'AAAAAAAAAAAAAAAAAAAAAQ', partitions: 4})
  assert.is(bed.committed(), -1, 'it was forgotten for good')
  assert.is(bed.state(), 'Dead', 'and the group with it')
})

test('what was committed is told also where the topic is not known now', () => {
  const bed = new GroupBed()
  bed.commit(7)
  bed.topics.delete('t')
  assert.is(bed.committed(), 7)
})

test('what nobody comes back for is forgotten after the retention: a standalone’s by its commit, a group’s since it is empty', () => {
  const bed = new GroupBed()
  bed.commit(7)
  const own = member(bed)
  live(bed, own, 60_000)
  bed.leave(own.memberId)
  bed.pass(6.99 * DAY_MS)
  assert.is(bed.committed(), 7)
  bed.pass(0.03 * DAY_MS)
  assert.equal([bed.committed(), bed.state()], [-1, 'Dead'])
  bed.commit(8, {groupId: 'alone'})
  bed.pass(7.02 * DAY_MS)
  assert.is(bed.committed('alone'), -1)
  bed.move()
  assert.equal([bed.committed(), bed.committed('alone')], [-1, -1])
})

test('what was committed meanwhile, or cannot be taken back, stays', () => {
  const bed = new GroupBed({offsetsRetentionMs: 1000, offsetsRetentionCheckMs: 1000})
  bed.commit(7)
  bed.isSlow = true
  bed.pass(1000)
  bed.commit(8)
  bed.settleAll()
  bed.isSlow = false
  assert.is(bed.committed(), 8)
  bed.failure = 'NOT_COORDINATOR'
  bed.pass(5000)
  assert.is(bed.committed(), 8)
})

test('while a group works only topics that nobody subscribes to are forgotten', () => {
  const bed = new GroupBed({offsetsRetentionMs: SESSION_MS, offsetsRetentionCheckMs: 1000})
  bed.topics.set('other', {topicId: 'CCCCCCCCCCCCCCCCCCCCCA', partitions: 1})
  const own = member(bed)
  const partitions = [{partitionIndex: 0, committedOffset: 3}]
  bed.commit(1, {
    ...own,
    topics: [
      {name: 't', partitions},
      {name: 'other', partitions},
    ],
  })
  live(bed, own, 4 * SESSION_MS)
  assert.equal([bed.committed(), bed.committed('g', 'other')], [3, -1])
})

test('what has an expiry of its own keeps to that', () => {
  const bed = new GroupBed({offsetsRetentionCheckMs: 1000})
  const committed = {offset: 5, leaderEpoch: -1, metadata: '', commitTimestamp: 0, topicId: ''}
  const expireTimestamp = bed.now.wallMs + 5000
  bed.coordinator.replay({type: 'offset', group: 'g', topic: 't', partition: 0, value: {...committed, expireTimestamp}})
  bed.pass(4000)
  assert.is(bed.committed(), 5)
  bed.pass(1000)
  assert.is(bed.committed(), -1)
})

test('an empty group is deleted with all it has committed, whoever coordinates it next', () => {
  const bed = new GroupBed()
  assert.is(bed.delete().response, 'GROUP_ID_NOT_FOUND')
  const own = member(bed)
  bed.commit(7, own)
  assert.is(bed.delete().response, 'NON_EMPTY_GROUP')
  bed.leave(own.memberId)
  assert.is(bed.delete().response, 'NONE')
  assert.equal([bed.committed(), bed.state()], [-1, 'Dead'])
  bed.move()
  assert.equal([bed.committed(), bed.state()], [-1, 'Dead'])
})

test('while the end of a group is stored nobody gets in; a commit that was on its way goes with it', () => {
  const bed = new GroupBed()
  bed.commit(6)
  bed.isSlow = true
  const late = bed.commit(7)
  const end = bed.delete()
  assert.is(bed.join().response?.errorCode, 'COORDINATOR_NOT_AVAILABLE')
  assert.is(bed.commit(8).response, 'COORDINATOR_NOT_AVAILABLE')
  assert.is(bed.beat('m', 1), 'COORDINATOR_NOT_AVAILABLE')
  assert.is(bed.sync({memberId: 'm', generationId: 1}).response?.errorCode, 'COORDINATOR_NOT_AVAILABLE')
  assert.is(bed.leave('m'), 'COORDINATOR_NOT_AVAILABLE')
  assert.is(bed.delete().response, 'GROUP_ID_NOT_FOUND')
  assert.is(bed.state(), 'Dead')
  bed.settleAll()
  assert.equal([late.response, end.response], ['NONE', 'NONE'])
  bed.move()
  assert.is(bed.committed(), -1)
})

test('a group whose end cannot be stored is there still', () => {
  const bed = new GroupBed()
  bed.commit(6)
  bed.failure = 'COORDINATOR_NOT_AVAILABLE'
  assert.is(bed.delete().response, 'COORDINATOR_NOT_AVAILABLE')
  assert.equal([bed.committed(), bed.state()], [6, 'Empty'])
})

/** A group with more than one batch has room for. */
function largeGroup(): GroupBed {
  const bed = new GroupBed({offsetsRetentionMs: 1000, offsetsRetentionCheckMs: 2000})
  bed.topics.set('t', {topicId: 'AAAAAAAAAAAAAAAAAAAAAQ', partitions: 3000})
  const partitions = Array.from({length: 3000}, (_, partitionIndex) => ({partitionIndex, committedOffset: 1}))
  bed.coordinator.commit({groupId: 'g', topics: [{name: 't', partitions}]}, bed.now, () => {})
  bed.isSlow = true
  return bed
}

const bytesIn = ({records}: GroupBed['appends'][0]): number =>
  records.reduce((sum, {key, value}) => sum + key.length + (value?.length ?? 0) + 32, 0)

test('a large group is deleted in pieces, each of which finds room; what is gone when one fails stays gone', () => {
  const bed = largeGroup()
  const first = bed.delete()
  bed.settle()
  assert.ok(bytesIn(bed.appends[0]!) < SLOT_BYTES)
  bed.settle()
  bed.settle('COORDINATOR_NOT_AVAILABLE')
  assert.is(first.response, 'COORDINATOR_NOT_AVAILABLE')
  const left = bed.coordinator.fetch({groupId: 'g'}).topics[0]!.partitions.length
  assert.ok(left > 0 && left < 3000)
  bed.move()
  assert.is(bed.coordinator.fetch({groupId: 'g'}).topics[0]!.partitions.length, left)
  const second = bed.delete()
  while (bed.appends.length > 0) {
    assert.ok(bytesIn(bed.appends[0]!) < SLOT_BYTES)
    bed.settle()
  }
  assert.is(second.response, 'NONE')
  bed.move()
  assert.equal(bed.coordinator.list({}), [])
})

test('what a large group forgets goes in pieces as well', () => {
  const bed = largeGroup()
  bed.pass(2000)
  assert.ok(bed.appends.length > 1)
  for (const append of bed.appends) assert.ok(bytesIn(append) < SLOT_BYTES)
})

test('offsets of very many partitions are deleted in pieces; each tells what became of it', () => {
  const bed = largeGroup()
  bed.settle()
  const partitions = Array.from({length: 3000}, (_, partitionIndex) => ({partitionIndex}))
  let told: string[] = []
  bed.coordinator.deleteOffsets({groupId: 'g', topics: [{name: 't', partitions}]}, ({topics}) => {
    told = topics[0]!.partitions.map(({errorCode}) => errorCode)
  })
  assert.ok(bed.appends.length > 1)
  for (const append of bed.appends) assert.ok(bytesIn(append) < SLOT_BYTES)
  bed.settle('COORDINATOR_NOT_AVAILABLE')
  bed.settleAll()
  const refused = told.filter(error => error === 'COORDINATOR_NOT_AVAILABLE').length
  assert.ok(refused > 0 && refused < 3000)
  const left = () => bed.coordinator.fetch({groupId: 'g'}).topics[0]!.partitions.length
  assert.is(left(), refused)
  bed.move()
  assert.is(left(), refused)
  bed.coordinator.deleteOffsets({groupId: 'g', topics: [{name: 't', partitions: []}]}, response => {
    assert.equal(response, {errorCode: 'NONE', topics: [{name: 't', partitions: []}]})
    told = []
  })
  assert.equal(told, [])
})

test('offsets are deleted by partition, but not of topics that members subscribe to', () => {
  const bed = new GroupBed()
  bed.topics.set('other', {topicId: 'CCCCCCCCCCCCCCCCCCCCCA', partitions: 1})
  const remove = (groupId: string, ...names: string[]) => {
    let told: unknown
    const topics = names.map(name => ({name, partitions: [{partitionIndex: 0}]}))
    bed.coordinator.deleteOffsets({groupId, topics}, response => {
      told = [response.errorCode, ...response.topics.map(({partitions}) => partitions[0]!.errorCode)]
    })
    return told
  }
  assert.equal(remove('none', 't'), ['GROUP_ID_NOT_FOUND'])
  const own = member(bed)
  const partitions = [{partitionIndex: 0, committedOffset: 3}]
  bed.commit(1, {
    ...own,
    topics: [
      {name: 't', partitions},
      {name: 'other', partitions},
    ],
  })
  assert.equal(remove('g', 't', 'other'), ['NONE', 'GROUP_SUBSCRIBED_TO_TOPIC', 'NONE'])
  assert.equal([bed.committed(), bed.committed('g', 'other')], [3, -1])
  bed.leave(own.memberId)
  assert.equal(remove('g', 't'), ['NONE', 'NONE'])
  bed.move()
  assert.equal([bed.committed(), bed.committed('g', 'other')], [-1, -1])
  bed.enter({groupId: 'odd', protocols: [{name: 'range', metadata: bytesOf('?')}]})
  bed.pass(0)
  assert.equal(remove('odd', 't'), ['NON_EMPTY_GROUP'])
})

test('groups are listed by state and type', () => {
  const bed = new GroupBed()
  bed.commit(1, {groupId: 'alone'})
  member(bed)
  bed.join({groupId: 'refused', protocols: []})
  const list = (statesFilter?: string[], typesFilter?: string[]) =>
    bed.coordinator
      .list({...(statesFilter && {statesFilter}), ...(typesFilter && {typesFilter})})
      .map(({groupId, protocolType, groupState, groupType}) => `${groupId} ${protocolType} ${groupState} ${groupType}`)
  assert.equal(list(), ['alone  Empty classic', 'g consumer Stable classic'])
  assert.equal(list(['stable']), ['g consumer Stable classic'])
  assert.equal(list([], ['consumer']), [])
})

test('a group is described; what its members have only when it is stable', () => {
  const bed = new GroupBed()
  const {id} = bed.enter({from: {clientId: 'me', clientHost: '/here'}})
  bed.pass(0)
  const described = {memberId: id, groupInstanceId: null, clientId: 'me', clientHost: '/here', idleMs: 0}
  const nothing = bytesOf('')
  assert.equal(bed.describe(), {
    ...{errorCode: 'NONE', errorMessage: null, groupId: 'g', groupState: 'CompletingRebalance'},
    ...{protocolType: 'consumer', protocolData: ''},
    members: [{...described, memberMetadata: nothing, memberAssignment: nothing}],
  })
  bed.sync({memberId: id, generationId: 1}, {[id]: 'all'})
  const {groupState, protocolData, members} = bed.describe()
  assert.equal(
    [groupState, protocolData, members],
    ['Stable', 'range', [{...described, memberMetadata: subscription('t'), memberAssignment: bytesOf('all')}]],
  )
})

test('a member shows since when it has not asked for anything', () => {
  const bed = new GroupBed()
  const {id} = bed.enter()
  const idleMs = (): number => bed.describe().members[0]!.idleMs
  bed.pass(0)
  bed.pass(30)
  assert.is(idleMs(), 30)
  const asks: (() => unknown)[] = [
    () => bed.sync({memberId: id, generationId: 1}, {[id]: 'all'}),
    () => bed.beat(id, 1),
    () => bed.commit(1, {memberId: id, generationIdOrMemberEpoch: 1}),
  ]
  for (const ask of asks) {
    ask()
    assert.is(idleMs(), 0, `${ask}`)
    bed.pass(20)
    assert.is(idleMs(), 20)
  }
  // who was stored is not known to have been silent
  bed.move()
  assert.is(idleMs(), 0)
})

test('a log of commits, ends and commits again comes to what was last', () => {
  const bed = new GroupBed()
  bed.commit(1)
  bed.delete()
  bed.commit(2)
  bed.commit(3, {groupId: 'h'})
  bed.delete('h')
  bed.move()
  assert.equal([bed.committed(), bed.committed('h'), bed.state('h')], [2, -1, 'Dead'])
})

test('a session begins when what it waited for is stored, and is watched from then on', () => {
  const bed = new GroupBed()
  const member = bed.enter()
  bed.pass(0)
  bed.isSlow = true
  const synced = bed.sync({memberId: member.id, generationId: 1}, {[member.id]: 'all'})
  bed.pass(SESSION_MS - 1)
  bed.settle()
  assert.is(synced.response?.errorCode, 'NONE')
  bed.pass(SESSION_MS - 1)
  assert.is(bed.state(), 'Stable')
  bed.pass(1)
  assert.is(bed.state(), 'Empty')
})

test('a commit that is refused does not show that its member gets on', () => {
  const bed = new GroupBed()
  const member = bed.enter()
  bed.pass(0)
  bed.sync({memberId: member.id, generationId: 1}, {[member.id]: 'all'})
  const commit = {memberId: member.id, generationIdOrMemberEpoch: 1}
  bed.pass(SESSION_MS - 1)
  assert.is(bed.commit(1, commit).response, 'NONE')
  bed.pass(SESSION_MS - 1)
  assert.is(bed.commit(2, {...commit, generationIdOrMemberEpoch: 7}).response, 'ILLEGAL_GENERATION')
  bed.pass(1)
  assert.is(bed.state(), 'Empty')
})

test('a group that was only committed for, and in vain, is forgotten', () => {
  const bed = new GroupBed()
  bed.isSlow = true
  const commit = bed.commit(1)
  bed.settle('NOT_ENOUGH_REPLICAS')
  assert.equal([commit.response, bed.coordinator.list({})], ['NOT_ENOUGH_REPLICAS', []])
})

test.run()
