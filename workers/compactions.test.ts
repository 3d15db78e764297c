import {test} from 'uvu'
import * as assert from 'uvu/assert'
import type {CleanJob, CleanOutcome} from '../engine/log/clean-job.ts'
import {type CompactionAsk, Compactions} from './compactions.ts'

const DONE: CleanOutcome = {failure: 'CORRUPT_MESSAGE'}

/** Asks, and a thread that does what it is told when it is told. */
function bed() {
  const running: {name: string; signal: AbortSignal; done: (outcome: CleanOutcome | undefined) => void}[] = []
  const told: [name: string, outcome: CleanOutcome | undefined][] = []
  const compactions = new Compactions<CompactionAsk & {name: string}>(
    ({dir}, signal, done) => running.push({name: dir, signal, done}),
    ({name}, outcome) => told.push([name, outcome]),
  )
  const ask = (name: string, row: number, {host = 1, dirtyRatio = 0.5} = {}) =>
    compactions.ask({name, row, host, job: {dir: name, dirtyRatio} as CleanJob})
  const names = () => running.map(({name, signal}) => (signal.aborted ? `${name} cut short` : name))
  /** The job under way ends. */
  const end = () => running.at(-1)!.done(DONE)
  return {compactions, ask, names, told, end}
}

test('one job at a time, the dirtiest first', () => {
  const {compactions, ask, names, told, end} = bed()
  assert.is(compactions.isIdle, true)
  ask('a', 1)
  ask('b', 2)
  ask('c', 3, {dirtyRatio: 0.9})
  assert.equal([names(), compactions.isIdle], [['a'], false])
  for (let i = 0; i < 3; i++) end()
  assert.equal(names(), ['a', 'c', 'b'])
  assert.equal(
    told,
    ['a', 'c', 'b'].map(name => [name, DONE]),
  )
  assert.is(compactions.isIdle, true)
})

test('a log that asks again wants nothing of what it had asked for: its job ends before the next one begins', () => {
  const {ask, names, told, end} = bed()
  ask('a', 1)
  ask('b', 2)
  ask('b again', 2)
  ask('a again', 1, {dirtyRatio: 0.9})
  assert.equal(names(), ['a cut short'])
  end()
  assert.equal(told, [['a', undefined]])
  end()
  end()
  assert.equal(names(), ['a cut short', 'a again', 'b again'])
})

test('with its host goes what it had asked for', () => {
  const {compactions, ask, names, told, end} = bed()
  ask('a', 1, {host: 1})
  ask('b', 2, {host: 1})
  ask('c', 3, {host: 2})
  compactions.hostEnded(1)
  end()
  assert.equal([names(), told], [['a cut short', 'c'], [['a', undefined]]])
  compactions.hostEnded(1)
  end()
  assert.equal(told.at(-1), ['c', DONE])
})

test('it has come to its end when no thread writes any more', () => {
  const {compactions, ask, names, end} = bed()
  let ended = 0
  ask('a', 1)
  ask('b', 2)
  compactions.close(() => ended++)
  assert.equal([names(), ended, compactions.isIdle], [['a cut short'], 0, false])
  end()
  ask('c', 3)
  assert.equal([names(), ended, compactions.isIdle], [['a cut short'], 1, true])
  bed().compactions.close(() => ended++)
  assert.is(ended, 2)
})

test.run()
