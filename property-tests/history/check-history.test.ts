/** The checker of histories: what is clean is clean, each anomaly is found where it was planted, and a second checker finds the same. */
import fc from 'fast-check'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {runs} from '../runs.ts'
import {checkHistory} from './check-history.ts'
import {History} from './history.ts'
import {cleanHistories, wildHistories} from './ideal-log.ts'
import {
  ANOMALIES,
  type Anomaly,
  type AnomalyKind,
  type Operation,
  type PollStep,
  type SendStep,
  type Value,
} from './operation.ts'
import {plainCheck} from './plain-checker.ts'

const named = (anomalies: readonly Anomaly[]): string[] =>
  anomalies.map(({kind, partition, process, what}) => `${kind} ${partition} ${process ?? ''} ${what}`).sort()

const send = (process: Value, ...values: [Value, number?][]): Operation => ({
  process,
  outcome: 'ok',
  steps: sent(...values),
})
const sent = (...values: [Value, number?][]): SendStep[] =>
  values.map(([value, offset]) => ({type: 'send', partition: 'new', value, offset}))
const read = (...records: [number, Value][]): PollStep => ({
  type: 'poll',
  partition: 'new',
  records: records.map(([offset, value]) => ({offset, value})),
})
const poll = (process: Value, ...records: [number, Value][]): Operation => ({
  process,
  outcome: 'ok',
  steps: [read(...records)],
})

/** Each anomaly in the fewest operations that show it, and nothing else. */
const PLANTS: Record<AnomalyKind, Operation[]> = {
  'inconsistent-offsets': [send('x', ['a', 0]), poll('y', [0, 'b']), poll('z', [0, 'a'])],
  duplicate: [send('x', ['a', 0]), poll('y', [0, 'a'], [1, 'a'])],
  G1a: [{process: 'x', outcome: 'fail', steps: sent(['a'])}, poll('y', [0, 'a'])],
  'lost-write': [send('x', ['a', 0], ['b', 1]), poll('y', [1, 'b'])],
  unseen: [send('x', ['a', 0], ['b', 1]), poll('y', [0, 'a'])],
  'poll-skip': [
    send('x', ['a', 0], ['b', 1], ['c', 2]),
    poll('z', [0, 'a'], [1, 'b']),
    poll('y', [0, 'a']),
    poll('y', [2, 'c']),
  ],
  'nonmonotonic-poll': [poll('y', [0, 'a'], [1, 'b']), poll('y', [1, 'b'])],
  'nonmonotonic-send': [send('x', ['a', 1]), send('x', ['b', 0]), poll('y', [0, 'b'], [1, 'a'])],
  'int-poll-skip': [poll('z', [0, 'a'], [1, 'b'], [2, 'c']), poll('y', [0, 'a'], [2, 'c'])],
  'int-send-skip': [send('x', ['a', 0], ['c', 2]), poll('y', [0, 'a'], [1, 'b'], [2, 'c'])],
  'int-nonmonotonic-poll': [poll('y', [1, 'b'], [0, 'a'])],
  'int-nonmonotonic-send': [send('x', ['a', 1], ['b', 0]), poll('y', [0, 'b'], [1, 'a'])],
  'precommitted-read': [{process: 'x', outcome: 'ok', steps: [...sent(['a', 0]), read([0, 'a'])]}],
}

test('a history without a fault is clean, for both checkers', () => {
  fc.assert(
    fc.property(cleanHistories, history => {
      const report = checkHistory(history, {allow: []})
      assert.equal(named(report.anomalies), [])
      assert.ok(report.ok)
      assert.equal(plainCheck(history), [])
    }),
    runs(100),
  )
})

for (const kind of ANOMALIES) {
  test(`${kind} is found where it was planted, and nothing else with it`, () => {
    const {anomalies, counts} = checkHistory(PLANTS[kind], {allow: []})
    assert.ok(counts[kind] > 0, `${kind} is not found`)
    assert.equal(named(anomalies.filter(anomaly => anomaly.kind !== kind)), [])
    assert.equal(named(plainCheck(PLANTS[kind])), named(anomalies))
    assert.is(checkHistory(PLANTS[kind]).ok, kind === 'int-send-skip', 'only what Kafka allows is let pass')
  })
}

test('it is found among anything else as well', () => {
  fc.assert(
    fc.property(cleanHistories, fc.constantFrom(...ANOMALIES), fc.nat(), (history, kind, place) => {
      const at = place % (history.length + 1)
      const planted = [...history.slice(0, at), ...PLANTS[kind], ...history.slice(at)]
      assert.ok(checkHistory(planted).counts[kind] > 0)
      assert.equal(named(plainCheck(planted)), named(checkHistory(planted).anomalies))
    }),
    runs(100),
  )
})

test('both checkers find the same in histories of which nothing is right', () => {
  const found = new Set<AnomalyKind>()
  fc.assert(
    fc.property(wildHistories, history => {
      const {anomalies} = checkHistory(history)
      assert.equal(named(anomalies), named(plainCheck(history)))
      for (const {kind} of anomalies) found.add(kind)
    }),
    runs(600),
  )
  assert.equal([...found].sort(), [...ANOMALIES].sort(), 'chance comes by every anomaly')
})

test('a history notes what came of a send', async () => {
  const history = new History()
  assert.is(await history.send('x', 'p', ['a', 'b'], async () => 5), 'ok')
  assert.is(await history.send('x', 'p', ['c'], () => Promise.reject(new Error('time-out'))), 'info')
  assert.is(
    await history.send(
      'x',
      'p',
      ['d'],
      () => Promise.reject(new Error('refused')),
      () => true,
    ),
    'fail',
  )
  history.poll('y', 'p', [{offset: 5, value: 'a'}])
  history.poll('y', 'p', [])
  const {acked, sent, polled, counts} = checkHistory(history.operations)
  assert.equal({acked, sent, polled, unseen: counts.unseen}, {acked: 2, sent: 4, polled: 1, unseen: 1})
})

test.run()
