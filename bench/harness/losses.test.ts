import {test} from 'uvu'
import * as assert from 'uvu/assert'
import type {Target} from '../targets.ts'
import {judge, losses} from './losses.ts'
import type {Row} from './row.ts'

const target: Target = {case: 'append', what: '100 B', unit: 'records/s', peers: ['put', 'batch'], least: 10}

function row(peer: string | null, ratio: number | null, subject = 'odradek'): Row {
  return {
    case: 'append',
    what: '100 B',
    unit: 'records/s',
    level: null,
    subject,
    value: 1,
    spread: 0,
    peer,
    ratio,
    shares: [],
  }
}

test('a target must hold against the best of its peers', () => {
  const [met] = judge([row('put', 12), row('batch', 10)], [target])
  assert.ok(met!.met)
  const [missed] = judge([row('put', 12), row('batch', 9), row('another', 0.1)], [target])
  assert.not.ok(missed!.met)
  assert.is(missed!.worst!.peer, 'batch')
})

test('a target is not met where a peer was not measured, or something else was', () => {
  for (const rows of [[], [row('put', 12)], [row('put', 12), {...row('batch', 12), what: '1 KiB'}]]) {
    const [verdict] = judge(rows, [target])
    assert.not.ok(verdict!.met)
    assert.is(verdict!.worst, undefined)
  }
})

test('a loss is a ratio of ours below 1', () => {
  const lost = row('put', 0.99)
  assert.equal(losses([row('batch', 1), lost, row(null, null), row('put', 0.5, 'put')]), [lost])
})

test.run()
