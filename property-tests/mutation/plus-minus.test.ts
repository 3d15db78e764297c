import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {plusMinus} from './plus-minus.ts'

test('a greater sample says more, and the whole says all', () => {
  assert.is(plusMinus(90, 100, 1e9), ' (82.6 to 94.5 % of all, 19 times of 20)')
  assert.is(plusMinus(900, 1000, 1e9), ' (88.0 to 91.7 % of all, 19 times of 20)')
  assert.is(plusMinus(900, 1000, 2000), ' (88.6 to 91.2 % of all, 19 times of 20)')
  assert.is(plusMinus(900, 1000, 1000), '')
  assert.is(plusMinus(0, 0, 10), '')
})

test.run()
