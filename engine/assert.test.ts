import {test} from 'uvu'
import * as check from 'uvu/assert'
import {AssertionFailed, assert} from './assert.ts'

test('a true claim passes', () => {
  assert(true, 'never read')
})

test('a false one throws, with the rule', () => {
  try {
    assert(false, 'a batch that is finished holds a record')
    check.unreachable()
  } catch (error) {
    check.instance(error, AssertionFailed)
    check.is((error as Error).message, 'a batch that is finished holds a record')
    check.is((error as Error).name, 'AssertionFailed')
  }
})

test.run()
