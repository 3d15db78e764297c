import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {Deadlines} from './deadlines.ts'

test('a deadline counts from its first start, and is told once', () => {
  const deadlines = new Deadlines()
  assert.is(deadlines.start(1, 110, 100), false)
  assert.is(deadlines.start(2, 130, 105), false)
  assert.is(deadlines.start(1, 120, 109), false)
  assert.equal([deadlines.dueInMs(105), deadlines.takePassed(109)], [5, []])
  assert.equal([deadlines.takePassed(110), deadlines.takePassed(110), deadlines.dueInMs(110)], [[1], [], 20])
  assert.is(deadlines.start(1, 500, 111), true)
  assert.equal([deadlines.takePassed(200), deadlines.dueInMs(200)], [[2], Number.POSITIVE_INFINITY])
})

test('one that was stopped starts anew', () => {
  const deadlines = new Deadlines()
  deadlines.start(1, 110, 100)
  deadlines.stop(1)
  assert.equal(deadlines.takePassed(110), [])
  assert.is(deadlines.start(1, 150, 120), false)
  assert.equal([deadlines.dueInMs(120), deadlines.takePassed(150)], [30, [1]])
})

test('one without length has passed at once', () => {
  assert.is(new Deadlines().start(1, 100, 100), true)
})

test.run()
