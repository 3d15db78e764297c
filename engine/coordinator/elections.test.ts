import {test} from 'uvu'
import * as assert from 'uvu/assert'
import type {PartitionImage, PartitionStep} from '../ensemble/metadata.ts'
import {
  adding,
  answerProposal,
  completeReassignment,
  elect,
  electPreferred,
  electUnclean,
  type ReplicaSight,
  type SeeReplica,
  type Standing,
  withoutData,
} from './elections.ts'

const partitionOf = (given: Partial<PartitionImage> = {}): PartitionImage => ({
  row: 0,
  slots: [1, 2, 3],
  replicas: [1, 2, 3],
  isr: [1, 2, 3],
  leader: 1,
  leaderEpoch: 4,
  version: 9,
  target: [],
  ...given,
})

/** What is seen of each broker: `+` available, `?` expected, `-` away, or its log as [last epoch, end]; the rest are gone. */
type Seen = Record<number, '+' | '?' | '-' | readonly [number, number]>

function seeing(seen: Seen): SeeReplica {
  return broker => {
    const of = seen[broker]
    const standing: Standing = of === undefined ? 'gone' : of === '?' ? 'expected' : of === '-' ? 'away' : 'available'
    const [lastEpoch, writtenEnd] = typeof of === 'object' ? of : [0, 0]
    return {standing, lastEpoch, writtenEnd, followedEpoch: standing === 'available' ? 4 : -1} satisfies ReplicaSight
  }
}

type Case = readonly [string, Partial<PartitionImage>, Seen, PartitionStep | undefined, {unclean?: true; over?: true}?]

const NOBODY = {leader: -1}
const ELECTIONS: readonly Case[] = [
  ['all are there: nothing changes', {}, {1: '+', 2: '+', 3: '+'}, undefined],
  ['a follower that went leaves the ISR', {}, {1: '+', 2: '?', 3: '+'}, {leader: 1, isr: [1, 3]}],
  ['who is outside the ISR does not matter', {isr: [1, 2]}, {1: '+', 2: '+'}, undefined],
  ['the first live member in replica order leads', {isr: [3, 2, 1]}, {2: '+', 3: [9, 9]}, {leader: 2, isr: [2, 3]}],
  ['a leader that may come back is not waited for', {}, {1: '?', 2: '+', 3: '+'}, {leader: 2, isr: [2, 3]}],
  ['who is not in sync does not lead', {isr: [1]}, {2: '+', 3: '+'}, {leader: -1, isr: [1]}],
  ['the last members stay in the ISR together', {isr: [1, 2]}, {}, {leader: -1, isr: [1, 2]}],
  ['a partition without hope stays as it is', {...NOBODY, isr: [1]}, {2: '+'}, undefined],
  ['the last member comes back', {...NOBODY, isr: [2]}, {1: '+', 2: '+'}, {leader: 2, isr: [2]}],
  ['the ISR is waited for', NOBODY, {1: '+', 2: '?', 3: '+'}, undefined],
  ['… for a while', NOBODY, {2: '+', 3: '?'}, {leader: 2, isr: [2]}, {over: true}],
  ['… and not for one who is gone', NOBODY, {2: '+', 3: '+'}, {leader: 2, isr: [2, 3]}],
  [
    'a reign without a batch may not have begun: all are waited for',
    {...NOBODY, isr: [2]},
    {1: '?', 2: [2, 9]},
    undefined,
  ],
  ['… for a while, too', {...NOBODY, isr: [2]}, {1: '?', 2: [2, 9]}, {leader: 2, isr: [2]}, {over: true}],
  ['… and where it has begun only the ISR', {...NOBODY, isr: [2]}, {1: '?', 2: [3, 9]}, {leader: 2, isr: [2]}],
  ['who went before it showed what it has is waited for', NOBODY, {1: '-', 2: '+', 3: '+'}, undefined],
  ['… for a while only', NOBODY, {1: '-', 2: '+', 3: '+'}, {leader: 2, isr: [2, 3]}, {over: true}],
  ['… and has nothing where nobody ever led', {...NOBODY, leaderEpoch: 0}, {1: '-', 2: '+'}, {leader: 2, isr: [2]}],
  ['… nor where somebody does', {leader: 2}, {1: '-', 2: '+', 3: '+'}, {leader: 2, isr: [2, 3]}],
  ['the later epoch wins', NOBODY, {1: [2, 50], 2: [3, 10], 3: [3, 9]}, {leader: 2, isr: [1, 2, 3]}],
  ['then the longer log', NOBODY, {1: [3, 10], 2: [3, 10], 3: [3, 11]}, {leader: 3, isr: [1, 2, 3]}],
  ['then the order', {...NOBODY, replicas: [2, 3, 1]}, {1: '+', 2: '+', 3: '+'}, {leader: 2, isr: [2, 3, 1]}],
  ['a log from a later reign than known', NOBODY, {1: [7, 1]}, {leader: 1, isr: [1], epochAbove: 7}],
  ['lost data does not lead', {...NOBODY, isr: [1], lost: true}, {1: '+', 2: '+'}, undefined],
  ['unclean: only where nobody in sync is there', {}, {2: '+', 3: [9, 9]}, {leader: 2, isr: [2, 3]}, {unclean: true}],
  ['unclean: at once', {isr: [1]}, {2: [4, 1], 3: [4, 2]}, {leader: 3, isr: [3]}, {unclean: true}],
  ['unclean: not while the ISR may come', {isr: [1]}, {1: '?', 2: '+'}, {leader: -1, isr: [1]}, {unclean: true}],
  ['unclean: still not', {...NOBODY, isr: [1]}, {1: '?', 2: '+'}, undefined, {unclean: true}],
  [
    'unclean: after a while',
    {...NOBODY, isr: [1]},
    {1: '?', 2: '+'},
    {leader: 2, isr: [2]},
    {unclean: true, over: true},
  ],
  ['unclean: from lost data', {...NOBODY, isr: [1], lost: true}, {1: '+'}, {leader: 1, isr: [1]}, {unclean: true}],
  ['unclean: from nobody', {isr: [1]}, {}, {leader: -1, isr: [1]}, {unclean: true}],
]

for (const [what, given, seen, step, {unclean = false, over = false} = {}] of ELECTIONS) {
  test(what, () => {
    assert.equal(elect(partitionOf(given), seeing(seen), {unclean, waitIsOver: over}), step)
  })
}

test('whoever is there leads when asked for it', () => {
  const see = seeing({2: [1, 1], 3: [1, 5]})
  assert.equal(electUnclean(partitionOf({leader: -1, isr: [1]}), see), {leader: 3, isr: [3]})
  assert.is(electUnclean(partitionOf({leader: -1, isr: [1]}), seeing({1: '?'})), undefined)
})

test('the preferred leader comes back once it is in sync', () => {
  const all = seeing({1: '+', 2: '+', 3: '+'})
  assert.equal(electPreferred(partitionOf({leader: 2}), all), {leader: 1, isr: [1, 2, 3]})
  assert.is(electPreferred(partitionOf({leader: 1}), all), undefined)
  assert.is(electPreferred(partitionOf({leader: 2, isr: [2, 3]}), all), undefined)
  assert.is(electPreferred(partitionOf({leader: 2}), seeing({1: '?', 2: '+'})), undefined)
})

const PROPOSAL = {leaderEpoch: 4, version: 9, leader: 0, isr: 0b111, deleted: false}

test('a leader is granted members that can lead', () => {
  const partition = partitionOf({isr: [1], version: 65_536 + 9})
  assert.equal(answerProposal(partition, PROPOSAL, seeing({2: '+', 3: '+'})), {leader: 1, isr: [1, 2, 3]})
  assert.equal(answerProposal(partition, PROPOSAL, seeing({2: '?', 3: '+'})), {leader: 1, isr: [1, 3]})
  const shrunk = {...PROPOSAL, isr: 0b101}
  assert.equal(answerProposal(partitionOf(), shrunk, seeing({})), {leader: 1, isr: [1, 3]})
})

test('what cannot be granted is answered by a change all the same', () => {
  assert.equal(answerProposal(partitionOf({isr: [1]}), PROPOSAL, seeing({})), {leader: 1, isr: [1]})
  const unknown = {...PROPOSAL, isr: 0b1011}
  assert.equal(answerProposal(partitionOf({slots: [1, 2, -1]}), unknown, seeing({})), {leader: 1, isr: [1, 2]})
})

test('a proposal for another leadership is passed over', () => {
  const all = seeing({1: '+', 2: '+', 3: '+'})
  for (const other of [{leaderEpoch: 3}, {leaderEpoch: 5}, {version: 8}, {leader: 1, isr: 0b010}])
    assert.is(answerProposal(partitionOf(), {...PROPOSAL, ...other}, all), undefined)
  assert.is(answerProposal(partitionOf({leader: -1}), {...PROPOSAL, leader: -1}, all), undefined)
})

const moving = (given: Partial<PartitionImage>) =>
  partitionOf({replicas: [1, 2, 3, 4], slots: [1, 2, 3, 4], original: [1, 2], target: [3, 4], ...given})
const ALL = seeing({1: '+', 2: '+', 3: '+', 4: '+'})

test('a reassignment ends when all that is new is in sync', () => {
  assert.equal(adding(moving({target: [2, 3]})), [3])
  assert.is(completeReassignment(moving({isr: [1, 2, 3]}), ALL), undefined)
  assert.equal(completeReassignment(moving({isr: [1, 2, 3, 4], target: [3, 1], leader: 1}), ALL), {
    leader: 1,
    isr: [3, 1],
    replicas: [3, 1],
    target: [],
  })
  assert.is(completeReassignment(moving({isr: [1], target: [2], leader: 1}), ALL), undefined)
  assert.is(completeReassignment(partitionOf(), ALL), undefined)
})

test('a leader that leaves hands over first, and goes when its successor has what it had', () => {
  assert.equal(completeReassignment(moving({isr: [1, 4, 3]}), ALL), {leader: 3, isr: [1, 4, 3]})
  assert.is(completeReassignment(moving({isr: [1, 3, 4]}), seeing({1: '+'})), undefined)
  const handedOver = moving({isr: [1, 4, 3], leader: 3})
  assert.is(completeReassignment({...handedOver, leaderEpoch: 5}, ALL), undefined)
  assert.equal(completeReassignment(handedOver, ALL), {leader: 3, isr: [3, 4], replicas: [3, 4], target: []})
  // what each of them alone had is known only when somebody leads
  assert.is(completeReassignment(moving({isr: [3, 4], leader: -1}), ALL), undefined)
})

test('who is to leave does not take over as the preferred leader', () => {
  assert.is(electPreferred(moving({isr: [1, 3, 4], leader: 3}), ALL), undefined)
  assert.equal(electPreferred(moving({isr: [1, 3, 4], leader: 3, target: [1, 3]}), ALL)!.leader, 1)
})

test('who came back without its data is out of sync; the last one stays, and is marked', () => {
  assert.equal(withoutData(partitionOf(), 2), {leader: 1, isr: [1, 3]})
  assert.equal(withoutData(partitionOf(), 1), {leader: -1, isr: [2, 3]})
  assert.equal(withoutData(partitionOf({leader: -1, isr: [2]}), 2), {leader: -1, isr: [2], lost: true})
  assert.is(withoutData(partitionOf({isr: [1, 3]}), 2), undefined)
  assert.is(withoutData(partitionOf({leader: -1, leaderEpoch: 0}), 2), undefined)
})

test.run()
