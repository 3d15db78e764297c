import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {Reached} from './reached.ts'

test('the innermost range says whether code was run', () => {
  const ranges = [
    [0, 100, true],
    [10, 50, false],
    [20, 30, true],
  ] as const
  const reached = new Reached([{module: 'a.js', ranges}])
  const at = [5, 10, 19, 20, 29, 30, 49, 50, 99].map(offset => reached.has('a.js', offset))
  assert.equal(at, [true, false, false, true, true, false, false, true, true])
})

test('what was never loaded was not run, and what was loaded twice was run where either was', () => {
  const whole = (ran: boolean) => ({module: 'a.js', ranges: [[0, 9, ran]] as const})
  assert.is(new Reached([whole(true)]).has('b.js', 1), false)
  assert.is(new Reached([whole(false), whole(true)]).has('a.js', 1), true)
  assert.is(new Reached([whole(false)]).has('a.js', 1), false)
})

test.run()
