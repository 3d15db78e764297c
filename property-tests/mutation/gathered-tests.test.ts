import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {GatheredTests} from './gathered-tests.ts'

interface Suite {
  (name: string, handler: () => unknown): void
  readonly before: {(handler: () => void): void; each(handler: () => void): void}
  readonly after: {(handler: () => void): void; each(handler: () => void): void}
}

function gathered(): {tests: GatheredTests; suite: Suite} {
  const tests = new GatheredTests()
  return {tests, suite: tests.uvu.suite('') as Suite}
}

test('tests run in their order, hooks around them, up to the first that is red', async () => {
  const {tests, suite} = gathered()
  const done: string[] = []
  suite.before(() => done.push('before'))
  suite.before.each(() => done.push('before each'))
  suite.after.each(() => done.push('after each'))
  suite.after(() => done.push('after'))
  suite('a', () => done.push('a'))
  suite('b', () => Promise.reject(new Error('red')))
  suite('c', () => done.push('c'))
  assert.is(tests.count, 3)
  assert.instance(await tests.firstProblem(), Error)
  assert.equal(done, ['before', 'before each', 'a', 'after each', 'before each', 'after each', 'after'])
})

test('of several suites one test alone can be asked, or none', async () => {
  const {tests, suite} = gathered()
  const done: string[] = []
  suite('a', () => done.push('a'))
  const other = tests.uvu.suite('') as Suite
  other('b', () => done.push('b'))
  other('c', () => done.push('c'))
  assert.is(await tests.firstProblem(-1), undefined)
  assert.is(await tests.firstProblem(1), undefined)
  assert.equal(done, ['b'])
  assert.is(await tests.firstProblem(), undefined)
  assert.equal(done, ['b', 'a', 'b', 'c'])
})

test.run()
