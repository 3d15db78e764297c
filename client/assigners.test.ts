import fc from 'fast-check'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {runs} from '../property-tests/runs.ts'
import {type Assign, type AssignedMember, assignCooperatively, assignInTurn, assignRanges} from './assigners.ts'

const member = (memberId: string, topics: string[], owned: AssignedMember['owned'] = []): AssignedMember => ({
  memberId,
  topics,
  owned,
})

const short = (plan: ReturnType<Assign>) =>
  Object.fromEntries([...plan].map(([id, topics]) => [id, topics.map(t => `${t.topic}:${t.partitions}`).join(' ')]))

test('ranges: of each topic a stretch for each, the first ones get one more', () => {
  const plan = assignRanges([member('b', ['x', 'y']), member('a', ['x', 'y'])], topic => (topic === 'x' ? 3 : 2))
  assert.equal(short(plan), {a: 'x:0,1 y:0', b: 'x:2 y:1'})
})

test('in turn: over all topics, past those who do not want one', () => {
  const plan = assignInTurn([member('b', ['x', 'y']), member('a', ['y'])], () => 2)
  assert.equal(short(plan), {a: 'y:0', b: 'x:0,1 y:1'})
})

test('cooperatively: a newcomer gets what others have let go of, and not before', () => {
  const members = [member('a', ['x'], [{topic: 'x', partitions: [0, 1, 2, 3]}]), member('b', ['x'])]
  assert.equal(short(assignCooperatively(members, () => 4)), {a: 'x:0,1'})
  const then = [member('a', ['x'], [{topic: 'x', partitions: [0, 1]}]), member('b', ['x'])]
  assert.equal(short(assignCooperatively(then, () => 4)), {a: 'x:0,1', b: 'x:2,3'})
})

const topics = ['x', 'y', 'z']
const groups = fc
  .tuple(
    fc.uniqueArray(fc.stringMatching(/^[a-f]{1,2}$/), {minLength: 1, maxLength: 6}),
    fc.array(fc.subarray(topics), {minLength: 6, maxLength: 6}),
    fc.array(fc.nat(6), {minLength: 3, maxLength: 3}),
  )
  .map(([ids, wants, counts]) => ({
    members: ids.map((id, i) => member(id, wants[i]!)),
    partitionsOf: (topic: string) => counts[topics.indexOf(topic)]!,
  }))

/** Everything that somebody wants is given to exactly one who wants it. */
function check(members: readonly AssignedMember[], partitionsOf: (topic: string) => number, plan: ReturnType<Assign>) {
  const given = [...plan].flatMap(([id, lists]) => {
    for (const {topic} of lists) assert.ok(members.find(({memberId}) => memberId === id)!.topics.includes(topic))
    return lists.flatMap(({topic, partitions}) => partitions.map(partition => `${topic}-${partition}`))
  })
  const wanted = [...new Set(members.flatMap(each => each.topics))].flatMap(topic =>
    Array.from({length: partitionsOf(topic)}, (_, partition) => `${topic}-${partition}`),
  )
  assert.equal(given.sort(), wanted.sort())
}

for (const [name, assign] of Object.entries({assignRanges, assignInTurn, assignCooperatively}))
  test(`property: ${name} gives everything to one who wants it`, () => {
    fc.assert(
      fc.property(groups, ({members, partitionsOf}) => check(members, partitionsOf, assign(members, partitionsOf))),
      runs(200),
    )
  })

const ROUNDS_MAX = 8

test('property: cooperatively, nothing has two readers, and after some rounds all is given, fairly', () => {
  fc.assert(
    fc.property(groups, fc.boolean(), fc.nat(5), ({members: given, partitionsOf}, isAlike, gone) => {
      const members = isAlike ? given.map(each => ({...each, topics})) : given
      const first = assignCooperatively(members, partitionsOf)
      // one member leaves, another comes
      const stay = members.filter((_, i) => i !== gone)
      const now = [...stay, member('newcomer', topics)].map(each => ({...each, owned: first.get(each.memberId) ?? []}))
      const second = assignCooperatively(now, partitionsOf)
      const owners = new Map(
        now.flatMap(({memberId, owned}) =>
          owned.flatMap(t => t.partitions.map(p => [`${t.topic}-${p}`, memberId] as const)),
        ),
      )
      for (const [id, lists] of second)
        for (const {topic, partitions} of lists)
          for (const partition of partitions) {
            const before = owners.get(`${topic}-${partition}`)
            assert.ok(before === undefined || before === id)
          }
      let third = second
      // where all wish the same one more round is enough; with different wishes what is let go of may set others free
      for (let round = 0; round < (isAlike ? 1 : ROUNDS_MAX); round++)
        third = assignCooperatively(
          now.map(each => ({...each, owned: third.get(each.memberId) ?? []})),
          partitionsOf,
        )
      check(now, partitionsOf, third)
      // with different wishes a chain of moves may be fairer than any single one; nobody looks for that
      if (now.some(each => each.topics.length < topics.length)) return
      const sizes = now.map(({memberId}) =>
        (third.get(memberId) ?? []).reduce((sum, {partitions}) => sum + partitions.length, 0),
      )
      assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1, String(sizes))
    }),
    runs(200),
  )
})

test.run()
