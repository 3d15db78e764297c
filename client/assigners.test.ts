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

/** Rounds in which partitions change hands until nobody has to let go of any: mostly one, for each may free what somebody else is then better off with. */
const ROUNDS_MAX = 6

test('property: cooperatively, nothing has two readers, and after some rounds all is given, fairly, and stays', () => {
  fc.assert(
    fc.property(groups, fc.nat(5), ({members, partitionsOf}, gone) => {
      let plan = assignCooperatively(members, partitionsOf)
      // one member leaves, another comes
      const stay = [...members.filter((_, i) => i !== gone), member('newcomer', topics)]
      const now = (): AssignedMember[] => stay.map(each => ({...each, owned: plan.get(each.memberId) ?? []}))
      const sizesOf = (given: ReturnType<Assign>): number[] =>
        now().map(({memberId}) => (given.get(memberId) ?? []).reduce((sum, {partitions}) => sum + partitions.length, 0))
      for (let round = 0; ; round++) {
        const before = now()
        const next = assignCooperatively(before, partitionsOf)
        const owners = new Map(
          before.flatMap(({memberId, owned}) =>
            owned.flatMap(t => t.partitions.map(p => [`${t.topic}-${p}`, memberId] as const)),
          ),
        )
        for (const [id, lists] of next)
          for (const {topic, partitions} of lists)
            for (const partition of partitions) {
              const owner = owners.get(`${topic}-${partition}`)
              assert.ok(owner === undefined || owner === id, 'nothing is given before it was let go of')
            }
        const stays = JSON.stringify([...next]) === JSON.stringify([...plan])
        plan = next
        if (stays) break
        assert.ok(round < ROUNDS_MAX, 'it settles')
      }
      check(now(), partitionsOf, plan)
      const sizes = sizesOf(plan).filter((_, i) => stay[i]!.topics.length === topics.length)
      assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1, String(sizes))
    }),
    runs(200),
  )
})

test.run()
