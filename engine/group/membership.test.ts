import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {bytesOf, GroupBed, REBALANCE_MS, SESSION_MS, textOf} from '../../property-tests/groups/group-bed.ts'
import type {JoinGroupResponse} from './requests.ts'

/** A group of `count` members, who have their parts. */
function stable(count: number, bed = new GroupBed()): {bed: GroupBed; members: JoinGroupResponse[]} {
  const entered = Array.from({length: count}, () => bed.enter())
  bed.pass(0)
  const members = entered.map(({response}) => response!)
  deal(bed, members)
  return {bed, members}
}

/** Everybody syncs, and the leader deals to each what it is called. */
function deal(bed: GroupBed, members: readonly JoinGroupResponse[]): string[] {
  const parts = Object.fromEntries(members.map(({memberId}) => [memberId, `for ${memberId}`]))
  const syncs = members.map(member => bed.sync(member, member.leader === member.memberId ? parts : {}))
  return syncs.map(({response}) => (response === undefined ? 'waits' : textOf(response.assignment)))
}

test('a new member is given an id, joins with it, leads, and gets the part it deals itself', () => {
  const bed = new GroupBed()
  const asked = bed.join()
  assert.is(asked.response?.errorCode, 'MEMBER_ID_REQUIRED')
  assert.is(bed.state(), 'Empty')
  const {memberId} = asked.response!
  const joined = bed.join({memberId})
  assert.is(joined.response, undefined, 'who asks together joins together')
  bed.pass(0)
  assert.equal(joined.response, {
    ...{errorCode: 'NONE', generationId: 1, protocolType: 'consumer', protocolName: 'range'},
    ...{leader: memberId, skipAssignment: false, memberId},
    members: [{memberId, groupInstanceId: null, metadata: joined.response!.members[0]!.metadata}],
  })
  assert.is(bed.state(), 'CompletingRebalance')
  assert.equal(deal(bed, [joined.response!]), [`for ${memberId}`])
  assert.is(bed.state(), 'Stable')
})

test('members that join together are one generation; only the leader is told of all', () => {
  const {bed, members} = stable(3)
  assert.equal(
    members.map(({generationId, members: all}) => [generationId, all.length]),
    [
      [1, 3],
      [1, 0],
      [1, 0],
    ],
  )
  assert.is(new Set(members.map(({leader}) => leader)).size, 1)
  assert.is(bed.describe().members.length, 3)
})

test('followers wait for the leader’s deal, which counts once it is stored', () => {
  const bed = new GroupBed()
  const [a, b] = [bed.enter(), bed.enter()]
  bed.pass(0)
  bed.isSlow = true
  const follower = bed.sync(b.response!)
  assert.is(follower.response, undefined)
  const leader = bed.sync(a.response!, {[a.id]: 'A', [b.id]: 'B'})
  assert.equal([leader.response, follower.response, bed.state()], [undefined, undefined, 'CompletingRebalance'])
  bed.settle()
  assert.equal(
    [leader, follower].map(({response}) => textOf(response!.assignment)),
    ['A', 'B'],
  )
})

test('a deal that cannot be stored begins the rebalance anew', () => {
  const bed = new GroupBed()
  const a = bed.enter()
  bed.pass(0)
  bed.failure = 'COORDINATOR_NOT_AVAILABLE'
  assert.is(bed.sync(a.response!, {[a.id]: 'A'}).response?.errorCode, 'COORDINATOR_NOT_AVAILABLE')
  assert.is(bed.state(), 'PreparingRebalance')
})

test('a deal of a generation that is over when it is stored is nobody’s', () => {
  const bed = new GroupBed()
  const a = bed.enter()
  bed.pass(0)
  bed.isSlow = true
  const sync = bed.sync(a.response!, {[a.id]: 'A'})
  const b = bed.enter()
  assert.is(sync.response?.errorCode, 'REBALANCE_IN_PROGRESS')
  const again = bed.join({memberId: a.id})
  assert.equal([again.response!.generationId, b.response!.generationId], [2, 2])
  bed.settleAll()
  assert.is(bed.state(), 'CompletingRebalance')
})

test('a newcomer has the others join anew: they are told, and told again when they beat', () => {
  const {bed, members} = stable(1)
  const [{memberId, generationId}] = members as [JoinGroupResponse]
  assert.is(bed.beat(memberId, generationId), 'NONE')
  const b = bed.enter()
  assert.equal(bed.pushed, ['g'])
  assert.is(bed.beat(memberId, generationId), 'REBALANCE_IN_PROGRESS')
  assert.is(bed.sync(members[0]!).response?.errorCode, 'REBALANCE_IN_PROGRESS')
  assert.is(b.response, undefined)
  const again = bed.join({memberId})
  assert.equal([again.response!.generationId, b.response!.generationId], [2, 2])
  assert.is(bed.beat(memberId, 2), 'NONE', 'who has joined may beat before it has its part')
  assert.is(bed.beat(memberId, 1), 'ILLEGAL_GENERATION')
  assert.is(bed.sync(members[0]!).response?.errorCode, 'ILLEGAL_GENERATION')
})

test('who does not join anew in time is left out, and somebody who has joined leads', () => {
  const {bed, members} = stable(2)
  const b = members.find(({memberId, leader}) => memberId !== leader)!
  const again = bed.join({memberId: b.memberId, protocols: [{name: 'range', metadata: bytesOf('other')}]})
  for (let ms = 0; ms < REBALANCE_MS; ms += SESSION_MS / 2) {
    bed.beat(members[0]!.memberId, 1)
    bed.pass(SESSION_MS / 2)
  }
  assert.equal([again.response?.leader, again.response?.members.length], [b.memberId, 1])
  assert.is(bed.beat(members[0]!.memberId, 1), 'UNKNOWN_MEMBER_ID')
})

test('instances that give each other no time are waited for without looking at once', () => {
  const bed = new GroupBed()
  const entered = ['i', 'j'].map(groupInstanceId => bed.join({groupInstanceId, rebalanceTimeoutMs: 0}))
  bed.coordinator.round(bed.now)
  deal(
    bed,
    entered.map(({response}) => response!),
  )
  assert.is(bed.leave('', 'i'), 'NONE')
  bed.coordinator.round(bed.now)
  assert.is(bed.state(), 'PreparingRebalance')
  assert.ok(bed.coordinator.dueMs > bed.nowMs)
})

test('where nobody has joined in time and all are instances, the rebalance waits on', () => {
  const bed = new GroupBed()
  const joins = ['i', 'j'].map(groupInstanceId => bed.join({groupInstanceId, sessionTimeoutMs: 1_800_000}))
  bed.pass(0)
  const [a, b] = joins.map(({response}) => response!) as [JoinGroupResponse, JoinGroupResponse]
  deal(bed, [a, b])
  bed.leave('', 'i')
  bed.pass(2 * REBALANCE_MS)
  assert.is(bed.state(), 'PreparingRebalance')
  assert.is(bed.join({groupInstanceId: 'j', memberId: b.memberId}).response?.generationId, 2)
})

test('a silent member is out after its session, and the others rebalance', () => {
  const {bed, members} = stable(2)
  const [a, b] = members as [JoinGroupResponse, JoinGroupResponse]
  bed.pass(SESSION_MS / 2)
  bed.beat(b.memberId, 1)
  bed.pass(SESSION_MS / 2)
  assert.equal([bed.state(), bed.beat(a.memberId, 1)], ['PreparingRebalance', 'UNKNOWN_MEMBER_ID'])
  assert.is(bed.join({memberId: b.memberId}).response?.generationId, 2)
})

test('who waits for the others need not beat', () => {
  const {bed, members} = stable(2)
  const waiting = bed.join({memberId: members[0]!.memberId})
  bed.pass(SESSION_MS - 1)
  assert.is(waiting.response, undefined)
  bed.pass(1)
  assert.equal([waiting.response?.generationId, waiting.response?.members.length], [2, 1])
})

test('an id that nobody joins with is forgotten, and until then waited for', () => {
  const {bed, members} = stable(1)
  bed.join()
  const again = bed.join({memberId: members[0]!.memberId})
  assert.is(again.response, undefined)
  bed.pass(SESSION_MS)
  assert.is(again.response?.generationId, 2)
})

test('who does not ask for its part in time is left out', () => {
  const bed = new GroupBed()
  const [a, b] = [bed.enter(), bed.enter()]
  bed.pass(0)
  bed.sync(a.response!, {})
  for (let ms = 0; ms < REBALANCE_MS; ms += SESSION_MS / 2) {
    bed.beat(a.id, 1)
    bed.beat(b.id, 1)
    bed.pass(SESSION_MS / 2)
  }
  assert.equal([bed.beat(b.id, 1), bed.beat(a.id, 1)], ['UNKNOWN_MEMBER_ID', 'REBALANCE_IN_PROGRESS'])
})

test('when all have asked for their parts, nothing happens at that time', () => {
  const {bed, members} = stable(1)
  for (let ms = 0; ms < 2 * REBALANCE_MS; ms += SESSION_MS / 2) {
    assert.is(bed.beat(members[0]!.memberId, 1), 'NONE')
    bed.pass(SESSION_MS / 2)
  }
  assert.is(bed.state(), 'Stable')
})

test('a member leaves: the others rebalance; the last one leaves the group empty', () => {
  const {bed, members} = stable(2)
  assert.is(bed.leave(members[0]!.memberId), 'NONE')
  assert.is(bed.leave(members[0]!.memberId), 'UNKNOWN_MEMBER_ID')
  assert.is(bed.state(), 'PreparingRebalance')
  assert.is(bed.leave(members[1]!.memberId), 'NONE')
  assert.is(bed.state(), 'Empty')
  assert.is(bed.enter().response, undefined)
  bed.pass(0)
  assert.is(bed.describe().members.length, 1)
})

test('who leaves while it waits is told so; one that has only an id takes that back', () => {
  const {bed, members} = stable(1)
  const b = bed.enter()
  assert.is(bed.leave(b.id), 'NONE')
  assert.is(b.response?.errorCode, 'UNKNOWN_MEMBER_ID')
  const {memberId} = bed.join().response!
  assert.is(bed.leave(memberId), 'NONE')
  assert.is(bed.join({memberId}).response?.errorCode, 'UNKNOWN_MEMBER_ID')
  assert.is(bed.join({memberId: members[0]!.memberId}).response?.generationId, 2)
})

test('protocols: one that all have, and of those the one with the most first votes', () => {
  const bed = new GroupBed()
  const of = (...names: string[]) => ({protocols: names.map(name => ({name, metadata: bytesOf(name)}))})
  const members = [bed.enter(of('a', 'b')), bed.enter(of('b', 'a')), bed.enter(of('c', 'b', 'a'))]
  bed.pass(0)
  assert.equal(
    members.map(({response}) => response?.protocolName),
    ['b', 'b', 'b'],
  )
  assert.is(bed.join(of('c')).response?.errorCode, 'INCONSISTENT_GROUP_PROTOCOL')
  assert.is(bed.join({protocolType: 'connect'}).response?.errorCode, 'INCONSISTENT_GROUP_PROTOCOL')
  for (const asked of [{protocols: []}, {protocolType: ''}])
    assert.is(bed.join({groupId: 'new', ...asked}).response?.errorCode, 'INCONSISTENT_GROUP_PROTOCOL')
  const sync = (more: object) => bed.sync(members[0]!.response!, {}, more).response?.errorCode
  assert.is(sync({protocolName: 'a'}), 'INCONSISTENT_GROUP_PROTOCOL')
  assert.is(sync({protocolType: 'connect'}), 'INCONSISTENT_GROUP_PROTOCOL')
  assert.is(sync({protocolType: 'consumer', protocolName: 'b'}), 'NONE')
})

test('asking anew with nothing new changes nothing, but for the leader, who then wants to deal again', () => {
  const {bed, members} = stable(2)
  const leader = members.find(({memberId, leader}) => memberId === leader)!
  const other = members.find(member => member !== leader)!
  const again = bed.join({memberId: other.memberId}).response!
  assert.equal([again.generationId, again.members.length, bed.state()], [1, 0, 'Stable'])
  assert.is(bed.sync(again).response?.errorCode, 'NONE', 'its part is still there')
  assert.is(bed.join({memberId: leader.memberId}).response, undefined)
  assert.is(bed.state(), 'PreparingRebalance')
})

test('an answer that was lost is given again while the group completes', () => {
  const bed = new GroupBed()
  const a = bed.enter()
  bed.pass(0)
  assert.equal(bed.join({memberId: a.id}).response, a.response)
  assert.is(bed.state(), 'CompletingRebalance')
  const changed = bed.join({memberId: a.id, protocols: [{name: 'range', metadata: bytesOf('new')}]})
  assert.is(changed.response?.generationId, 2)
})

test('who asks twice at once gets one answer', () => {
  const {bed, members} = stable(2)
  const first = bed.join({memberId: members[0]!.memberId})
  const second = bed.join({memberId: members[0]!.memberId})
  assert.is(first.response?.errorCode, 'REBALANCE_IN_PROGRESS')
  const other = bed.join({memberId: members[1]!.memberId})
  assert.is(second.response?.generationId, 2)
  const follower = [second, other].map(({response}) => response!).find(({leader, memberId}) => leader !== memberId)!
  const syncs = [bed.sync(follower), bed.sync(follower)]
  assert.equal(
    syncs.map(({response}) => response?.errorCode),
    ['REBALANCE_IN_PROGRESS', undefined],
  )
})

test('nobody is taken for somebody else', () => {
  const {bed} = stable(1)
  assert.is(bed.beat('stranger', 1), 'UNKNOWN_MEMBER_ID')
  assert.is(bed.sync({memberId: 'stranger', generationId: 1}).response?.errorCode, 'UNKNOWN_MEMBER_ID')
  assert.is(bed.join({memberId: 'stranger'}).response?.errorCode, 'UNKNOWN_MEMBER_ID')
  assert.is(bed.join({memberId: 'stranger', groupId: 'none'}).response?.errorCode, 'UNKNOWN_MEMBER_ID')
  assert.is(bed.beat('stranger', 1, {groupId: 'none'}), 'UNKNOWN_MEMBER_ID')
  assert.is(bed.sync({memberId: 'a', generationId: 1}, {}, {groupId: 'none'}).response?.errorCode, 'UNKNOWN_MEMBER_ID')
})

test('session time-outs have bounds, and groups a size', () => {
  const bed = new GroupBed({groupSizeMax: 1})
  for (const sessionTimeoutMs of [5999, 1_800_001])
    assert.is(bed.join({sessionTimeoutMs}).response?.errorCode, 'INVALID_SESSION_TIMEOUT')
  const a = bed.enter()
  assert.is(bed.join().response?.errorCode, 'GROUP_MAX_SIZE_REACHED')
  bed.pass(0)
  assert.is(a.response?.generationId, 1)
})

test('with an initial delay a group waits for more, each newcomer anew, up to its rebalance time-out', () => {
  const bed = new GroupBed({initialRebalanceDelayMs: 3000})
  const a = bed.enter()
  bed.pass(2999)
  const b = bed.enter()
  bed.pass(1)
  assert.is(a.response, undefined)
  bed.pass(3000)
  assert.equal([a.response?.generationId, b.response?.generationId], [1, 1])
})

test('an instance comes back under a new id and gets what it had, without a rebalance', () => {
  const bed = new GroupBed()
  const a = bed.join({groupInstanceId: 'i'})
  const b = bed.enter()
  bed.pass(0)
  const [first, other] = [a.response!, b.response!]
  deal(bed, [first, other])
  const back = bed.join({groupInstanceId: 'i'}).response!
  assert.is.not(back.memberId, first.memberId)
  assert.equal([back.generationId, back.leader, back.skipAssignment, back.members.length], [1, back.memberId, true, 2])
  assert.is(bed.state(), 'Stable')
  assert.is(textOf(bed.sync(back, {}, {groupInstanceId: 'i'}).response!.assignment), `for ${first.memberId}`)
  assert.is(bed.beat(first.memberId, 1, {groupInstanceId: 'i'}), 'FENCED_INSTANCE_ID')
  assert.is(bed.beat(back.memberId, 1, {groupInstanceId: 'j'}), 'UNKNOWN_MEMBER_ID')
  assert.is(bed.beat(first.memberId, 1), 'UNKNOWN_MEMBER_ID')
  bed.move()
  assert.is(bed.beat(back.memberId, 1, {groupInstanceId: 'i'}), 'NONE', 'its new id is stored')
})

test('whoever had the instance before is told while it waits', () => {
  const bed = new GroupBed()
  const a = bed.join({groupInstanceId: 'i'})
  const b = bed.join({groupInstanceId: 'i'})
  assert.is(a.response?.errorCode, 'FENCED_INSTANCE_ID')
  bed.pass(0)
  assert.is(b.response?.generationId, 1)
  const c = bed.join({groupInstanceId: 'j'})
  const again = bed.join({groupInstanceId: 'i', memberId: b.response!.memberId})
  assert.equal([c.response?.generationId, again.response?.generationId], [2, 2])
  const sync = bed.sync(again.response!.leader === again.response!.memberId ? c.response! : again.response!)
  const instance = again.response!.leader === again.response!.memberId ? 'j' : 'i'
  bed.join({groupInstanceId: instance})
  assert.is(sync.response?.errorCode, 'FENCED_INSTANCE_ID')
})

test('an instance that cannot be stored is told so', () => {
  const bed = new GroupBed()
  const a = bed.join({groupInstanceId: 'i'})
  bed.pass(0)
  deal(bed, [a.response!])
  bed.failure = 'NOT_COORDINATOR'
  assert.is(bed.join({groupInstanceId: 'i'}).response?.errorCode, 'NOT_COORDINATOR')
})

test('an instance that is away is waited for in its session, and is in the next generation', () => {
  const bed = new GroupBed()
  const a = bed.join({groupInstanceId: 'i', sessionTimeoutMs: 2 * REBALANCE_MS})
  const b = bed.enter()
  bed.pass(0)
  deal(bed, [a.response!, b.response!])
  const again = bed.join({memberId: b.id, protocols: [{name: 'range', metadata: bytesOf('new')}]})
  bed.pass(REBALANCE_MS)
  assert.equal([again.response?.leader, again.response?.members.length], [b.id, 2])
})

test('an administrator has an instance leave by its name', () => {
  const bed = new GroupBed()
  bed.join({groupInstanceId: 'i'})
  bed.pass(0)
  assert.is(bed.leave('', 'other'), 'UNKNOWN_MEMBER_ID')
  assert.is(bed.leave('wrong', 'i'), 'FENCED_INSTANCE_ID')
  assert.is(bed.leave('', 'i'), 'NONE')
  assert.is(bed.state(), 'Empty')
})

test('a thread of this process stays in for as long as its work may take, and is out when it ends', () => {
  const bed = new GroupBed()
  const from = (clientHost: string) => ({from: {clientHost, inProcess: true}})
  const [a, b] = [bed.enter(from('/thread-1')), bed.enter(from('/thread-2'))]
  bed.pass(0)
  deal(bed, [a.response!, b.response!])
  bed.pass(REBALANCE_MS - 1)
  assert.is(bed.beat(b.id, 1), 'NONE')
  bed.pass(1)
  assert.is(bed.beat(a.id, 1), 'UNKNOWN_MEMBER_ID', 'it did not get on')
  const again = bed.join({memberId: b.id, ...from('/thread-2')})
  assert.is(again.response?.generationId, 2)
  bed.ended.add('/thread-2')
  bed.threadsEnded()
  assert.is(bed.state(), 'Empty')
})

test('an instance whose thread has ended may come back within its session', () => {
  const bed = new GroupBed()
  const asked = {groupInstanceId: 'i', from: {clientHost: '/thread-1', inProcess: true}}
  const a = bed.join(asked)
  bed.pass(0)
  deal(bed, [a.response!])
  const waits = bed.join({...asked, memberId: a.response!.memberId})
  bed.ended.add('/thread-1')
  bed.threadsEnded()
  assert.is(waits.response?.generationId, 2)
  bed.pass(SESSION_MS - 1)
  assert.is(bed.describe().members.length, 1)
  bed.pass(1)
  assert.is(bed.state(), 'Empty')
})

test('a thread that ends while it waits is not waited for', () => {
  const bed = new GroupBed()
  const a = bed.enter()
  bed.pass(0)
  deal(bed, [a.response!])
  const gone = bed.enter({from: {clientHost: '/thread-1', inProcess: true}})
  bed.ended.add('/thread-1')
  bed.threadsEnded()
  assert.is(gone.response?.errorCode, 'UNKNOWN_MEMBER_ID')
  assert.is(bed.join({memberId: a.id}).response?.members.length, 1)
})

test('a coordinator that moves has its members with it: they have a session to show that they are there', () => {
  const {bed, members} = stable(2)
  const waits = bed.join({memberId: members.find(({memberId, leader}) => memberId === leader)!.memberId})
  bed.move()
  assert.is(waits.response?.errorCode, 'NOT_COORDINATOR')
  assert.equal([bed.state(), bed.describe().members.length], ['Stable', 2])
  for (const {memberId} of members) assert.is(bed.beat(memberId, 1), 'NONE')
  const syncs = members.map(member => textOf(bed.sync(member).response!.assignment))
  assert.equal(
    syncs,
    members.map(({memberId}) => `for ${memberId}`),
  )
  bed.pass(SESSION_MS)
  assert.is(bed.state(), 'Empty')
  bed.move()
  assert.equal([bed.state(), bed.enter().response], ['Empty', undefined])
  bed.pass(0)
  assert.is(bed.describe().groupState, 'CompletingRebalance')
})

test('threads that ended with the process are not waited for', () => {
  const bed = new GroupBed()
  const a = bed.enter({from: {clientHost: '/thread-1', inProcess: true}})
  bed.pass(0)
  deal(bed, [a.response!])
  bed.ended.add('/thread-1')
  bed.move()
  assert.is(bed.state(), 'Empty')
})

test('generations go on counting where a group was empty in between', () => {
  const {bed, members} = stable(1)
  bed.leave(members[0]!.memberId)
  bed.move()
  const again = bed.enter()
  bed.pass(0)
  assert.is(again.response?.generationId, 3)
})

test.run()
