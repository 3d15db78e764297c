import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {positionArgument, timestampOf, wholeArgument} from './arguments.ts'

test('positions', () => {
  assert.is(positionArgument('earliest'), 'earliest')
  assert.is(positionArgument('latest'), 'latest')
  assert.equal(positionArgument('12'), {offset: 12})
  assert.equal(positionArgument('-3'), {last: 3})
  assert.equal(positionArgument('@1700000000000'), {timestamp: 1_700_000_000_000})
  assert.equal(positionArgument('@2023-11-14T22:13:20Z'), {timestamp: 1_700_000_000_000})
  for (const wrong of ['', 'first', '1.5', '1e3', '-', '@', '@now', '@-5', '@2023-13-01', '9007199254740993'])
    assert.throws(() => positionArgument(wrong), /It is/, wrong)
})

test('whole numbers', () => {
  assert.is(wholeArgument('0'), 0)
  for (const wrong of ['', '-1', '1.0', 'x', '0x10', ' 1', '99999999999999999'])
    assert.throws(() => wholeArgument(wrong))
})

test('times', () => {
  assert.equal(['1', '1970-01-01', '1969-01-01', '7', 'soon', '99999999999999999'].map(timestampOf), [
    1,
    0,
    undefined,
    7,
    undefined,
    undefined,
  ])
})

test.run()
